"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.evidence.statistics import Counted
from lab.experiments.contract_gate.judge import kinds, metrics
from lab.experiments.contract_gate.measure.seen import DUCKDB, Timed
from lab.experiments.contract_gate.params import Params
from lab.experiments.contract_gate.workload.mutants import GOOD, OUTSIDE


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result

    @cached_property
    def fates(self) -> pd.DataFrame:
        return self.treatment.tables["fates"]

    @cached_property
    def confusion(self) -> pd.DataFrame:
        return self.treatment.tables["confusion"]

    @property
    def tried(self) -> int:
        """Changes that this run itself has made, on DuckDB."""
        return int(self.treatment.tables["plan"]["tried"].iloc[0])

    @cached_property
    def violating(self) -> pd.DataFrame:
        """Changes that break a rule."""
        return self.fates[~self.fates["group"].isin((OUTSIDE, GOOD))]

    def ended(self, how: str, fate: str, group: str | None = None) -> Counted:
        """Changes that came to `fate`; of those that break a rule, or of a group. how: "with" or "without" the gate."""
        rows = self.violating if group is None else self.fates[self.fates["group"] == group]
        return Counted(int((rows[how] == fate).sum()), len(rows))

    @cached_property
    def prevented(self) -> Counted:
        """Of the changes that led to a wrong mart without the gate, those that it stopped."""
        wrong = kinds.let_through(self.fates, "without")
        return Counted(int((wrong["with"] == kinds.STOPPED).sum()), len(wrong))

    def caught(self, validator: str) -> Counted:
        """Broken rules that a validator names."""
        rows = self.confusion[self.confusion["validator"] == validator]
        due = rows[rows["outcome"] != kinds.FALSE]
        return Counted(int((due["outcome"] == kinds.CAUGHT).sum()), len(due))

    def false(self, validator: str) -> int:
        rows = self.confusion[self.confusion["validator"] == validator]
        return int((rows["outcome"] == kinds.FALSE).sum())

    def silent(self, validator: str, place: str) -> list[str]:
        """Kinds of rule of which the gate speaks in DuckDB and a validator says nothing in `place`."""
        rows = self.treatment.tables["opinions"]
        spoken = rows[(rows["place"] == place) & (rows["validator"] == validator)]["kind"]
        every = rows[(rows["place"] == DUCKDB) & (rows["validator"] == kinds.GATE)]["kind"]
        return [kind for kind in kinds.KINDS if kind in set(every) - set(spoken)]

    def pushes(self, good: bool) -> Counted:
        """Good pushes that were accepted, or bad ones that were refused."""
        rows = self.treatment.tables["pushes"]
        own = rows[rows["good"] == good]
        return Counted(int((own["accepted"] == good).sum()), len(own))

    @cached_property
    def timed(self) -> list[Timed]:
        rows = self.treatment.tables["timed"]
        return [Timed(*one) for one in rows.itertuples(index=False, name=None)]

    @cached_property
    def law(self) -> Line:
        """Seconds of the gate by orders."""
        return metrics.fitted(self.timed)

    def seconds(self, step: str, orders: int) -> float:
        return float(metrics.medians(self.timed, step)[orders])


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)


def silent(treatment: Result) -> dict[str, list[str]]:
    """Kinds of rule of which datacontract-cli says nothing, by place."""
    found = Findings(treatment.of(Params), treatment)
    places = dict.fromkeys(treatment.tables["opinions"]["place"])
    return {place: found.silent(kinds.CLI, place) for place in places}
