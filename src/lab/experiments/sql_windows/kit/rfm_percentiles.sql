-- purpose: Recency, frequency and monetary value of each customer on one day, with percentiles and scores
--   among all customers.
-- parameter as_of_day: last day that counts, days since 1970-01-01; default 20453
-- parameter buckets: number of score classes, 1 (worst) to this many (best), classes; default 5; least 1
-- result: one row per customer; silent_days: since the last purchase; cents: sum of all amounts;
--   percentiles from 0 (worst) to 1 (best).
-- complexity: O(n log n): two aggregations (customer-days, then customers) and a sort of the customers for
--   each of the three scales.
-- note: Purchases of one day count as one. frequency, recency_days and age_days are the x, t_x and T of
--   Fader, Hardie and Lee (2005).
-- note: Equal customers share a percentile; a score needs equal classes, so customer_id breaks its ties.
WITH daily AS (
    SELECT customer_id, day, sum(cents) AS cents
    FROM transactions
    WHERE day <= :as_of_day
    GROUP BY customer_id, day
),
customers AS (
    SELECT customer_id,
           count(*) - 1 AS frequency,
           max(day) - min(day) AS recency_days,
           :as_of_day - min(day) AS age_days,
           :as_of_day - max(day) AS silent_days,
           CAST(sum(cents) AS bigint) AS cents
    FROM daily
    GROUP BY customer_id
)
SELECT customer_id,
       frequency,
       recency_days,
       age_days,
       silent_days,
       cents,
       percent_rank() OVER (ORDER BY silent_days DESC) AS r_percentile,
       percent_rank() OVER (ORDER BY frequency) AS f_percentile,
       percent_rank() OVER (ORDER BY cents) AS m_percentile,
       ntile(:buckets) OVER (ORDER BY silent_days DESC, customer_id) AS r_score,
       ntile(:buckets) OVER (ORDER BY frequency, customer_id) AS f_score,
       ntile(:buckets) OVER (ORDER BY cents, customer_id) AS m_score
FROM customers
ORDER BY customer_id
