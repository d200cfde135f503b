"""Systematic changes of the shop: each rule of each column broken once, changes that no rule speaks of, and good ones.

The generator says what each breaks, without a look at the contract's document or at any validator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lab.experiments.contract_gate.workload.shop import SHOP, Column, Table

PRESENCE, TYPES, SEMANTICS, OUTSIDE, GOOD = (
    "presence",
    "types",
    "semantics",
    "beyond the rules",
    "good changes",
)
GROUPS = (PRESENCE, TYPES, SEMANTICS, OUTSIDE, GOOD)
NOWHERE = 1_000_000  # a key that nothing has
Broken = tuple[str, str, str]  # kind of rule, table, its columns by commas


@dataclass(frozen=True)
class Mutant:
    """One change. broken: every rule that it breaks; statements: SQL for DuckDB and PostgreSQL alike.

    typed: whether it is one of types alone, which text files do not have.
    """

    group: str
    kind: str
    name: str
    broken: frozenset[Broken]
    statements: tuple[str, ...]
    typed: bool = False


def mutants() -> list[Mutant]:
    """All of them, those of a column together."""
    by_column = [one for table in SHOP for column in table.columns for one in _of_column(table, column)]
    return [
        *by_column,
        *(one for table in SHOP for one in _of_table(table)),
        *_across(),
        *_outside(),
        *_good(),
    ]


def drawn(every: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` of them at random, or all: of each kind at least one, and of each about the same share."""
    random = np.random.default_rng(seed)
    shuffled = [every[place] for place in random.permutation(len(every))]
    sizes, taken = Counter(_stratum(one) for one in every), Counter[str]()
    left, chosen = list(shuffled), list[Mutant]()
    for _ in range(min(count, len(every))):
        rank = {kind: (taken[kind] > 0, taken[kind] / sizes[kind]) for kind in sizes}
        found = min(left, key=lambda one: rank[_stratum(one)])
        left.remove(found)
        chosen.append(found)
        taken[_stratum(found)] += 1
    return [one for one in every if one in chosen]


def _stratum(mutant: Mutant) -> str:
    return mutant.group if mutant.group in (OUTSIDE, GOOD) else mutant.kind


def _of_column(table: Table, column: Column) -> Iterator[Mutant]:
    own, name = (table.name, column.name), f"{table.name}.{column.name}"
    alter, c = f"ALTER TABLE {table.name}", column.name
    gone = frozenset({("presence", *own)})
    yield Mutant(PRESENCE, "presence", f"{name} dropped", gone, (f"{alter} DROP COLUMN {c}",))
    yield Mutant(PRESENCE, "presence", f"{name} renamed", gone, (f"{alter} RENAME COLUMN {c} TO {c}_v2",))
    yield from _types(table, column)
    for kind, what, value in _values(column):
        where = f" WHERE {table.columns[0].name} = (SELECT min({table.columns[0].name}) FROM {table.name})"
        if table.key:  # one row, the smallest key
            where += f" AND {table.key[1]} = 1"
        broken = {(kind, *own), *_collateral(table, column, value)}
        change = f"UPDATE {table.name} SET {c} = {value}{where}"
        yield Mutant(SEMANTICS, kind, f"{name} {what}", frozenset(broken), (change,))
    if column.unique and c != table.columns[0].name:
        last, first = (f"(SELECT {which}({c}) FROM {table.name})" for which in ("max", "min"))
        change = f"UPDATE {table.name} SET {c} = {last} WHERE {c} = {first}"
        yield Mutant(SEMANTICS, "unique", f"{name} comes twice", frozenset({("unique", *own)}), (change,))


def _types(table: Table, column: Column) -> Iterator[Mutant]:
    own, name, c = (table.name, column.name), f"{table.name}.{column.name}", column.name
    other = ("integer", f"length({c})") if column.type == "varchar" else ("varchar", f"CAST({c} AS varchar)")
    changes = [("type", *other)]
    if column.type == "timestamptz":
        changes.append(("time zone", "timestamp", f"{c} AT TIME ZONE 'UTC'"))
    for kind, type_, value in changes:
        change = f"ALTER TABLE {table.name} ALTER COLUMN {c} TYPE {type_} USING {value}"
        broken = frozenset({(kind, *own)})
        yield Mutant(TYPES, kind, f"{name} as {type_}", broken, (change,), typed=True)


def _values(column: Column) -> Iterator[tuple[str, str, str]]:
    """(kind of rule, what is done, value) for each rule about a value of the column."""
    if column.required:
        yield "required", "is NULL", "NULL"
    if column.low:
        yield "range", "below its range", f"{column.low} - 1"
    if column.high:
        yield "range", "above its range", f"{column.high} + 1"
    if column.values:
        yield "set", "of a new category", "'XX'"
    if column.pattern:
        yield "pattern", "against its pattern", f"'{column.pattern}'"
    if column.longest:
        yield "length", "too long", f"'a@' || repeat('b', {column.longest})"
    if column.references:
        yield "reference", "refers to nothing", str(NOWHERE)


def _collateral(table: Table, column: Column, value: str) -> set[Broken]:
    """What else breaks: references to a key that has gone, and the sum of an order's lines."""
    found: set[Broken] = set()
    if column.unique and value == "NULL":
        found |= {
            ("reference", other.name, one.name)
            for other in SHOP
            for one in other.columns
            if one.references == (table.name, column.name)
        }
    # An order without a total differs from nothing; a line that has gone elsewhere is missing in the sum.
    moved = table.name == "order_lines" and column.name == "order_id"
    if moved or (column.summed and not (column.name == "total" and value == "NULL")):
        found.add(("query", "orders", ""))
    return found


