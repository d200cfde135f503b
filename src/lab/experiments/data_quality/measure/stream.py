"""Files for the pipeline: good days, and a spoilt one for each kind of fault; rejected ones again, repaired."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.errors import ParameterError
from lab.experiments.data_quality import oracle
from lab.experiments.data_quality.measure.rates import as_table, due
from lab.experiments.data_quality.measure.seen import Delivery, Named
from lab.experiments.data_quality.mechanism.gate import TOLERATED, Decision, Violation
from lab.experiments.data_quality.mechanism.pipeline import Pipeline
from lab.experiments.data_quality.mechanism.statistics import SHARES
from lab.experiments.data_quality.mechanism.suite import Suite
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.batches import Case, Day, spoiled
from lab.experiments.data_quality.workload.faults import KINDS

GOOD_FILES = 2


def cases(params: Params, days: Sequence[Day], suite: Suite, rng: np.random.Generator) -> list[Case]:
    """Good days, and spoilt ones of different kinds; all are days that the suite takes for good, so that each can be repaired."""
    later = rng.permutation(range(params.train, len(days)))
    fine = [int(place) for place in later if len(due(suite.expectations, days[place].batch)) <= TOLERATED]
    needed = GOOD_FILES + params.files
    if len(fine) < needed:
        raise ParameterError(
            f"only {len(fine)} of {len(later)} later days pass what {params.train} days taught, the pipeline needs {needed}; "
            "learn from more days (train) or widen the bounds (margin)"
        )
    made = [Case(place, days[place]) for place in fine[:GOOD_FILES]]
    for kind, place in zip(KINDS, fine[GOOD_FILES:needed], strict=False):
        made.append(spoiled(days, place, (kind,), params.sizes[-1], rng))
    return made


def deliver(pipeline: Pipeline, days: Sequence[Day], stream: Sequence[Case]) -> list[Delivery]:
    """Every case as a file, in order, each rejected one once more as it should have been."""
    pipeline.create(days[0].batch)
    return [_delivery(pipeline, days, case) for case in stream]


def _delivery(pipeline: Pipeline, days: Sequence[Day], case: Case) -> Delivery:
    file = pipeline.folder / f"{case.day.name}.csv"
    case.batch.to_csv(file, index=False)
    content = file.read_bytes()
    batch = pipeline.read(file)
    decision = pipeline.load(file)
    kept = pipeline.quarantine / file.name
    untouched = kept.exists() and kept.read_bytes() == content
    first = _in_mart(pipeline, file.stem)
    repaired = days[case.place].batch
    if not decision.accepted:
        repaired.to_csv(file, index=False)
        pipeline.load(file)
    after = _in_mart(pipeline, file.stem)
    true = oracle.report(as_table(repaired))
    return Delivery(
        name=case.day.name,
        kind=case.kind,
        due=tuple(due(pipeline.suite.expectations, batch)),
        accepted=decision.accepted,
        named=tuple(_named(item, decision, batch) for item in decision.violated),
        error=decision.error,
        arrived=len(batch),
        in_mart=len(first),
        equal=_same(first, batch),
        untouched=untouched,
        repaired=len(repaired),
        after=len(after),
        equal_after=_same(after, repaired),
        released=not kept.exists(),
        report=oracle.largest_error(oracle.report(as_table(first)), true) if len(first) else None,
    )


def _in_mart(pipeline: Pipeline, batch: str) -> pd.DataFrame:
    rows = pipeline.contents()
    return rows[rows["batch"] == batch].drop(columns="batch")


def _same(found: pd.DataFrame, wanted: pd.DataFrame) -> bool:
    """The same rows as often, in whatever order; a number is the same however it is stored."""
    return _counted(found) == _counted(wanted)


def _counted(rows: pd.DataFrame) -> list[str]:
    plain = rows.astype(object).mask(rows.isna(), None)
    return sorted(repr([_plain(cell) for cell in row]) for row in plain.itertuples(index=False, name=None))


def _plain(cell: object) -> object:
    return float(cell) if isinstance(cell, int | float | np.number) else cell


def _named(item: Violation, decision: Decision, batch: pd.DataFrame) -> Named:
    asked, table = item.expectation, as_table(batch)
    lines = [line for line in decision.error.splitlines() if asked.type in line]
    told = any(all(name in line for name in asked.columns) for line in lines)
    wrong = sum(not _fails(asked.type, dict(asked.kwargs), table, row) for row in item.rows)
    return Named(asked.name, len(item.rows), wrong if asked.type in SHARES else 0, told, asked.type in SHARES)


def _fails(type: str, kwargs: dict[str, object], table: oracle.Table, row: int) -> bool:
    """Whether that row alone fails; of a row that came twice, whether there is another like it."""
    if type == "expect_compound_columns_to_be_unique":
        cells = [
            repr(tuple(column[place] for column in table.values()))
            for place in range(len(next(iter(table.values()))))
        ]
        return cells.count(cells[row]) > 1
    return oracle.value(type, kwargs, {name: [column[row]] for name, column in table.items()}) == 0
