-- Roles and schemas of three domains, and ten private rows. A consumer's role can use what is published, and nothing private.
CREATE ROLE orders LOGIN PASSWORD 'orders';
CREATE ROLE finance LOGIN PASSWORD 'finance';
CREATE ROLE marketing LOGIN PASSWORD 'marketing';
CREATE SCHEMA orders AUTHORIZATION orders;
CREATE SCHEMA orders_private AUTHORIZATION orders;
CREATE SCHEMA finance AUTHORIZATION finance;
CREATE SCHEMA marketing AUTHORIZATION marketing;
GRANT USAGE ON SCHEMA orders TO finance, marketing;
SET ROLE orders;
-- To start with; `mesh.grants` narrows it to the fields that are stated.
ALTER DEFAULT PRIVILEGES IN SCHEMA orders GRANT SELECT ON TABLES TO finance, marketing;
CREATE TABLE orders_private.raw_orders (
    order_id integer, customer_id integer, ordered_at timestamptz, status varchar(20), channel varchar(20),
    net numeric(12, 2), tax numeric(12, 2), note text
);
INSERT INTO orders_private.raw_orders
SELECT n, n % 4 + 1, current_timestamp - (n * 11 - 10) * interval '1 hour',
    (ARRAY['placed', 'paid', 'shipped', 'cancelled'])[n % 4 + 1], (ARRAY['web', 'shop', 'phone'])[n % 3 + 1],
    n * 12.5, n * 2.38, 'note ' || n
FROM generate_series(1, 10) AS n;
