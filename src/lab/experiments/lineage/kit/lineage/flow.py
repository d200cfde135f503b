"""What flows into a column: values (direct), decisions (indirect), and the rows of whole tables.

Terms and subtypes are those of OpenLineage's column lineage facet 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType

# Of a direct source, from the weakest to the strongest: along a path the strongest counts.
IDENTITY, TRANSFORMATION, AGGREGATION = DIRECT = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL = INDIRECT = (
    "JOIN",
    "GROUP_BY",
    "FILTER",
    "SORT",
    "WINDOW",
    "CONDITIONAL",
)
_NONE: Mapping[str, str] = MappingProxyType({})


class UnreadableSQLError(ValueError):
    """A statement whose lineage can't be told; the message names what it has that is not read."""


@dataclass(frozen=True)
class Flow:
    """What one column depends on. Sources are "table.column".

    direct: source -> subtype; their values go into the column's values. indirect: (source, subtype); they decide
    which values or rows there are. rows_of: tables whose number of rows the column depends on.
    """

    direct: Mapping[str, str] = field(default_factory=lambda: _NONE)
    indirect: frozenset[tuple[str, str]] = frozenset()
    rows_of: frozenset[str] = frozenset()

    @property
    def sources(self) -> frozenset[str]:
        """All columns that have an influence, of either kind."""
        return frozenset(self.direct) | {name for name, _ in self.indirect}

    def by(self, subtype: str) -> Flow:
        """The same values after a step of that subtype."""
        stronger = {name: max(was, subtype, key=DIRECT.index) for name, was in self.direct.items()}
        return replace(self, direct=stronger)

    def as_condition(self, subtype: str) -> Flow:
        """What has an influence when this is not shown but decided by."""
        return Flow(indirect=frozenset((name, subtype) for name in self.sources), rows_of=self.rows_of)


NOTHING = Flow()


def merged(flows: Iterable[Flow]) -> Flow:
    """All of them together."""
    return reduce(_two, flows, NOTHING)


def _two(one: Flow, other: Flow) -> Flow:
    direct = dict(one.direct)
    for name, subtype in other.direct.items():
        direct[name] = max(subtype, direct.get(name, IDENTITY), key=DIRECT.index)
    return Flow(direct, one.indirect | other.indirect, one.rows_of | other.rows_of)


@dataclass(frozen=True)
class Relation:
    """A table, a CTE, a subquery. rows: what decides which rows there are.

    open: the name of a table whose columns nobody has told; it has every column that is asked of it.
    """

    columns: Mapping[str, Flow]
    rows: Flow = NOTHING
    open: str = ""

    def column(self, name: str) -> Flow:
        """The flow of one column; UnreadableSQLError if there is none of that name."""
        if self.open:
            return Flow({source(self.open, name): IDENTITY})
        if name not in self.columns:
            raise UnreadableSQLError(f"there is no column {name}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def renamed(self, names: Iterable[str]) -> Relation:
        """With other names for the first columns, as in `AS t(a, b)`."""
        given, was = list(names), list(self.columns)
        if len(given) > len(was):
            raise UnreadableSQLError(f"{len(given)} names are given to {len(was)} columns")
        return replace(
            self, columns=dict(zip([*given, *was[len(given) :]], self.columns.values(), strict=True))
        )


_SOURCE = re.compile(r'(?P<table>.*)\.(?P<column>"(?:[^"]|"")*"|[^."]*)', re.DOTALL)


def source(table: str, column: str) -> str:
    """ "table.column", with the column in double quotes if there is a dot or a quote in its name."""
    plain = not set(column) & {".", '"'}
    return f"{table}.{column}" if plain else f'{table}."{column.replace(chr(34), chr(34) * 2)}"'


def table_and_column(name: str) -> tuple[str, str]:
    """The two parts of a source; ValueError if it is none."""
    found = _SOURCE.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no table.column")
    column = found["column"]
    return found["table"], column[1:-1].replace('""', '"') if column.startswith('"') else column


def base(table: str, columns: Mapping[str, str] | None) -> Relation:
    """A stored table. columns: name in the statement -> name in the catalog; None if nobody knows them."""
    rows = Flow(rows_of=frozenset({table}))
    if columns is None:
        return Relation({}, rows, open=table)
    return Relation({name: Flow({source(table, stored): IDENTITY}) for name, stored in columns.items()}, rows)


def combined(one: Relation, other: Relation) -> Relation:
    """Two relations one below the other, column by column."""
    if len(one.columns) != len(other.columns):
        raise UnreadableSQLError("the two sides of a set operation have not equally many columns")
    pairs = zip(one.columns.items(), other.columns.values(), strict=True)
    return Relation(
        {name: merged((left, right)) for (name, left), right in pairs}, merged((one.rows, other.rows))
    )


def declared(
    columns: Mapping[str, Mapping[str, str]], rows: Mapping[str, str], rows_of: Iterable[str]
) -> Relation:
    """What an author says of a task that is no SQL.

    columns: target -> {"table.column": subtype}; rows: {"table.column": subtype} of what decides which rows there
    are; rows_of: the tables that it reads. A subtype is one of DIRECT or INDIRECT; ValueError for another.
    """
    told = {target: _told(sources) for target, sources in columns.items()}
    return Relation(told, merged([_told(rows), Flow(rows_of=frozenset(rows_of))]))


def _told(sources: Mapping[str, str]) -> Flow:
    strange = sorted(set(sources.values()) - {*DIRECT, *INDIRECT})
    if strange:
        raise ValueError(f"{strange[0]!r} is no subtype; there are {', '.join((*DIRECT, *INDIRECT))}")
    direct = {name: subtype for name, subtype in sources.items() if subtype in DIRECT}
    return Flow(
        direct, frozenset((name, subtype) for name, subtype in sources.items() if subtype in INDIRECT)
    )
