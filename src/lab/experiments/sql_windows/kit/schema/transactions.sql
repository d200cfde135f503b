-- The one table that all ten queries read. Runs as it is on PostgreSQL, DuckDB and SQLite.
--
-- Dates and times are integers, because the three engines agree on integers and on little else: no interval
-- type, no date function, and RANGE frames work in all of them. From a timestamp column `at` (UTC):
--   PostgreSQL  epoch_s: CAST(extract(epoch FROM at) AS bigint)       day: CAST(at AS date) - DATE '1970-01-01'
--   DuckDB      epoch_s: epoch_ms(at) // 1000                         day: CAST(at AS date) - DATE '1970-01-01'
--   SQLite      epoch_s: CAST(strftime('%s', at) AS integer)          day: epoch_s / 86400
--   month (all): 12 * (year - 1970) + month of the year - 1
CREATE TABLE transactions (
    transaction_id bigint  NOT NULL,  -- unique: what breaks ties between equal times
    customer_id    bigint  NOT NULL,
    epoch_s        bigint  NOT NULL,  -- seconds since 1970-01-01 00:00 UTC
    day            integer NOT NULL,  -- days since 1970-01-01
    month          integer NOT NULL,  -- months since January 1970
    cents          integer NOT NULL   -- amount; an integer, so that sums are exact
)
