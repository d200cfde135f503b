"""The source of this experiment: a shop's customers, orders and order lines, invented by rule, the same each time."""

from __future__ import annotations

from lab.experiments.dbt_contracts.workload.source_schema import Column, Table

_EARLIEST, _LATEST = "'2010-01-01 00:00:00+00'", "current_timestamp"
SCHEMA = "shop"
COUNTRIES = ("DE", "FR", "ES", "PL", "SE")
STATUS = ("placed", "paid", "shipped", "delivered", "cancelled")
SHOP = (
    Table(
        "customers",
        (
            Column("customer_id", "integer", unique=True),
            Column("email", "varchar(254)", unique=True),
            Column("full_name", "text"),
            Column("city", "text"),
            Column("country", "varchar(2)", values=COUNTRIES),
            Column("signed_up_at", "timestamptz", low=_EARLIEST, high=_LATEST),
            Column("newsletter", "boolean", nullable=True),
        ),
    ),
    Table(
        "orders",
        (
            Column("order_id", "integer", unique=True),
            Column("customer_id", "integer", references=("customers", "customer_id")),
            Column("ordered_at", "timestamptz", low=_EARLIEST, high=_LATEST),
            Column("shipped_at", "timestamptz", nullable=True, low=_EARLIEST, high=_LATEST),
            Column("status", "varchar(20)", values=STATUS),
            Column("currency", "varchar(3)", values=("EUR", "PLN", "SEK")),
            Column("total", "numeric(12, 2)", low="0", high="100000"),
        ),
    ),
    Table(
        "order_lines",
        (
            Column("line_id", "integer", unique=True),
            Column("order_id", "integer", references=("orders", "order_id")),
            Column("sku", "text"),
            Column("quantity", "integer", low="1", high="1000"),
            Column("unit_price", "numeric(12, 2)", low="0", high="100000"),
            Column("gift_note", "text", nullable=True),
        ),
    ),
)
COLUMNS = sum(len(table.columns) for table in SHOP)

# DuckDB. {orders} of them, a quarter as many customers, two lines an order on average. Factors are primes, so that no
# column follows another.
ROWS = {
    "customers": """
        SELECT CAST(i AS integer) AS customer_id, 'customer' || i || '@example.org' AS email,
            list_extract(['Zoë', 'François', 'Anna', 'Jürgen', 'Łucja', 'Ann-Sofie'], 1 + i % 6) || ' '
                || list_extract(['Müller', 'García', 'Kowalska', 'Lindström', 'Martin'], 1 + i // 6 % 5) AS full_name,
            list_extract(['Köln', 'Orléans', 'Málaga', 'Wrocław', 'Malmö'], 1 + i % 5) AS city,
            list_extract({countries}, 1 + i % 5) AS country,
            timestamptz '2015-01-01 00:00:00+00' + to_minutes(i * 7919 % 4000000) AS signed_up_at,
            CASE i % 3 WHEN 0 THEN NULL ELSE i % 3 = 1 END AS newsletter
        FROM range(1, {customers} + 1) AS t(i)""",
    "order_lines": """
        SELECT CAST(row_number() OVER (ORDER BY i, k) AS integer) AS line_id, CAST(i AS integer) AS order_id,
            'SKU-' || lpad(CAST((i * 31 + k) % 999983 AS text), 6, '0') AS sku,
            CAST(1 + (i + k) % 4 AS integer) AS quantity,
            CAST((99 + (i * 37 + k * 101) % 9000) / 100.0 AS numeric(12, 2)) AS unit_price,
            CASE WHEN i % 10 = 0 THEN 'Für dich, Grüße' END AS gift_note
        FROM range(1, {orders} + 1) AS t(i), range(1, 4) AS l(k) WHERE k <= 1 + i % 3""",
    "orders": """
        SELECT CAST(i AS integer) AS order_id, CAST(1 + i * 613 % {customers} AS integer) AS customer_id, ordered_at,
            CASE WHEN status IN ('shipped', 'delivered') THEN ordered_at + to_hours(3 + i % 70) END AS shipped_at,
            status, list_extract(['EUR', 'EUR', 'PLN', 'SEK'], 1 + i % 4) AS currency,
            CAST(total AS numeric(12, 2)) AS total
        FROM (
            SELECT i, list_extract({status}, 1 + i * 7 % 5) AS status,
                timestamptz '2023-01-01 00:00:00+00' + to_minutes(i * 1013 % 1000000) AS ordered_at
            FROM range(1, {orders} + 1) AS t(i)
        ) JOIN (SELECT order_id AS i, sum(quantity * unit_price) AS total FROM {schema}.order_lines GROUP BY order_id)
        USING (i)""",
}


def creation(orders: int, schema: str = SCHEMA) -> list[str]:
    """DuckDB's statements that make the source with `orders` orders, each column of the type that it promises."""
    values = {"orders": orders, "customers": max(1, orders // 4), "schema": schema}
    lists = {"countries": list(COUNTRIES), "status": list(STATUS)}
    made = [f"CREATE SCHEMA {schema}"]
    for name, query in ROWS.items():
        columns = next(table for table in SHOP if table.name == name).columns
        made.append(
            f"CREATE TABLE {schema}.{name} ({', '.join(f'{item.name} {item.type}' for item in columns)})"
        )
        made.append(f"INSERT INTO {schema}.{name} {query.format(**values, **lists)}")
    return made
