-- A view named `transactions` over a table of your own, for DuckDB.
-- Your table here: purchases(id, customer, purchased_at, amount); purchased_at: TIMESTAMP (taken as UTC) or TIMESTAMPTZ.
-- Whatever the session's time zone is, a second belongs to the UTC day that it lies in: everything is derived from epoch_s.
CREATE VIEW transactions AS
SELECT transaction_id,
       customer_id,
       epoch_s,
       CAST(floor(epoch_s / 86400) AS integer) AS day,
       CAST(12 * (year(utc) - 1970) + month(utc) - 1 AS integer) AS month,
       cents
FROM (
    SELECT transaction_id, customer_id, epoch_s, cents, make_timestamp(epoch_s * 1000000) AS utc
    FROM (
        SELECT id AS transaction_id,
               customer AS customer_id,
               CAST(floor(epoch(purchased_at)) AS bigint) AS epoch_s,
               CAST(round(amount * 100) AS bigint) AS cents
        FROM purchases
        WHERE purchased_at IS NOT NULL
    ) AS counted
) AS placed
