"""A shop's customers, orders and order lines, invented by rule, the same each time but for the clock they are set by.

What the columns promise is stated here once more, apart from the contract: the mutants are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Column:
    """low, high: bounds; values: the only ones; pattern: a value that breaks the column's pattern; longest: letters.

    references: (table, column); summed: the contract's query about sums reads it.
    """

    name: str
    type: str
    required: bool = True
    unique: bool = False
    low: str = ""
    high: str = ""
    values: tuple[str, ...] = ()
    pattern: str = ""
    longest: int = 0
    references: tuple[str, str] | None = None
    summed: bool = False


@dataclass(frozen=True)
class Table:
    """key: of several columns, where no single one is unique."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


COUNTRIES = ("DE", "FR", "ES", "PL", "SE")
STATUS = ("placed", "paid", "shipped", "delivered", "cancelled")
SHOP = (
    Table(
        "customers",
        (
            Column("customer_id", "integer", unique=True),
            Column("email", "varchar", unique=True, pattern="nobody", longest=254),
            Column("country", "varchar", values=COUNTRIES),
            Column("signed_up_at", "timestamptz"),
        ),
    ),
    Table(
        "orders",
        (
            Column("order_id", "integer", unique=True),
            Column("customer_id", "integer", references=("customers", "customer_id")),
            Column("ordered_at", "timestamptz"),
            Column("shipped_at", "timestamptz", required=False),
            Column("status", "varchar", values=STATUS),
            Column("total", "numeric(12, 2)", low="0", high="1000000", summed=True),
        ),
    ),
    Table(
        "order_lines",
        (
            Column("order_id", "integer", references=("orders", "order_id")),
            Column("line_no", "integer", low="1"),
            Column("sku", "varchar", pattern="SKU 1"),
            Column("quantity", "integer", low="1", high="1000", summed=True),
            Column("unit_price", "numeric(12, 2)", low="0", high="100000", summed=True),
        ),
        key=("order_id", "line_no"),
    ),
)
COLUMNS = sum(len(table.columns) for table in SHOP)

# DuckDB. {orders} of them, the newest an hour before {now}; a quarter as many customers, two lines an order on average.
# Factors are primes, so that no column follows another.
_ROWS = {
    "customers": """
        SELECT i, 'customer' || i || '@example.org', list_extract({countries}, 1 + i % 5),
            {now} - to_days(400) - to_minutes(i * 7919 % 1000000)
        FROM range(1, {customers} + 1) AS t(i)""",
    "order_lines": """
        SELECT i, k, 'SKU-' || lpad(CAST((i * 31 + k) % 999983 AS varchar), 6, '0'), 1 + (i + k) % 4,
            (99 + (i * 37 + k * 101) % 9000) / 100.0
        FROM range(1, {orders} + 1) AS t(i), range(1, 4) AS l(k) WHERE k <= 1 + i % 3""",
    "orders": """
        SELECT i, 1 + i * 613 % {customers}, ordered_at,
            CASE WHEN status IN ('shipped', 'delivered') THEN ordered_at + to_hours(3 + i % 70) END, status, total
        FROM (
            SELECT i, list_extract({status}, 1 + i * 7 % 5) AS status,
                {now} - to_hours(1) - to_minutes((i - 1) * 1013 % 500000) AS ordered_at
            FROM range(1, {orders} + 1) AS t(i)
        ) JOIN (SELECT order_id AS i, sum(quantity * unit_price) AS total FROM order_lines GROUP BY order_id) USING (i)""",
}


def ddl(table: Table) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"CREATE TABLE {table.name} ({columns})"


def creation(orders: int, now: datetime) -> list[str]:
    """DuckDB's statements that make the shop, with its newest order an hour before `now`."""
    values = {
        "orders": orders,
        "customers": max(1, orders // 4),
        "countries": list(COUNTRIES),
        "status": list(STATUS),
        "now": f"timestamptz '{now.isoformat()}'",
    }
    tables = {table.name: table for table in SHOP}
    return [
        statement
        for name, rows in _ROWS.items()
        for statement in (ddl(tables[name]), f"INSERT INTO {name} {rows.format(**values)}")
    ]
