"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.experiments.etl_drift.criteria import INSERT, NAMES, POSITION
from lab.experiments.etl_drift.judge.metrics import shares
from lab.experiments.etl_drift.judge.observations import fitted, law
from lab.experiments.etl_drift.mechanism import Z
from lab.experiments.etl_drift.params import Params


def least_rows(threshold: float) -> float:
    """Shared rows below which no column is accepted: of n equal rows Wilson's lower end is n / (n + Z²), whatever they hold."""
    return math.ceil(threshold * Z**2 / (1 - threshold)) if threshold < 1 else math.inf


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    def seen(self, criterion: str) -> float:
        return float(self.treatment.observed[criterion].value)

    @cached_property
    def census(self) -> pd.DataFrame:
        return self.treatment.tables["census"]

    @cached_property
    def names(self) -> pd.DataFrame:
        """The census by exact name."""
        return self.controls[NAMES].tables["census"]

    @property
    def cases(self) -> int:
        return len(self.census[["kind", "case"]].drop_duplicates())

    @property
    def cases_tried(self) -> int:
        """Of which kinds there are some each: for other settings, and other matchers."""
        return len(self.treatment.tables["tried"][["kind", "case"]].drop_duplicates())

    @property
    def wrong_by_name(self) -> int:
        return int((self.names["outcome"] == "wrong").sum())

    @property
    def lost_by_position(self) -> int:
        return int(self.controls[POSITION].observed["no_data_lost"].value)

    @property
    def doubled(self) -> int:
        return int(self.controls[INSERT].observed["rerun_changes_nothing"].value)

    def pair(self, target: str) -> str:
        """What was found of a column of the real pair, in words."""
        table = self.treatment.tables["pair"]
        return str(table.loc[table["target"] == target, "reason"].iloc[0])

    def equal(self, target: str) -> float:
        """Share of the real pair's shared rows in which that column is equal."""
        numbers = [int(word.replace(",", "")) for word in self.pair(target).split() if word[0].isdigit()]
        return numbers[0] / numbers[1] if len(numbers) > 1 else float("nan")

    def tried(self, shared: int, threshold: float) -> dict[str, float]:
        """Share of each outcome with that setting."""
        table = self.treatment.tables["tried"]
        return shares(table[(table["shared"] == shared) & (table["threshold"] == threshold)])

    @cached_property
    def steps(self) -> pd.DataFrame:
        return self.treatment.tables["steps"]

    @cached_property
    def law(self) -> Line:
        """Through all tables: what is drawn out to larger ones."""
        return law(self.treatment.tables["locks"])

    @cached_property
    def checked(self) -> Line:
        """Through all tables but the largest, which it predicts."""
        return fitted(self.treatment.tables["locks"])

    def lock_ms(self, change: str, rows: int) -> float:
        return self.value(f"lock_ms_{change.replace(' ', '_')}_{rows}")

    @property
    def largest(self) -> int:
        return self.params.sizes[-1]


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
