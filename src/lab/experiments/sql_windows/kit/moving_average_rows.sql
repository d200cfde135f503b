-- purpose: Mean amount of each customer's last purchases, counted in rows: this one and those before it.
-- parameter preceding_rows: rows before the current one that count, rows; default 4; least 0
-- result: one row per purchase; average_cents: mean of at most preceding_rows + 1 amounts, cents.
-- complexity: O(n log n): one sort; the sum under avg() is kept up to date by adding the row that enters
--   and subtracting the one that leaves.
-- note: Floats in place of integers have no exact difference: PostgreSQL then reads the whole frame for each row,
--   O(n w).
SELECT transaction_id,
       customer_id,
       epoch_s,
       cents,
       CAST(avg(cents) OVER (
           PARTITION BY customer_id
           ORDER BY epoch_s, transaction_id
           ROWS BETWEEN :preceding_rows PRECEDING AND CURRENT ROW
       ) AS double precision) AS average_cents
FROM transactions
ORDER BY customer_id, epoch_s, transaction_id
