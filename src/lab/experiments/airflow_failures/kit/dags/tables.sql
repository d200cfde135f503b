-- The warehouse's tables. A body is kept as it came, whatever its encoding: what can't be read is a dead letter.
-- Neither staging nor published has a key: with one, doubled rows would be refused, which is a guard too.
CREATE TABLE IF NOT EXISTS orders_landing (batch integer PRIMARY KEY, body bytea NOT NULL, manifest text NOT NULL);
CREATE TABLE IF NOT EXISTS orders_staging (batch integer, order_id text, customer text, amount numeric);
CREATE TABLE IF NOT EXISTS orders_published (LIKE orders_staging);
CREATE TABLE IF NOT EXISTS dead_letter (batch integer, line integer, content text, reason text);
CREATE TABLE IF NOT EXISTS circuit_breaker (name text PRIMARY KEY, failures integer NOT NULL, at timestamptz NOT NULL);
