-- The source: a bank's accounts. Only the last statement but one has to do with change data capture.
CREATE SCHEMA IF NOT EXISTS bank;
CREATE TABLE bank.account (
    id         bigint PRIMARY KEY,
    owner      text NOT NULL,
    balance    numeric(20, 2) NOT NULL,
    rate       numeric(38, 18),
    opened_on  date,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    local_at   timestamp,
    active     boolean,
    note       text
);
-- Out of line and not compressed, so that an update of other columns does not log it.
ALTER TABLE bank.account ALTER COLUMN note SET STORAGE EXTERNAL;
-- PostgreSQL's default: an UPDATE logs no old row. FULL would log it, at the cost of the log's size.
ALTER TABLE bank.account REPLICA IDENTITY DEFAULT;
