"""What figures, model and summary share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence.fit import Line, line
from lab.evidence.result import Result
from lab.experiments.infra_drift.measure.beside import DETECTOR, NO_REFRESH, PLAIN, REFRESH_ONLY
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.workload import KINDS, NAMED

COMMANDS = (NO_REFRESH, PLAIN, REFRESH_ONLY, DETECTOR)
SEEN = {name: f"seen_{number}" for number, name in enumerate((PLAIN, REFRESH_ONLY, NO_REFRESH, DETECTOR), 1)}


@dataclass(frozen=True)
class Findings:
    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    def count(self, metric: str) -> int:
        return round(self.value(metric))

    @property
    def detections(self) -> pd.DataFrame:
        return self.treatment.tables["detections"]

    @property
    def lag(self) -> float:
        """R - r, s: from an object's read to the end of the look, mean."""
        return self.value("predicted_mean_s") - self.params.every_s / 2

    @property
    def lost(self) -> list[str]:
        table = self.treatment.tables["everything"]
        return list(table["item"][table["what"] == "lost"])

    def seen(self, command: str) -> int:
        """Kinds that a command tells of."""
        return self.count(SEEN[command])

    def missed(self, command: str) -> list[str]:
        """In words, the kinds that it does not tell of."""
        table = self.treatment.tables["commands"]
        kinds = table[(table["command"] == command) & ~table["seen"].astype(bool)]["kind"]
        return [NAMED[kind].what for kind in kinds]

    @property
    def checked(self) -> Line:
        """Run time of a look at roles alone, through all sizes but the largest, which it predicts."""
        smaller = self.params.sizes[:-1]
        return line(smaller, [self.value(f"run_{size}_s") for size in smaller])

    def look_s(self, objects: float) -> float:
        """Run time of a look at the watched state, were it of so many objects: as measured, and the line's slope from there."""
        return self.value("run_s") + self.value("run_each_s") * (objects - self.value("managed"))

    def most(self, seconds: float) -> float:
        """Objects that such a look gets through in that time; infinite where more objects took no longer."""
        each = self.value("run_each_s")
        spare = seconds - self.value("run_s")
        return self.value("managed") + spare / each if each > 0 else math.inf


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)


ALL = len(KINDS)
