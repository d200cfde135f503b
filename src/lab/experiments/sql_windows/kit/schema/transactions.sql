-- The one table that all ten queries read. Runs as it is on PostgreSQL, DuckDB and SQLite.
--
-- Dates and times are integers, because the three engines agree on integers and on little else: no interval
-- type, no date function, and RANGE frames work in all of them. If your table has a timestamp, put a view over it:
-- view_postgresql.sql, view_duckdb.sql and view_sqlite.sql beside this file derive day and month from the same
-- second, rounded down, so that 23:59:59.6 and times before 1970 fall into their own day on every engine.
CREATE TABLE transactions (
    transaction_id bigint  NOT NULL,  -- unique: what breaks ties between equal times
    customer_id    bigint  NOT NULL,
    epoch_s        bigint  NOT NULL,  -- seconds since 1970-01-01 00:00 UTC, rounded down
    day            integer NOT NULL,  -- days since 1970-01-01, UTC
    month          integer NOT NULL,  -- months since January 1970, UTC
    cents          integer NOT NULL   -- amount; an integer, so that sums are exact
)
