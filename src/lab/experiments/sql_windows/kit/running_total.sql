-- purpose: Each customer's running total, transaction by transaction, over a period.
-- parameter from_day: first day of the period, days since 1970-01-01; default 0
-- parameter to_day: day after the last, days since 1970-01-01; default 2000000
-- result: one row per purchase of the period; cents: its amount; total_cents: all amounts of this customer
--   up to it.
-- complexity: O(n log n): one sort by customer and time; the frame only ever grows, so the sum costs one
--   addition a row.
SELECT transaction_id,
       customer_id,
       epoch_s,
       cents,
       CAST(sum(cents) OVER (
           PARTITION BY customer_id
           ORDER BY epoch_s, transaction_id
           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
       ) AS bigint) AS total_cents
FROM transactions
WHERE day >= :from_day AND day < :to_day
ORDER BY customer_id, epoch_s, transaction_id
