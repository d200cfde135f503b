-- purpose: Runs of consecutive periods (weeks, by default) in each of which a customer bought: gaps and
--   islands.
-- parameter period_days: length of a period, days; default 7; least 1
-- parameter origin_day: a day on which a period begins, days since 1970-01-01 (4 is a Monday); default 4
-- parameter min_periods: shortest run worth showing, periods; default 2; least 1
-- result: one row per run; from_day: its first day; to_day: the day after its last; periods: its length.
-- complexity: O(n log n): one DISTINCT to customer-periods (at most n), one sort of those; within an island
--   period and row number grow in step, so their difference names it.
-- note: A remainder has the sign of what was divided: one period is added, or days before origin_day would
--   fall into the period after theirs.
WITH periods AS (
    SELECT DISTINCT
        customer_id,
        day - ((day - :origin_day) % :period_days + :period_days) % :period_days AS period
    FROM transactions
),
islands AS (
    SELECT customer_id,
           period,
           period - :period_days * row_number() OVER (PARTITION BY customer_id ORDER BY period) AS island
    FROM periods
)
SELECT customer_id,
       min(period) AS from_day,
       max(period) + :period_days AS to_day,
       count(*) AS periods
FROM islands
GROUP BY customer_id, island
HAVING count(*) >= :min_periods
ORDER BY customer_id, from_day