def _of_table(table: Table) -> Iterator[Mutant]:
    name, key = table.name, ", ".join(table.key) or table.columns[0].name
    gone = frozenset({("presence", name, "")})
    yield Mutant(PRESENCE, "presence", f"{name} is missing", gone, (f"DROP TABLE {name}",))
    first = f"(SELECT min({table.columns[0].name}) FROM {name})"
    rows = f"INSERT INTO {name} SELECT * FROM {name} WHERE {table.columns[0].name} = {first}" + (
        f" AND {table.key[1]} = 1" if table.key else ""
    )
    broken: set[Broken] = {
        ("unique", name, key),
        *(("unique", name, column.name) for column in table.columns if column.unique),
    }
    if table.key:
        broken.add(("query", "orders", ""))
    yield Mutant(SEMANTICS, "unique", f"{name}: a row comes twice", frozenset(broken), (rows,))


def _across() -> Iterator[Mutant]:
    query = frozenset({("query", "orders", "")})
    one = "WHERE order_id = (SELECT min(order_id) FROM orders WHERE shipped_at IS NOT NULL)"
    early = f"UPDATE orders SET shipped_at = ordered_at - interval '1 hour' {one}"
    yield Mutant(SEMANTICS, "query", "orders.shipped_at before ordered_at", query, (early,))
    cent = f"UPDATE orders SET total = total + 0.01 {one}"
    yield Mutant(SEMANTICS, "query", "orders.total is not the sum of its lines", query, (cent,))
    old = "UPDATE orders SET ordered_at = ordered_at - interval '10 days', shipped_at = shipped_at - interval '10 days'"
    stale = frozenset({("freshness", "orders", "ordered_at")})
    yield Mutant(SEMANTICS, "freshness", "orders: ten days old", stale, (old,))
    empty = stale | {("row count", "orders", ""), ("reference", "order_lines", "order_id")}
    yield Mutant(SEMANTICS, "row count", "orders: no rows", frozenset(empty), ("DELETE FROM orders",))


def _outside() -> Iterator[Mutant]:
    changes = {
        "orders, lines: cents for euros": (
            "UPDATE orders SET total = total * 100",
            "UPDATE order_lines SET unit_price = unit_price * 100",
        ),
        "orders: five hours off (time zone)": (
            "UPDATE orders SET ordered_at = ordered_at - interval '5 hours', shipped_at = shipped_at - interval '5 hours'",
        ),
        "orders.ordered_at cut to its day": ("UPDATE orders SET ordered_at = date_trunc('day', ordered_at)",),
        "orders.status: cancelled became placed": (
            "UPDATE orders SET status = 'placed' WHERE status = 'cancelled'",
        ),
        "customers.country: FR became DE": ("UPDATE customers SET country = 'DE' WHERE country = 'FR'",),
        "every tenth order is missing": (
            "DELETE FROM order_lines WHERE order_id % 10 = 0",
            "DELETE FROM orders WHERE order_id % 10 = 0",
        ),
        "every order once more under a new key": _again(),
    }
    for name, statements in changes.items():
        yield Mutant(OUTSIDE, "none", name, frozenset(), statements)


def _again(where: str = "") -> tuple[str, ...]:
    return (
        f"INSERT INTO order_lines SELECT order_id + {NOWHERE}, line_no, sku, quantity, unit_price FROM order_lines{where}",
        f"INSERT INTO orders SELECT order_id + {NOWHERE}, customer_id, ordered_at, shipped_at, status, total "
        f"FROM orders{where}",
    )


def _good() -> Iterator[Mutant]:
    wider = "ALTER TABLE {} ALTER COLUMN {} TYPE {}"
    changes = {
        "orders: a new column": ("ALTER TABLE orders ADD COLUMN channel varchar",),
        "customers: columns in another order": (
            "CREATE TABLE other AS SELECT signed_up_at, country, email, customer_id FROM customers",
            "DROP TABLE customers",
            "ALTER TABLE other RENAME TO customers",
        ),
        "orders.order_id as bigint": (wider.format("orders", "order_id", "bigint"),),
        "order_lines.unit_price with more digits": (
            wider.format("order_lines", "unit_price", "numeric(18, 4)"),
        ),
        "orders.shipped_at is NULL, as it may": (
            "UPDATE orders SET shipped_at = NULL WHERE order_id = (SELECT max(order_id) FROM orders WHERE status = 'shipped')",
        ),
        "a new order": _again(" WHERE order_id = 1"),
        "a table more": ("CREATE TABLE returns (order_id integer)",),
        "order_lines: more decimals, used": (
            wider.format("order_lines", "unit_price", "numeric(18, 4)"),
            wider.format("orders", "total", "numeric(18, 4)"),
            "UPDATE order_lines SET unit_price = unit_price + 0.0001 WHERE order_id = 1 AND line_no = 1",
            "UPDATE orders SET total = (SELECT sum(quantity * unit_price) FROM order_lines WHERE order_id = 1) "
            "WHERE order_id = 1",
        ),
        "customers: a new one without orders": (
            f"INSERT INTO customers SELECT {NOWHERE}, 'new@example.org', 'SE', max(signed_up_at) FROM customers",
        ),
    }
    for name, statements in changes.items():
        yield Mutant(GOOD, "none", name, frozenset(), statements)
