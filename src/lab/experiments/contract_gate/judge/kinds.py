"""Each kind of rule: what a validator caught, missed, flagged without reason, or said nothing about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from lab.experiments.contract_gate.measure.seen import CSV, Built, Judged, Said
from lab.experiments.contract_gate.workload.mutants import GOOD, OUTSIDE, Broken, Mutant

GATE, CLI = "gate", "datacontract-cli"
KINDS = (
    *("presence", "type", "time zone", "required", "unique", "range", "length", "pattern", "set"),
    *("reference", "freshness", "row count", "query"),
)
CAUGHT, MISSED, NO_OPINION, FALSE = "caught", "missed", "no opinion", "false alarm"
OUTCOMES = (CAUGHT, NO_OPINION, MISSED, FALSE)
STOPPED, DBT_ENDED, WRONG, RIGHT = "stopped by the gate", "stopped by dbt's error", "wrong mart", "right mart"
FATES = (STOPPED, DBT_ENDED, RIGHT, WRONG)


def broken_by(mutant: Mutant | None) -> frozenset[Broken]:
    return mutant.broken if mutant else frozenset()


def confusion(judged: Iterable[Judged]) -> pd.DataFrame:
    """A row for each rule that a change broke, and each that a validator flagged without reason."""
    rows = [
        (one.place, validator, one.mutant.name if one.mutant else "", *rule, outcome)
        for one in judged
        for validator, said in ((GATE, one.gate), (CLI, one.cli))
        for rule, outcome in _outcomes(broken_by(one.mutant), said)
    ]
    return pd.DataFrame(rows, columns=["place", "validator", "change", "kind", "table", "column", "outcome"])


def _outcomes(due: frozenset[Broken], said: Said) -> Iterator[tuple[Broken, str]]:
    for rule in sorted(due):
        if rule in said.broken:
            yield rule, CAUGHT
        else:
            yield rule, MISSED if rule in said.holds else NO_OPINION
    yield from ((rule, FALSE) for rule in sorted(said.broken - due) if not _follows(rule, due))


def _follows(rule: Broken, due: frozenset[Broken]) -> bool:
    """Whether a rule can't hold because what it needs is missing or of another type: no false alarm."""
    unsound = {(table, column) for kind, table, column in due if kind in ("presence", "type")}
    kind, table, column = rule
    return bool(unsound & {(table, ""), (table, column)}) or (kind == "query" and bool(unsound))


def by_kind(rows: pd.DataFrame, validator: str) -> pd.DataFrame:
    """Of one validator, by kind of rule: counts of each outcome, precision and recall; NaN where nothing is to divide by.

    No opinion counts as not caught.
    """
    own = rows[rows["validator"] == validator]
    counts = pd.crosstab(own["kind"], own["outcome"]).reindex(
        index=[*KINDS], columns=[*OUTCOMES], fill_value=0
    )
    counts = counts[counts.sum(axis=1) > 0]
    flagged, due = counts[CAUGHT] + counts[FALSE], counts[[CAUGHT, MISSED, NO_OPINION]].sum(axis=1)
    return counts.assign(precision=counts[CAUGHT] / flagged, recall=counts[CAUGHT] / due)


def fates(judged: Sequence[Judged], built: Sequence[Built]) -> pd.DataFrame:
    """A row for each change: what became of it with the gate before dbt, and without."""
    stopped = {one.mutant.name: bool(one.gate.broken) for one in judged if one.mutant}
    rows = []
    for one in built:
        if one.mutant is not None:
            without = _fate(one)
            with_gate = STOPPED if stopped.get(one.mutant.name) else without
            rows.append((one.mutant.group, one.mutant.kind, one.mutant.name, without, with_gate))
    return pd.DataFrame(rows, columns=["group", "kind", "change", "without", "with"])


def _fate(one: Built) -> str:
    if not one.success:
        return DBT_ENDED
    # A good change may change the marts: more rows are no fault.
    good = one.mutant is None or one.mutant.group == GOOD
    return RIGHT if good or one.differing == 0 else WRONG


def let_through(rows: pd.DataFrame, how: str) -> pd.DataFrame:
    """Changes that break a rule, after which dbt ended with status 0 and a mart is wrong. how: "with" or "without"."""
    return rows[~rows["group"].isin((OUTSIDE, GOOD)) & (rows[how] == WRONG)]


def disagreeing(judged: Iterable[Judged]) -> tuple[list[str], int]:
    """(rules of which the two validators say the opposite, in words; how many both speak of)."""
    wrong, both = [], 0
    for one in judged:
        gate, cli = one.gate, one.cli
        both += len((gate.broken | gate.holds) & (cli.broken | cli.holds))
        opposite = (gate.broken & cli.holds) | (cli.broken & gate.holds)
        name = one.mutant.name if one.mutant else "as agreed"
        wrong += [
            f"{one.place}, {name}: {kind} of {table}.{column}" for kind, table, column in sorted(opposite)
        ]
    return wrong, both


def elsewhere_differing(judged: Sequence[Judged]) -> tuple[list[str], list[Judged]]:
    """(changes of which the gate says something else elsewhere than in DuckDB; what was compared)."""
    first = {one.mutant: one.gate.broken for one in judged if one.place == "DuckDB"}
    others = [one for one in judged if one.place != "DuckDB" and not _untyped(one)]
    wrong = [
        f"{one.place}, {one.mutant.name if one.mutant else 'as agreed'}"
        for one in others
        if one.gate.broken != first.get(one.mutant)
    ]
    return wrong, others


def _untyped(one: Judged) -> bool:
    """Whether a change of types alone is looked for in text, which has none."""
    return one.place == CSV and one.mutant is not None and one.mutant.typed
