"""What perturbation saw, against what the store tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from lab.experiments.lineage.measure.seen import Captured, Column, Perturbed, Upstream
from lab.experiments.lineage.mechanism import source, table_and_column
from lab.experiments.lineage.oracle.perturbation import Pair


def raw_only(upstream: Upstream, catalog: Iterable[str]) -> dict[str, str]:
    """Of a column's sources those in tables where lineage begins."""
    raw = {table for table in catalog if table.startswith("raw.")}
    return {name: kind for name, kind in upstream.items() if table_and_column(name)[0] in raw}


def told(captured: Captured) -> dict[tuple[str, str, str], str]:
    """Influences that lineage tells: (raw column, mart, its column) -> kind."""
    return {
        (name, *target): kind
        for target, upstream in captured.rest.items()
        for name, kind in raw_only(upstream, captured.catalog).items()
    }


def missed(captured: Captured, perturbed: Perturbed) -> list[Pair]:
    """Influences that were seen and are not told."""
    known = told(captured)
    return sorted(pair for pair in perturbed.pairs if not _is_told(pair, known, captured))


def _is_told(pair: Pair, known: Mapping[tuple[str, str, str], str], captured: Captured) -> bool:
    table, column, *target = pair
    if column == "*":
        return table in captured.rows_of.get(target[0], ())
    return (source(table, column), target[0], target[1]) in known


def confirmed(captured: Captured, perturbed: Perturbed) -> pd.DataFrame:
    """Every influence that is told, with its kind and whether a change showed it."""
    seen = {(source(table, column), *target) for table, column, *target in perturbed.pairs if column != "*"}
    rows = [
        {"source": name[0], "mart": name[1], "column": name[2], "kind": kind, "seen": name in seen}
        for name, kind in told(captured).items()
    ]
    return pd.DataFrame(rows, columns=["source", "mart", "column", "kind", "seen"])


def rows_told(found: float, told: pd.DataFrame) -> int:
    """Of `found`, the influences that were seen and are told, those of a table's rows: `confirmed` has columns alone."""
    return round(found) - int(told["seen"].sum())


def not_shown(captured: Captured) -> list[str]:
    """Columns of marts for which command line, REST and page differ, or show nothing; a sentence each."""
    return [f"{'.'.join(name)}: {why}" for name in captured.rest if (why := _why(captured, name))]


def _why(captured: Captured, name: Column) -> str:
    rest = captured.rest[name]
    raw = raw_only(rest, captured.catalog)
    if not raw:
        return "no upstream field"
    if captured.cli.get(name) != rest:
        return "the command line shows others than REST"
    return "" if captured.page.get(name) == raw else "the page shows others than REST"
