-- A view named `transactions` over a table of your own, for PostgreSQL.
-- Your table here: purchases(id, customer, purchased_at, amount); purchased_at: timestamp (taken as UTC) or timestamptz;
-- amount: numeric or any other number.
-- Whatever the session's time zone is, a second belongs to the UTC day that it lies in: everything is derived from epoch_s.
-- round() takes half a cent to the even one if it is a double, and away from zero if it is numeric; here it is always the
-- latter, as on the other engines. PostgreSQL has no year 0, so years BC are one off.
CREATE VIEW transactions AS
SELECT transaction_id,
       customer_id,
       epoch_s,
       CAST(floor(epoch_s / 86400.0) AS integer) AS day,
       CAST(12 * (year + CAST(year < 0 AS integer) - 1970) + extract(month FROM utc) - 1 AS integer) AS month,
       cents
FROM (
    SELECT transaction_id, customer_id, epoch_s, cents, utc, extract(year FROM utc) AS year
    FROM (
        SELECT transaction_id, customer_id, epoch_s, cents, to_timestamp(epoch_s) AT TIME ZONE 'UTC' AS utc
        FROM (
            SELECT id AS transaction_id,
                   customer AS customer_id,
                   CAST(floor(extract(epoch FROM purchased_at)) AS bigint) AS epoch_s,
                   CAST(sign(amount) * floor(abs(amount) * 100.0 + 0.5) AS bigint) AS cents
            FROM purchases
            WHERE id IS NOT NULL AND customer IS NOT NULL AND purchased_at IS NOT NULL AND amount IS NOT NULL
        ) AS counted
    ) AS placed
) AS dated
