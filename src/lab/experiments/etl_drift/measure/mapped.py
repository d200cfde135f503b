"""What becomes of each column of the target, case by case, against the truth that the generator has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd

from lab.experiments.etl_drift.mechanism import Mapper, Match, Schema, map_columns
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import flights
from lab.experiments.etl_drift.workload.drifts import Case, cases, some

THRESHOLDS = (0.3, 0.6, 0.9, 0.98, 0.995)  # that are tried beside each other
COLUMNS = ["kind", "case", "target", "outcome", "confidence", "reason", "touched"]


def mapper_of(params: Params, mapper: Mapper) -> Mapper:
    """The mechanism with the threshold that is set; a reader's own as it is."""
    return partial(map_columns, threshold=params.threshold) if mapper is map_columns else mapper


def census(params: Params, full: pd.DataFrame, mapper: Mapper) -> pd.DataFrame:
    """Every simulated drift once."""
    source, examples = flights.overlapping(full, params.rows, params.shared, params.seed)
    return outcomes(cases(source), flights.schema(examples), examples, mapper_of(params, mapper))


def pair(params: Params, full: pd.DataFrame, sample: pd.DataFrame, mapper: Mapper) -> pd.DataFrame:
    """openintro's table against nycflights13 in the same sixteen columns."""
    source, examples = flights.real_pair(full, sample, params.rows, params.shared, params.seed)
    same = {name: name for name in source.columns if name not in flights.OTHERWISE}
    case = Case("real", "openintro against nycflights13", source, same)
    return outcomes([case], flights.schema(examples), examples, mapper_of(params, mapper))


def tried(params: Params, full: pd.DataFrame) -> pd.DataFrame:
    """Some cases of each kind with other numbers of shared rows, and other thresholds. Columns as of `outcomes`, and both."""
    parts = []
    settings = [(shared, params.threshold) for shared in sorted({*params.shared_tried, params.shared})]
    settings += [(params.shared, threshold) for threshold in THRESHOLDS if threshold != params.threshold]
    for shared, threshold in settings:
        source, examples = flights.overlapping(full, params.rows, shared, params.seed)
        mapper = partial(map_columns, threshold=threshold)
        table = outcomes(some(cases(source)), flights.schema(examples), examples, mapper)
        parts.append(table.assign(shared=shared, threshold=threshold))
    return pd.concat(parts, ignore_index=True)


def outcomes(given: Sequence[Case], schema: Schema, examples: pd.DataFrame, mapper: Mapper) -> pd.DataFrame:
    """right, wrong or asked, for every column of the target in every case. Columns: COLUMNS."""
    rows = []
    for case in given:
        mapping = mapper(case.frame, schema, examples)
        accepted = {match.target: match for match in mapping.accepted if match.target}
        gone = {match.target: match for match in mapping.unmapped if match.target}
        asked = {match.target: match for match in mapping.asked if match.target}
        for column in schema.columns:
            outcome, match = _outcome(case, column.name, accepted, gone, asked)
            told = (match.confidence, match.reason) if match else (0.0, "not spoken of")
            rows.append((case.kind, case.name, column.name, outcome, *told, case.touches(column.name)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _outcome(
    case: Case,
    target: str,
    accepted: Mapping[str, Match],
    gone: Mapping[str, Match],
    asked: Mapping[str, Match],
) -> tuple[str, Match | None]:
    if match := accepted.get(target):
        return ("right" if case.same.get(target) == match.source else "wrong"), match
    if match := gone.get(target):
        return ("right" if target in case.gone else "wrong"), match
    return ("asked", asked[target]) if target in asked else ("wrong", None)
