-- A view named `transactions` over a table of your own, for SQLite.
-- Your table here: purchases(id, customer, purchased_at, amount); purchased_at: text, ISO 8601, taken as UTC unless it
-- carries an offset. SQLite rounds fractions of a second and divides towards zero; both would move a purchase to another
-- day, so the fraction is cut off first and the division is made to round down.
CREATE VIEW transactions AS
SELECT transaction_id,
       customer_id,
       epoch_s,
       (epoch_s - ((epoch_s % 86400) + 86400) % 86400) / 86400 AS day,
       12 * (CAST(strftime('%Y', epoch_s, 'unixepoch') AS integer) - 1970)
           + CAST(strftime('%m', epoch_s, 'unixepoch') AS integer) - 1 AS month,
       cents
FROM (
    SELECT id AS transaction_id,
           customer AS customer_id,
           CAST(strftime('%s', strftime('%Y-%m-%d %H:%M:%S', purchased_at)) AS integer) AS epoch_s,
           CAST(round(amount * 100) AS integer) AS cents
    FROM purchases
    WHERE purchased_at IS NOT NULL
) AS counted
