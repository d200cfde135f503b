"""Time to read a warehouse's SQL, time of a query, size of a closure table: as the graph grows in depth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.lineage.judge.query_time import by_size, check, deepened, fitted

PATIENCE_S = 1.0  # our threshold: a page that takes longer is no longer used
CHANGED = 0.01  # of a warehouse's statements, between two runs; an assumption


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """T = a + b u for u columns upstream, checked in the largest graph."""
    scaling = treatment.tables["scaling"]
    line, rows = fitted(scaling), by_size(scaling)
    last = rows.iloc[-1]
    patient, predicted = line.reaches(PATIENCE_S), check(scaling)
    followed = treatment.tables["depth"]["columns"].max()
    names = ("query_fixed", "query_per_field", "parse_time", "closure_rows_per_edge")
    return Model(
        statement=(
            "A recursive query walks each edge upstream once, so its time grows with the number of columns it finds; a "
            "closure table stores that number for every column; both counts hang on the graph's shape, and here they are of the "
            f"synthetic one, followed in depth to {followed:,.0f} columns and beyond by the straight line in which upstream "
            "then grows."
        ),
        formula=r"T(u) = a + b\,u, \qquad C = \sum_{c} u_c",
        constants=[treatment.metric(name) for name in names],
        check=predicted,
        projection=projection(treatment, line, last),
        grades={
            "columns": "arithmetic",
            "columns upstream": "measured",
            "recursive query, ms": "measured",
            "closure table, rows": "measured",
            "all SQL read, s": "extrapolated",
            f"{CHANGED:.0%} read again, s": "extrapolated",
        },
        checked_to=1,
        changes_at=f"{_about(patient)} columns upstream: a recursive query takes {PATIENCE_S:g} s",
        advice=_advice(treatment, rows, patient, predicted),
    )


def projection(treatment: Result, line: Line, last: pd.Series) -> pd.DataFrame:
    """One row per factor of the largest graph, grown in depth: its own counts are those of the deep graph."""
    per_statement = _reading_ms(treatment) / 1e3
    counted = max(treatment.tables["depth"]["columns"].max(), last["columns"])
    rows = []
    for factor in FACTORS:
        size = last["columns"] * factor
        upstream, closed = (
            deepened(treatment.tables["depth"], size) if factor > 1 else (last["found"], last["closure_rows"])
        )
        statements = size / 20  # a statement for each table of twenty columns
        rows.append(
            {
                "factor": factor,
                "columns": round(size),
                "columns upstream": _counted(upstream, size, counted),
                # What was measured is told as it was; the line is for what lies beyond.
                "recursive query, ms": round(
                    1e3 * (line.at(upstream) if factor > 1 else last["recursive_s"]), 2
                ),
                "closure table, rows": _counted(closed, size, counted),
                "all SQL read, s": round(statements * per_statement, 2),
                f"{CHANGED:.0%} read again, s": round(CHANGED * statements * per_statement, 3),
            }
        )
    return pd.DataFrame(rows)


def _reading_ms(treatment: Result) -> float:
    """Mean, not median, of one statement: what so many of them add up to."""
    return float(np.mean(treatment.metric("parse_time").raw))


def _advice(treatment: Result, rows: pd.DataFrame, patient: float, predicted: Prediction) -> list[Advice]:
    first, before, last = rows.iloc[0], rows.iloc[-2], rows.iloc[-1]
    reading, depth = _reading_ms(treatment), treatment.tables["depth"]
    deep = min(FACTORS[1] * last["columns"], depth["columns"].max())
    return [
        Advice(
            f"**Recursive queries** serve a page up to about {_about(patient)} columns upstream of one "
            f"({PATIENCE_S:g} s, our threshold); the largest graph here has {last['found']:,.0f}.",
            "extrapolated",
            f"measured to {last['found']:,.0f} columns upstream, drawn to {patient / last['found']:,.0f} times that; the line of "
            f"the smaller graphs was {abs(predicted.error):.0%} off at {last['found'] / before['found']:.1f} times their columns "
            "upstream, and further out its error is not known",
        ),
        Advice(
            f"**A closure table** answered {last['recursive_s'] / last['closure_s']:.1f} times as fast, took "
            f"{last['build_s']:.2g} s to build and has {last['closure_rows'] / last['edges']:,.0f} rows per edge. From "
            f"{first['columns']:,.0f} to {last['columns']:,.0f} columns in depth it grew "
            f"{last['closure_rows'] / first['closure_rows']:,.0f}-fold{_further(depth, last, deep)}: close over the marts that "
            "are asked for, not over all.",
            "measured",
        ),
        Advice(
            f"**Read a statement again only if it or its inputs' columns changed.** Reading takes "
            f"{reading:.2g} ms each on average here, so 10,000 statements of this size take {10 * reading:,.0f} s, one in a "
            f"hundred of them {0.1 * reading:.1f} s.",
            "arithmetic",
            "the measured mean time of a generated statement, times their number",
        ),
    ]


def _further(depth: pd.DataFrame, last: pd.Series, deep: float) -> str:
    """How much a closure grows beyond the largest graph, where a deeper one was counted."""
    if deep <= last["columns"]:
        return ""
    return f", to {deep:,.0f} (counted, not built) {deepened(depth, deep)[1] / last['closure_rows']:,.0f}-fold again"


def _counted(value: float, columns: float, counted: float) -> int:
    """A number of a graph so many columns deep: whole where it was counted; beyond, a line knows no more than three digits."""
    return round(value) if columns <= counted else round(float(f"{value:.3g}"))


def _about(value: float) -> str:
    """A number to two digits."""
    return f"{float(f'{value:.2g}'):,.0f}"
