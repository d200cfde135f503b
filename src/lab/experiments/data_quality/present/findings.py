"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence.result import Metric, Result
from lab.experiments.data_quality.judge.metrics import alarm_name, missed_name
from lab.experiments.data_quality.judge.rates import RELEARNED, TWO
from lab.experiments.data_quality.params import Params

ALL = "all"
APART = "not told apart"


def percent(share: float) -> str:
    """A share as percent, with more digits where it is small."""
    if 0 < share < 5e-5:
        return f"{100 * share:.1g} %"
    digits = 0 if share == 0 or share >= 0.0995 else 1 if share >= 0.00095 else 2
    return f"{100 * share:.{digits}f} %"


def reach(low: float, high: float) -> str:
    """Both ends of an interval of a share, in percent."""
    return f"{100 * low:.2g} to {100 * high:.2g} %"


def spanned(metric: Metric) -> str:
    """A share with its interval."""
    return f"{percent(metric.value)} (95 %: {reach(*(metric.interval or (0.0, 1.0)))})"


def compared(one: Metric, other: Metric) -> str:
    """Whether `one` rejects more good days, as far as the intervals tell."""
    (low, high), (least, most) = one.interval or (0.0, 1.0), other.interval or (0.0, 1.0)
    return "fewer" if high < least else "more" if low > most else APART


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def alarm(self, arm: str, rule: str = TWO, margin: float | None = None) -> Metric:
        """Share of good batches that are rejected."""
        return self.treatment.metric(alarm_name(arm, rule, self.params.margin if margin is None else margin))

    def missed(self, arm: str, kind: str, size: float, rule: str = TWO) -> Metric:
        """Share of faulty batches that are accepted."""
        return self.treatment.metric(missed_name(arm, kind, size, rule))

    def missed_at(self, arm: str, margin: float, size: float, rule: str = TWO) -> float:
        """The same over all kinds, at any margin."""
        table = self.treatment.tables["missed"]
        same = (table["arm"] == arm) & (table["margin"] == margin) & (table["size"] == size)
        return float(table[same & (table["rule"] == rule) & (table["kind"] == ALL)]["share"].iloc[0])

    def kinds(self, arm: str, rule: str = TWO) -> pd.DataFrame:
        """Kind x size of single faults: share accepted, at the run's margin."""
        table = self.treatment.tables["missed"]
        own = table[(table["arm"] == arm) & (table["margin"] == self.params.margin) & (table["rule"] == rule)]
        return own[own["kind"] != ALL]

    @property
    def middle(self) -> float:
        """The size that the page speaks of when it speaks of one: the last but one."""
        return self.params.sizes[-2]

    @property
    def windows(self) -> int:
        """Suites that the arm that learns anew had; both arms' days are counted in so many blocks."""
        alarms = self.treatment.tables["alarms"]
        return int(alarms[alarms["arm"] == RELEARNED]["suites"].max())

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """What one run showed."""
    return Findings(treatment.of(Params), treatment, controls)
