"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.evidence.statistics import Counted
from lab.experiments.data_mesh import judge
from lab.experiments.data_mesh.params import Params
from lab.experiments.data_mesh.workload.arms import ARMS, EXPECTATIONS, Arm

FOUND, MISSED, PASSES, BLOCKED = "breaks, found", "breaks, missed", "harmless, passes", "harmless, blocked"
OUTCOMES = (FOUND, MISSED, PASSES, BLOCKED)


@dataclass(frozen=True)
class Findings:
    """One run, read by name. What is counted is a change for one consumer."""

    params: Params
    treatment: Result

    @cached_property
    def census(self) -> pd.DataFrame:
        """Changes for consumers by arm, with what became of them."""
        rows = self.treatment.tables["census"]
        rows = rows[(rows["change"] != "") & rows["arm"].isin([arm.name for arm in ARMS])]
        outcome = [
            (FOUND if noticed else MISSED) if broken else (BLOCKED if noticed else PASSES)
            for broken, noticed in zip(rows["broken"], rows["noticed"], strict=True)
        ]
        return rows.assign(outcome=outcome)

    def of(self, arm: Arm = EXPECTATIONS) -> pd.DataFrame:
        return self.census[self.census["arm"] == arm.name]

    def found(self, arm: Arm = EXPECTATIONS, *groups: str) -> Counted:
        """Breaks that an arm finds, in all groups or in some."""
        own = self.of(arm)
        own = own[own["group"].isin(groups)] if groups else own
        return Counted(int((own["outcome"] == FOUND).sum()), int(own["broken"].sum()))

    def blocked(self, arm: Arm = EXPECTATIONS) -> Counted:
        own = self.of(arm)
        return Counted(int((own["outcome"] == BLOCKED).sum()), int((~own["broken"]).sum()))

    @cached_property
    def missed(self) -> list[str]:
        """Changes that the expectations miss, each once."""
        own = self.of()
        return list(dict.fromkeys(own[own["outcome"] == MISSED]["change"]))

    @cached_property
    def let_through(self) -> int:
        """Changes that were pushed and taken, and that break a consumer."""
        own = self.of()
        taken = self.merges[self.merges["accepted"]]["change"]
        return len(set(taken) & set(own[own["broken"]]["change"]))

    @cached_property
    def differing(self) -> int:
        """Changes to which the consumers' answers differ."""
        return int(self.treatment.observed["different_answers"].value)

    @property
    def history(self) -> pd.DataFrame:
        return self.treatment.tables["history"]

    @property
    def timed(self) -> pd.DataFrame:
        return self.treatment.tables["timed"]

    @cached_property
    def law(self) -> Line:
        """Seconds to verify by number of consumers."""
        return judge.fitted(self.timed)

    @cached_property
    def merges(self) -> pd.DataFrame:
        return self.treatment.tables["merges"]


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)
