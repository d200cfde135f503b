"""Numbers of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.cold_start.judge.law import Law
from lab.experiments.cold_start.judge.metrics import level_name
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.workload.arms import RECOMMENDED, ZEROS


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    @property
    def scores(self) -> pd.DataFrame:
        return self.treatment.tables["scores"]

    def score(self, strategy: str, interactions: int) -> pd.Series:
        own = self.scores[
            (self.scores["strategy"] == strategy) & (self.scores["interactions"] == interactions)
        ]
        return own.iloc[0]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    @cached_property
    def law(self) -> Law[float]:
        return Law(self.value("k_level"), self.level(0), self.value("level_gain"))

    def level(self, interactions: int) -> float:
        """Squared error of the level, stars²."""
        return self.value(level_name(interactions))

    def neighbours(self, interactions: int) -> dict[float, float]:
        """Log-loss by times k."""
        table = self.treatment.tables["neighbours"]
        own = table[table["interactions"] == interactions]
        return dict(zip(own["times_k"], own["log_loss"], strict=True))

    @property
    def zero_cost(self) -> float:
        """Log-loss that zero imputation costs without a history, above the mean's."""
        return float(self.score(ZEROS, 0)["log_loss"] - self.score("popularity", 0)["log_loss"])

    @property
    def phases(self) -> pd.DataFrame:
        return self.treatment.tables.get("phases", pd.DataFrame(columns=["client", "phase", "p99_ms"]))

    def p99(self, client: str, phase: str) -> float:
        own = self.phases[(self.phases["client"] == client) & (self.phases["phase"] == phase)]
        return float(own["p99_ms"].iloc[0]) if len(own) else float("nan")

    @property
    def own(self) -> pd.DataFrame:
        """Scores of the recommended strategy by interactions."""
        return self.scores[self.scores["strategy"] == RECOMMENDED]


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)


def ladder(treatment: Result) -> tuple[list[list[float]], list[str]]:
    """(rows, head): the recommended strategy against the warm baseline, by ratings seen."""
    head = {
        "interactions": "ratings seen",
        "auc": "AUC",
        "auc_delta": "below warm",
        "auc_delta_high": "at most (95 %)",
        "log_loss_delta": "log-loss above warm",
        "log_loss_delta_high": "at most (95 %)",
        "calibration_error": "calibration error",
    }
    own = findings(treatment, {}).own
    return own[list(head)].to_numpy().tolist(), list(head.values())
