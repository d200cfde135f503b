-- A view named `transactions` over a table of your own, for DuckDB.
-- Your table here: purchases(id, customer, purchased_at, amount); purchased_at: TIMESTAMP (taken as UTC) or TIMESTAMPTZ;
-- amount: DECIMAL or any other number.
-- Whatever the session's time zone is, a second belongs to the UTC day that it lies in: everything is derived from epoch_s.
-- An infinite time has no second: the query ends with error()'s words. Small integers and FLOAT would be multiplied in
-- their own type, which overflows or rounds; so they are widened first.
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
               COALESCE(
                   CAST(floor(epoch(purchased_at)) AS bigint),
                   error('purchase ' || id || ' has an infinite time')
               ) AS epoch_s,
               CASE typeof(amount)
                   WHEN 'FLOAT' THEN CAST(round(CAST(amount AS double) * 100) AS bigint)
                   ELSE CAST(round(amount * CAST(100 AS bigint)) AS bigint)
               END AS cents
        FROM purchases
        WHERE id IS NOT NULL AND customer IS NOT NULL AND purchased_at IS NOT NULL AND amount IS NOT NULL
    ) AS counted
) AS placed
