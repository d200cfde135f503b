"""SQL made from lineage: each piece of text is written together with what its columns depend on; nothing is parsed.

All columns are integers, so that every statement runs. What a construct means for lineage is said here once more,
from the standard's semantics, and held against perturbation of the statement's own tables.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

TABLES = {
    "sales": ("id", "shop", "cents", "day"),
    "shops": ("id", "town", "size"),
    "towns": ("id", "people", "zone"),
}


@dataclass(frozen=True)
class Truth:
    """What a column depends on. direct: its values; decides: which values or rows there are; rows: of which tables."""

    direct: frozenset[str] = frozenset()
    decides: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.direct | other.direct, self.decides | other.decides, self.rows | other.rows)

    @property
    def asked(self) -> Truth:
        """The same, where it only decides."""
        return Truth(frozenset(), self.direct | self.decides, self.rows)


def together(truths: Iterable[Truth]) -> Truth:
    return reduce(Truth.__or__, truths, Truth())


@dataclass(frozen=True)
class Query:
    """SELECT text, truth by column, and what decides on its rows."""

    text: str
    columns: Mapping[str, Truth]
    rows: Truth

    @property
    def truth(self) -> dict[str, Truth]:
        return {name: item | self.rows for name, item in self.columns.items()}


@dataclass(frozen=True)
class Item:
    """Something in FROM: its text there, its alias, what it is."""

    text: str
    alias: str
    query: Query


@dataclass
class Writer:
    """Writes one statement after the other. Each is a nest of `depth` constructs at most."""

    random: random.Random
    depth: int = 3
    _names: int = 0
    _ctes: list[str] = field(default_factory=list)

    def statement(self) -> Query:
        """A statement on TABLES."""
        self._names, self._ctes = 0, []
        made = self._query(self.random.randint(1, self.depth))
        return replace(made, text=f"WITH {', '.join(self._ctes)} {made.text}") if self._ctes else made

    def _query(self, depth: int) -> Query:
        makers = (
            self._cut, self._join, self._group, self._window, self._set_operation, self._star, self._distinct,
            self._lateral, self._subquery, self._one_row,
        )  # fmt: skip
        return self.random.choice(makers)(depth - 1)

    def _name(self) -> str:
        self._names += 1
        return f"x{self._names}"

    def _item(self, depth: int) -> Item:
        """A table, a subquery or a CTE."""
        alias = self._name()
        if depth <= 0 or self.random.random() < 0.3:
            name = self.random.choice(list(TABLES))
            columns = {each: Truth(frozenset({f"{name}.{each}"})) for each in TABLES[name]}
            return Item(f"{name} AS {alias}", alias, Query("", columns, Truth(rows=frozenset({name}))))
        made = self._query(depth)
        if self.random.random() < 0.5:
            return Item(f"({made.text}) AS {alias}", alias, made)
        name = self._name()
        self._ctes.append(f"{name} AS ({made.text})")
        return Item(f"{name} AS {alias}", alias, made)

    def _pick(self, item: Item) -> tuple[str, Truth]:
        name = self.random.choice(list(item.query.columns))
        return f"{item.alias}.{name}", item.query.columns[name]

    def _expression(self, item: Item) -> tuple[str, Truth]:
        (a, of_a), (b, of_b), (c, of_c) = (self._pick(item) for _ in range(3))
        return self.random.choice(
            [
                (a, of_a),
                (f"{a} + {b}", of_a | of_b),
                (f"coalesce({a}, {b}, 0)", of_a | of_b),
                (f"CASE WHEN {a} > {b} THEN {c} ELSE 0 END", of_c | (of_a | of_b).asked),
                (f"CASE {a} WHEN 1 THEN {b} WHEN 2 THEN {c} END", of_b | of_c | of_a.asked),
                (f"nullif({a}, {b})", of_a | of_b.asked),
                (f"CAST({a} = {b} AS INTEGER)", of_a | of_b),
                ("7", Truth()),
            ]
        )

    def _list(self, item: Item, size: int = 0) -> Query:
        """A select list over one item: its text and columns; rows are the item's."""
        columns, texts = {}, []
        for _ in range(size or self.random.randint(1, 3)):
            text, truth = self._expression(item)
            name = self._name()
            columns[name] = truth
            texts.append(f"{text} AS {name}")
        return Query(", ".join(texts), columns, item.query.rows)

    def _join(self, depth: int) -> Query:
        left, right = self._item(depth), self._item(depth - 1)
        (a, of_a), (b, of_b) = self._pick(left), self._pick(right)
        one, two = self._list(left), self._list(right)
        kind = self.random.choice(["JOIN", "LEFT JOIN", "FULL JOIN"])
        text = f"SELECT {one.text}, {two.text} FROM {left.text} {kind} {right.text} ON {a} = {b}"
        rows = one.rows | two.rows | (of_a | of_b).asked
        return Query(text, {**one.columns, **two.columns}, rows)

    def _group(self, depth: int) -> Query:
        item = self._item(depth)
        (key, of_key), (value, of_value), (other, of_other) = (self._pick(item) for _ in range(3))
        k, n, total, some = (self._name() for _ in range(4))
        having = f" HAVING max({other}) > 1" if self.random.random() < 0.4 else ""
        text = (
            f"SELECT {key} AS {k}, count(*) AS {n}, sum({value}) AS {total}, max({value}) FILTER (WHERE {other} > 1) "
            f"AS {some} FROM {item.text} GROUP BY {key}{having}"
        )
        columns = {k: of_key, n: Truth(), total: of_value, some: of_value | of_other.asked}
        rows = item.query.rows | of_key.asked | (of_other.asked if having else Truth())
        return Query(text, columns, rows)

    def _window(self, depth: int) -> Query:
        item = self._item(depth)
        (part, of_part), (order, of_order), (value, of_value) = (self._pick(item) for _ in range(3))
        shown, number, running = (self._name() for _ in range(3))
        over = f"OVER (PARTITION BY {part} ORDER BY {order})"
        qualify = f" QUALIFY rank() {over} = 1" if self.random.random() < 0.3 else ""
        text = f"SELECT {value} AS {shown}, rank() {over} AS {number}, sum({value}) {over} AS {running} FROM {item.text}"
        decided = (of_part | of_order).asked
        columns = {shown: of_value, number: decided, running: of_value | decided}
        rows = item.query.rows | (decided if qualify else Truth())
        return Query(text + qualify, columns, rows)

    def _set_operation(self, depth: int) -> Query:
        left, right = self._item(depth), self._item(depth - 1)
        one, two = self._list(left, 2), self._list(right, 2)
        kind = self.random.choice(["UNION ALL", "UNION", "EXCEPT"])
        text = f"SELECT {one.text} FROM {left.text} {kind} SELECT {two.text} FROM {right.text}"
        pairs = zip(one.columns.items(), two.columns.values(), strict=True)
        both = {name: own | other for (name, own), other in pairs}
        compared = Truth() if kind == "UNION ALL" else together(item.asked for item in both.values())
        # EXCEPT shows the left side's values alone.
        columns = one.columns if kind == "EXCEPT" else both
        return Query(text, columns, one.rows | two.rows | compared)

    def _star(self, depth: int) -> Query:
        item = self._item(depth)
        extra = self._list(item, 1)
        text = f"SELECT {item.alias}.*, {extra.text} FROM {item.text}"
        return Query(text, {**item.query.columns, **extra.columns}, extra.rows)

    def _distinct(self, depth: int) -> Query:
        item = self._item(depth)
        shown = self._list(item)
        rows = shown.rows | together(each.asked for each in shown.columns.values())
        return Query(f"SELECT DISTINCT {shown.text} FROM {item.text}", shown.columns, rows)

    def _cut(self, depth: int) -> Query:
        item = self._item(depth)
        shown, (by, truth) = self._list(item), self._pick(item)
        clause = self.random.choice([f"WHERE {by} > 1", f"ORDER BY {by} LIMIT 5"])
        text = f"SELECT {shown.text} FROM {item.text} {clause}"
        return Query(text, shown.columns, shown.rows | truth.asked)

    def _inner(self, outer: Item) -> tuple[str, Truth]:
        """FROM and WHERE of a correlated aggregate, with its value in front: it gives one row whatever is inside."""
        inner = self._item(0)
        (a, of_a), (b, of_b), (value, of_value) = self._pick(outer), self._pick(inner), self._pick(inner)
        return f"({value}) @ FROM {inner.text} WHERE {b} = {a}", of_value | inner.query.rows | (
            of_a | of_b
        ).asked

    def _lateral(self, depth: int) -> Query:
        item = self._item(depth)
        shown, (inner, truth) = self._list(item), self._inner(item)
        name, alias, value = (self._name() for _ in range(3))
        text = (
            f"SELECT {shown.text}, {alias}.{value} AS {name} FROM {item.text}, "
            f"LATERAL (SELECT min{inner.replace('@', f'AS {value}')}) AS {alias}"
        )
        return Query(text, {**shown.columns, name: truth}, shown.rows)

    def _subquery(self, depth: int) -> Query:
        """In the select list, or in the filter."""
        item = self._item(depth)
        shown = self._list(item)
        if self.random.random() < 0.5:
            (inner, truth), name = self._inner(item), self._name()
            text = f"SELECT {shown.text}, (SELECT sum{inner.replace('@ ', '')}) AS {name} FROM {item.text}"
            return Query(text, {**shown.columns, name: truth}, shown.rows)
        other = self._item(depth - 1)
        (a, of_a), (b, of_b), (c, of_c) = self._pick(item), self._pick(other), self._pick(other)
        asked, truth = self.random.choice(
            [
                (f"{a} IN (SELECT {b} FROM {other.text} WHERE {c} > 1)", of_a | of_b | of_c),
                (f"NOT EXISTS (SELECT 1 FROM {other.text} WHERE {b} = {a})", of_a | of_b),
            ]
        )
        rows = shown.rows | other.query.rows | truth.asked
        text = f"SELECT {shown.text} FROM {item.text} WHERE {asked}"
        return Query(text, shown.columns, rows)

    def _one_row(self, depth: int) -> Query:
        """An aggregate of everything: there is one row of it, whatever decides on what it counts."""
        item = self._item(depth)
        (value, of_value), (asked, of_asked) = self._pick(item), self._pick(item)
        total, n = self._name(), self._name()
        inside = item.query.rows | of_asked.asked
        text = f"SELECT sum({value}) AS {total}, count(*) AS {n} FROM {item.text} WHERE {asked} > 0"
        return Query(text, {total: of_value | inside, n: inside}, Truth())
