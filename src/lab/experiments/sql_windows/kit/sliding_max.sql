-- purpose: The largest amount among the shop's last transactions: this one and those before it.
-- parameter preceding_rows: rows before the current one that count, rows; default 30; least 0
-- result: one row per purchase, in the order of the shop; max_cents: the largest of at most preceding_rows
--   + 1 amounts, cents.
-- complexity: O(n log n): one sort; then log w a row to keep the maximum of the w rows in the frame.
-- complexity postgresql: O(n w): a maximum has no inverse (what leaves can't be subtracted), so whenever
--   the frame's head moves, all its w rows are read again.
SELECT transaction_id,
       epoch_s,
       cents,
       max(cents) OVER (
           ORDER BY epoch_s, transaction_id
           ROWS BETWEEN :preceding_rows PRECEDING AND CURRENT ROW
       ) AS max_cents
FROM transactions
ORDER BY epoch_s, transaction_id
