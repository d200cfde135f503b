"""What a publisher does to what it publishes: every column with every change that applies, breaking or not, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.experiments.data_mesh.workload.domains import RAW, STATUS, Column, Version

# What names and types tell; what a rule for values can tell; what keeps to every such rule and alters what values mean;
# what no reader should feel. Whether a change breaks a given consumer is for that consumer's own result to say.
SHAPE = ("removed", "other type")  # renamed is removed, to who reads it by its name
VALUES = (
    "NULLs",
    "repeated",
    "new value",
    "value merged",
    "other unit",
    "cancelled left out",
    "36 h late",
    "a week late",
)
MEANING = ("net for gross", "rounded", "2 h shifted", "cut to days", "values swapped")
BENIGN = ("wider type", "new column", "other order", "as a view")
GROUPS = {"names and types": SHAPE, "values": VALUES, "meaning": MEANING, "benign": BENIGN}
SOME = "order_id % 7 = 0"  # the rows that a change of some rows hits

_OTHER = {
    "integer": ("text", "cast({} as text)"),
    "timestamp with time zone": ("timestamp without time zone", "{} at time zone 'UTC'"),
    "character varying(20)": ("integer", "cast(length({}) as integer)"),
    "numeric(12, 2)": ("double precision", "cast({} as double precision)"),
    "text": ("integer", "cast(length({}) as integer)"),
}
_WIDER = {"integer": "bigint", "character varying(20)": "text", "numeric(12, 2)": "numeric(18, 4)"}


@dataclass(frozen=True)
class Change:
    """One change. column: "" where it is of the whole dataset; version: what is published afterwards."""

    kind: str
    column: str
    version: Version

    @property
    def group(self) -> str:
        return next(name for name, kinds in GROUPS.items() if self.kind in kinds)

    @property
    def name(self) -> str:
        return f"{self.column or 'dataset'}: {self.kind}"


def changes(base: Version) -> list[Change]:
    """All of them. In changes of names and types the publisher's own contract and tests go along, as they must."""
    columns = [Change(kind, one.name, made) for one in base.columns for kind, made in _of_column(base, one)]
    return [*columns, *(Change(kind, "", made) for kind, made in _of_dataset(base))]


def _of_column(base: Version, one: Column) -> Iterator[tuple[str, Version]]:
    yield "removed", base.without(one.name)
    type_, cast = _OTHER[one.type]
    # A list of texts is no test of an integer.
    kept = tuple(test for test in one.tests if "values" not in test)
    yield (
        "other type",
        base.having(one.name, type=type_, expression=cast.format(f"({one.expression})"), tests=kept),
    )
    yield "NULLs", base.having(one.name, expression=f"case when not {SOME} then {one.expression} end")
    if one.type in _WIDER:
        wider = _WIDER[one.type]
        yield "wider type", base.having(one.name, type=wider, expression=f"cast({one.expression} as {wider})")
    for kind, expression in _MADE.get(one.name, ()):
        # A new value is meant, so the publisher's own list of values has it too.
        tests = [test.replace(STATUS[-1], f"{STATUS[-1]}, returned") for test in one.tests]
        yield (
            kind,
            base.having(
                one.name, expression=expression, tests=tuple(tests) if kind == "new value" else one.tests
            ),
        )


# Changes of values of one column, as the new expression.
_MADE = {
    "ordered_at": (
        ("2 h shifted", "ordered_at - interval '2 hours'"),
        ("cut to days", "date_trunc('day', ordered_at)"),
    ),
    "status": (
        ("new value", f"case when status = 'shipped' and {SOME} then 'returned' else status end"),
        ("value merged", "case when status = 'placed' then 'paid' else status end"),
    ),
    "channel": (
        ("new value", f"case when channel = 'web' and {SOME} then 'app' else channel end"),
        ("value merged", "case when channel = 'phone' then 'shop' else channel end"),
        ("values swapped", "case channel when 'web' then 'shop' when 'shop' then 'web' else channel end"),
    ),
    "total": (("other unit", "(net + tax) * 100"), ("net for gross", "net"), ("rounded", "round(net + tax)")),
}


def _of_dataset(base: Version) -> Iterator[tuple[str, Version]]:
    now = 'cast(\'{{ var("now", "now") }}\' as timestamp with time zone)'
    yield (
        "repeated",
        replace(base, rows=f"(select * from {RAW} union all select * from {RAW} where {SOME}) as doubled"),
    )
    yield "cancelled left out", replace(base, rows=f"{RAW}\nwhere status <> 'cancelled'")
    yield "36 h late", replace(base, rows=f"{RAW}\nwhere ordered_at < {now} - interval '36 hours'")
    yield "a week late", replace(base, rows=f"{RAW}\nwhere ordered_at < {now} - interval '7 days'")
    yield "new column", replace(base, columns=(*base.columns, Column("added", "net", "numeric(12, 2)")))
    yield "other order", replace(base, columns=tuple(reversed(base.columns)))
    yield "as a view", replace(base, materialized="view")


def stratified(known: Sequence[Change], count: int, seed: int) -> list[Change]:
    """`count` of them at random, or all: one of each kind before the second of any."""
    places = np.random.default_rng(seed).permutation(len(known))
    turn: Counter[str] = Counter()
    turns = []
    for place in places:
        turns.append((turn[known[place].kind], int(place)))
        turn[known[place].kind] += 1
    # A stable order: within a turn kinds stay mixed at random.
    chosen = {place for _, place in sorted(turns, key=lambda each: each[0])[:count]}
    return [change for place, change in enumerate(known) if place in chosen]
