"""How much of a database has lineage: its own catalog is the whole, not what events have named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Coverage:
    """How much of a catalog has lineage: k of n, and what has none."""

    covered: int
    total: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        return self.covered / self.total if self.total else float("nan")


def coverage(
    connection: sqlite3.Connection, catalog: Mapping[str, Iterable[str]]
) -> tuple[Coverage, Coverage]:
    """Of a database's own catalog (columns by table): assets and columns that have lineage.

    An asset has it if some run read or wrote it. A column has it if a run told what it was made from, or if its table
    is one that runs only read: a raw one, where lineage begins.
    """
    seen = {name for pair in connection.execute("SELECT source, dataset FROM input") for name in pair}
    written = {name for (name,) in connection.execute("SELECT dataset FROM input")}
    told = set(connection.execute("SELECT dataset, field FROM told"))
    names = {(table, column) for table, each in catalog.items() for column in each}
    fields = {name for name in names if name in told or (name[0] in seen and name[0] not in written)}
    return _covered(set(catalog), seen), _covered(
        {".".join(name) for name in names}, {".".join(name) for name in fields}
    )


def _covered(wanted: set[str], there: set[str]) -> Coverage:
    return Coverage(len(wanted & there), len(wanted), tuple(sorted(wanted - there)))
