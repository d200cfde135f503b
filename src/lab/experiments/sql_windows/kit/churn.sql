-- purpose: Of the customers who bought in a month, how many then fell silent for longer than allowed, as
--   seen on one day.
-- parameter as_of_day: the day on which we look; only what lies before it is known, days since 1970-01-01;
--   default 20454
-- parameter inactive_days: silence after which a customer counts as churned, days; default 90; least 0
-- result: one row per month (since January 1970); active, churned, returned, undecided: customers;
--   churn_rate: churned / (active - undecided).
-- complexity: O(n log n): one aggregation to customer-months (at most n), one sort of those by customer and
--   month.
-- note: undecided: silent, but not long enough to tell (right-censored); the rate leaves them out.
WITH monthly AS (
    SELECT customer_id, month, min(day) AS first_day, max(day) AS last_day
    FROM transactions
    WHERE day < :as_of_day
    GROUP BY customer_id, month
),
followed AS (
    SELECT month,
           last_day,
           lead(first_day) OVER (PARTITION BY customer_id ORDER BY month) AS next_day
    FROM monthly
),
silences AS (
    SELECT month, next_day, COALESCE(next_day, :as_of_day) - last_day AS silent_days
    FROM followed
),
counted AS (
    SELECT month,
           count(*) AS active,
           count(*) FILTER (WHERE silent_days > :inactive_days) AS churned,
           count(*) FILTER (WHERE silent_days > :inactive_days AND next_day IS NOT NULL) AS returned,
           count(*) FILTER (WHERE silent_days <= :inactive_days AND next_day IS NULL) AS undecided
    FROM silences
    GROUP BY month
)
SELECT month,
       active,
       churned,
       returned,
       undecided,
       CAST(churned AS double precision) / NULLIF(active - undecided, 0) AS churn_rate
FROM counted
ORDER BY month
