"""The publisher: its private rows, made by rule, and what it publishes of them, as the files of its dbt project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from lab.experiments.data_mesh.params import NOW

PUBLISHER, DATASET = "orders", "orders"
CONSUMERS = {"finance": "daily_revenue", "marketing": "customer_activity"}  # with the table that each makes
PRIVATE = {
    "order_id": "integer",
    "customer_id": "integer",
    "ordered_at": "timestamptz",
    "status": "varchar(20)",
    "channel": "varchar(20)",
    "net": "numeric(12, 2)",
    "tax": "numeric(12, 2)",
    "note": "text",
}
STATUS = ("placed", "paid", "shipped", "cancelled")
_STATUS = (
    "shipped",
    "paid",
    "shipped",
    "placed",
    "cancelled",
    "shipped",
    "paid",
    "shipped",
    "cancelled",
    "placed",
)
_CHANNELS = ("web", "shop", "web", "phone", "web")
_APART = timedelta(
    minutes=217
)  # between orders: every hour of the day comes, and some orders near each midnight


def private_rows(orders: int) -> list[dict[str, Any]]:
    """The publisher's private table, oldest first; its newest row is half an hour old."""
    return [_row(number, orders) for number in range(1, orders + 1)]


def _row(number: int, orders: int) -> dict[str, Any]:
    net = Decimal(number * 37 % 400 + 5) + Decimal(number * 13 % 100) / 100
    return {
        "order_id": number,
        "customer_id": (number * number + 3 * number) % 53 + 1,
        "ordered_at": NOW - timedelta(minutes=30) - (orders - number) * _APART,
        "status": _STATUS[number * 3 % 10],
        "channel": _CHANNELS[number % 5],
        "net": net,
        "tax": (net * Decimal("0.19")).quantize(Decimal("0.01")),
        "note": f"note {number % 9}",
    }


RAW = "{{ source('private', 'raw_orders') }}"


@dataclass(frozen=True)
class Column:
    """A published column. expression: SQL over the private table; type: in the contract; tests: the publisher's own, as YAML."""

    name: str
    expression: str
    type: str
    tests: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        return self.name if self.expression == self.name else f"{self.expression} as {self.name}"

    @property
    def yaml(self) -> str:
        tests = f", data_tests: [{', '.join(self.tests)}]" if self.tests else ""
        return f'      - {{name: {self.name}, data_type: "{self.type}"{tests}}}'


@dataclass(frozen=True)
class Version:
    """What the publisher publishes: columns of rows of the private table. rows: what stands after FROM."""

    columns: tuple[Column, ...]
    rows: str = RAW
    materialized: str = "table"

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def having(self, name: str, /, **changed: Any) -> Version:
        """With one column changed."""
        columns = [replace(one, **changed) if one.name == name else one for one in self.columns]
        return replace(self, columns=tuple(columns))

    def without(self, name: str) -> Version:
        return replace(self, columns=tuple(one for one in self.columns if one.name != name))

    def files(self) -> dict[str, str]:
        """The model and its contract, as files of the publisher's project."""
        selected = ",\n".join(f"    {column.sql}" for column in self.columns)
        described = "\n".join(column.yaml for column in self.columns)
        return {
            "models/orders.sql": f"-- One row an order, as other domains read it.\nselect\n{selected}\nfrom {self.rows}\n",
            "models/orders.yml": (
                "# What the domain publishes: names and types, which dbt enforces, and its own tests.\nmodels:\n"
                "  - name: orders\n"
                f"    config: {{contract: {{enforced: true}}, materialized: {self.materialized}}}\n    columns:\n{described}\n"
            ),
        }


_KNOWN = f"accepted_values: {{arguments: {{values: [{', '.join(STATUS)}]}}}}"
BASE = Version(
    (
        Column("order_id", "order_id", "integer", ("unique", "not_null")),
        Column("customer_id", "customer_id", "integer", ("not_null",)),
        Column("ordered_at", "ordered_at", "timestamp with time zone", ("not_null",)),
        Column("status", "status", "character varying(20)", ("not_null", f"{{{_KNOWN}}}")),
        Column("channel", "channel", "character varying(20)"),
        Column("total", "net + tax", "numeric(12, 2)", ("not_null",)),
        Column("note", "note", "text"),
    )
)
