-- purpose: Number each customer's sessions; a session ends when nothing happens for longer than the gap.
-- parameter gap_seconds: longest silence within a session, s; default 1800; least 0
-- result: one row per purchase; session_number: 1, 2, ... for each customer.
-- complexity: O(n log n): one sort serves both window functions; marking a start and adding up the marks
--   cost one step a row.
WITH marked AS (
    SELECT transaction_id,
           customer_id,
           epoch_s,
           CASE WHEN epoch_s - lag(epoch_s) OVER (
               PARTITION BY customer_id ORDER BY epoch_s, transaction_id
           ) <= :gap_seconds THEN 0 ELSE 1 END AS starts
    FROM transactions
)
SELECT transaction_id,
       customer_id,
       epoch_s,
       CAST(sum(starts) OVER (
           PARTITION BY customer_id
           ORDER BY epoch_s, transaction_id
           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
       ) AS bigint) AS session_number
FROM marked
ORDER BY customer_id, epoch_s, transaction_id
