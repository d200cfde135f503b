"""How many expectations good and faulty batches violate: learned once, learned anew, and where nothing drifts.

The plain evaluation counts, because it can judge thousands of batches; that Great Expectations says the same is
measured beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.data_quality import oracle
from lab.experiments.data_quality.mechanism.learn import Learned, prepare
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.batches import Case, Day, faulty, good, shuffled

FIXED, RELEARNED, SHUFFLED = "learned once", "learned anew", "shuffled"
PER_SHUFFLE, FAULTY = (
    25,
    2,
)  # good batches that each shuffle's suite judges, and faulty ones of each kind and size


def learned(days: Sequence[Day]) -> Learned:
    """From these days' batches."""
    return prepare([day.batch for day in days])


def in_order(params: Params, days: Sequence[Day], first: Learned, rng: np.random.Generator) -> pd.DataFrame:
    """Later days against what the first days taught, and against what the days right before taught."""
    places = range(params.train, len(days))
    cases = [*good(days, places), *faulty(days, places, params.sizes, params.cases, rng)]
    parts = [_judged(params, FIXED, 0, first, cases)]
    for number, start in enumerate(range(params.train, len(days), params.every)):
        suite = first if number == 0 else learned(days[start - params.train : start])
        window = [case for case in cases if start <= case.place < start + params.every]
        parts.append(_judged(params, RELEARNED, number, suite, window))
    return pd.concat(parts, ignore_index=True)


def without_drift(
    params: Params, days: Sequence[Day], rng: np.random.Generator
) -> tuple[pd.DataFrame, list[int]]:
    """Shuffles of the year, each with a suite of its own, and the number of each suite's bounds."""
    parts, sides = [], []
    for number in range(params.shuffles):
        year = shuffled(days, rng)
        suite = learned(year[: params.train])
        places = range(params.train, min(params.train + PER_SHUFFLE, len(year)))
        cases = [*good(year, places), *faulty(year, places, params.sizes, FAULTY, rng)]
        parts.append(_judged(params, SHUFFLED, number, suite, cases))
        sides.append(suite.sides)
    return pd.concat(parts, ignore_index=True), sides


def _judged(params: Params, arm: str, reference: int, suite: Learned, cases: Sequence[Case]) -> pd.DataFrame:
    """A row for each case and margin. reference: which suite of the arm it was."""
    values = _values(suite, cases)
    about = pd.DataFrame(
        {
            "arm": arm,
            "reference": reference,
            "day": case.day.name,
            "kind": case.kind,
            "size": case.size,
            "faults": case.faults,
        }
        for case in cases
    )
    return pd.concat(
        [about.assign(margin=margin, **_violated(suite, margin, values)) for margin in params.margins]
    )


def _violated(suite: Learned, margin: float, values: np.ndarray) -> dict[str, Any]:
    """Violated expectations, and columns (or pairs of them, or the table) that they are about."""
    bounds = suite.suite(margin).expectations[1:]
    kept = [
        [oracle.within(value, item.kwargs) for value, item in zip(row, bounds, strict=True)] for row in values
    ]
    broken = ~np.asarray(kept, dtype=bool)
    columns = [
        {item.columns for item, is_broken in zip(bounds, row, strict=True) if is_broken} for row in broken
    ]
    return {"violated": broken.sum(axis=1), "columns": [len(each) for each in columns]}


def _values(suite: Learned, cases: Sequence[Case]) -> np.ndarray:
    """(cases, expectations). What a fault did not touch is taken from the same day's good batch."""
    before = {case.place: _all(suite, case) for case in cases if not case.faults}
    rows = [
        _all(suite, case, before.get(case.place)) if case.faults else before[case.place] for case in cases
    ]
    return np.array(rows, dtype=float)


def _all(suite: Learned, case: Case, before: Sequence[float] | None = None) -> list[float]:
    table = as_table(case.batch)
    same_rows = len(case.touched) < len(table)
    return [
        before[place]
        if before is not None and same_rows and item.columns and not set(item.columns) & set(case.touched)
        else _value(item.type, item.kwargs, table)
        for place, item in enumerate(suite.found)
    ]


def _value(type: str, kwargs: Any, table: oracle.Table) -> float:
    try:
        return oracle.value(type, kwargs, table)
    except TypeError:  # values of a type that it is not about: no bound is kept
        return float("nan")


def as_table(batch: pd.DataFrame) -> oracle.Table:
    """Columns as lists of plain values."""
    return {name: oracle.Column(batch[name].tolist()) for name in batch.columns}


def due(expectations: Iterable[Any], batch: pd.DataFrame) -> list[str]:
    """Names of the expectations that `batch` violates, by the oracle."""
    table = as_table(batch)
    return [item.name for item in expectations if not oracle.holds(item.type, item.kwargs, table)]
