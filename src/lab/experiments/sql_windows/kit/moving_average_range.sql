-- purpose: Mean amount of each customer's purchases in the time before each purchase, counted in seconds,
--   not rows.
-- parameter window_seconds: length of the window that ends with this purchase (both ends belong to it), s;
--   default 2592000; least 0
-- result: one row per purchase; average_cents: mean amount within the window, cents.
-- complexity: O(n log n): one sort; both ends of the frame only move forward, so each row enters once and
--   leaves once.
-- note: Floats in place of integers have no exact difference: PostgreSQL then reads the whole frame for each row,
--   O(n w).
-- note: RANGE takes one sort column and counts all purchases of the same second as peers: no tie-breaker is
--   needed inside it.
SELECT transaction_id,
       customer_id,
       epoch_s,
       cents,
       CAST(avg(cents) OVER (
           PARTITION BY customer_id
           ORDER BY epoch_s
           RANGE BETWEEN CAST(:window_seconds AS bigint) PRECEDING AND CURRENT ROW
       ) AS double precision) AS average_cents
FROM transactions
ORDER BY customer_id, epoch_s, transaction_id
