-- purpose: One row per session: when it began, how long it lasted, how much was bought.
-- parameter gap_seconds: longest silence within a session, s; default 1800; least 0
-- result: one row per session; started_s: seconds since 1970-01-01; seconds: from first to last purchase;
--   cents: their sum.
-- complexity: O(n log n): sessionization (one sort), then one aggregation of n rows to sessions and a sort
--   of those.
WITH marked AS (
    SELECT transaction_id,
           customer_id,
           epoch_s,
           cents,
           CASE WHEN epoch_s - lag(epoch_s) OVER (
               PARTITION BY customer_id ORDER BY epoch_s, transaction_id
           ) <= :gap_seconds THEN 0 ELSE 1 END AS starts
    FROM transactions
),
numbered AS (
    SELECT customer_id,
           epoch_s,
           cents,
           sum(starts) OVER (
               PARTITION BY customer_id
               ORDER BY epoch_s, transaction_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS session_number
    FROM marked
)
SELECT customer_id,
       CAST(session_number AS bigint) AS session_number,
       min(epoch_s) AS started_s,
       max(epoch_s) - min(epoch_s) AS seconds,
       count(*) AS transactions,
       CAST(sum(cents) AS bigint) AS cents
FROM numbered
GROUP BY customer_id, session_number
ORDER BY customer_id, session_number
