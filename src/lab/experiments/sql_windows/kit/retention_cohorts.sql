-- purpose: Of the customers whose first purchase fell in a month, the share that bought again so many
--   months later.
-- parameter horizon_months: how far to follow a cohort, months; default 24; least 0
-- result: one row per cohort (month of first purchase, since January 1970) and months_after; customers,
--   cohort_size: customers; retention: their ratio. A month in which nobody of a
--   cohort bought has no row.
-- complexity: O(n log n): one DISTINCT to customer-months (at most n), one window over those by customer;
--   the rest is as large as the result.
WITH active AS (
    SELECT DISTINCT customer_id, month
    FROM transactions
),
placed AS (
    SELECT month, min(month) OVER (PARTITION BY customer_id) AS cohort
    FROM active
),
counted AS (
    SELECT cohort, month - cohort AS months_after, count(*) AS customers
    FROM placed
    GROUP BY cohort, month - cohort
)
SELECT cohort,
       months_after,
       customers,
       first_value(customers) OVER cohort_months AS cohort_size,
       CAST(customers AS double precision) / first_value(customers) OVER cohort_months AS retention
FROM counted
WHERE months_after <= :horizon_months
WINDOW cohort_months AS (PARTITION BY cohort ORDER BY months_after)
ORDER BY cohort, months_after
