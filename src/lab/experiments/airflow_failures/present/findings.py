"""What figures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.airflow_failures.judge.observations import LOST
from lab.experiments.airflow_failures.judge.result import by_fault
from lab.experiments.airflow_failures.params import (
    DEFAULT_HEARTBEAT_S,
    DEFAULT_SCAN_S,
    DEFAULT_TIMEOUT_S,
    HEARTBEAT_S,
    KIT_WAIT_S,
    SCAN_S,
    Params,
)
from lab.experiments.airflow_failures.workload import HOLE, KILLS, OUTAGES, QUIET

KILLED = next(name for name, supervisor in KILLS.items() if not supervisor)


@dataclass(frozen=True)
class Bound:
    """When a lost task is detected, s: not before `low`, not after `high`."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2


def bound(timeout_s: float, heartbeat_s: float, scan_s: float) -> Bound:
    """The last heartbeat was up to one interval before the death; the next scan is up to one interval after the time-out."""
    return Bound(timeout_s - heartbeat_s, timeout_s + scan_s)


DEFAULTS = bound(DEFAULT_TIMEOUT_S, DEFAULT_HEARTBEAT_S, DEFAULT_SCAN_S)


@dataclass(frozen=True)
class Findings:
    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, name: str) -> float:
        return self.treatment.metric(name).value

    @property
    def runs(self) -> pd.DataFrame:
        return self.treatment.tables["runs"]

    def faulted(self, guarded: bool) -> pd.DataFrame:
        """Runs that met a fault."""
        runs = self.runs
        return runs[(runs["guarded"].astype(bool) == guarded) & (runs["fault"] != QUIET)]

    @property
    def faults(self) -> pd.DataFrame:
        """Guarded faults, independent of one another."""
        return by_fault(self.runs)

    @property
    def here(self) -> Bound:
        return bound(self.params.heartbeat_timeout_s, HEARTBEAT_S, SCAN_S)

    @property
    def default_s(self) -> float:
        """Mean time to detection, s, with the kit's wait and Airflow's own times: what they are longer by is added.

        Of outages that are longer than the kit's wait: a shorter one is waited out, and nobody is told.
        """
        wait_s = KIT_WAIT_S - self.params.wait_s
        longer = {LOST: DEFAULTS.mean - self.here.mean, HOLE: wait_s, OUTAGES[0]: wait_s}
        return float((self.faults["detected_s"] + self.faults["fault"].map(longer).fillna(0)).mean())

    @property
    def callback_s(self) -> float:
        """Mean from a task's death, its supervisor alive, to the retry callback, s; nan if none came."""
        told = self.treatment.tables["alerts"]
        own = told[told["guarded"].astype(bool) & (told["fault"] == KILLED)]
        times = own.assign(what=own["source"].where(own["source"] != "", own["kind"])).groupby(
            ["run", "what"]
        )["at_s"]
        first = times.min().unstack("what")
        return float((first["callback"] - first["fault"]).mean()) if "callback" in first else float("nan")

    def detected(self, fault: str) -> float:
        """Mean time to detection of one fault, s."""
        found = self.faults
        return float(found[found["fault"] == fault]["detected_s"].mean())

    @property
    def killed_s(self) -> float:
        return self.detected(KILLED)

    @property
    def lost_s(self) -> float:
        return self.detected(LOST)

    @property
    def storm(self) -> pd.Series:
        """Of the storms with guards the one with most calls."""
        storms = self.treatment.tables["storms"]
        own = storms[storms["guarded"].astype(bool)]
        return own.sort_values("calls").iloc[-1]

    @property
    def layered(self) -> pd.DataFrame:
        """Storms without guards, by layers."""
        storms = self.treatment.tables["storms"]
        return storms[~storms["guarded"].astype(bool)]

    def told_by(self, fault: str) -> str:
        """Who told first of a fault: callback or watcher, each once."""
        own = self.faulted(True)
        return " or ".join(dict.fromkeys(own[own["fault"] == fault]["told_by"]))


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
