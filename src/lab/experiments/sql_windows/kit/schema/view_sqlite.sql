-- A view named `transactions` over a table of your own, for SQLite (3.38 or later).
-- Your table here: purchases(id, customer, purchased_at, amount); purchased_at: text, ISO 8601 from year 0 on, taken as UTC
-- unless it carries an offset; amount: a number up to 9e13, beyond which a double has no cents.
-- SQLite rounds fractions of a second and divides towards zero; both would move a purchase to another day, so the fraction
-- is cut off first and the division is made to round down. What is no such time or amount it would read as NULL, as a Julian
-- day or as 0: here the query ends instead, and the "JSON path" in its error names the purchase.
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
           COALESCE(
               CASE WHEN date(substr(purchased_at, 1, 10), '+0 days') = substr(purchased_at, 1, 10)
                    THEN CAST(strftime('%s', strftime('%Y-%m-%d %H:%M:%S', purchased_at)) AS integer) END,
               json_extract('{}', 'purchase ' || id || ' has a time that is not ISO 8601: ' || purchased_at)
           ) AS epoch_s,
           CASE WHEN typeof(amount) IN ('integer', 'real') AND abs(amount) <= 9e13
                THEN CAST(round(amount * 100) AS integer)
                ELSE json_extract('{}', 'purchase ' || id || ' has an amount that is no number up to 9e13: ' || amount)
           END AS cents
    FROM purchases
    WHERE id IS NOT NULL AND customer IS NOT NULL AND purchased_at IS NOT NULL AND amount IS NOT NULL
) AS counted
