"""What the texts of the page are made of, from the results alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.backlog_replay.params import Params

FREE = "unthrottled"


@dataclass(frozen=True)
class Findings:
    """saturation, safe: rows/s. arms: a line for each policy by name. loads: a line for each try. stale: keys that
    last-write-wins left older."""

    params: Params
    saturation: float
    safe: float
    arms: pd.DataFrame
    load: pd.DataFrame
    waits: pd.DataFrame
    loads: pd.DataFrame
    stale: int

    def of(self, policy: str) -> Any:
        return self.arms.loc[policy]

    @property
    def guarded(self) -> list[str]:
        return [name for name in self.arms.index if name != FREE]

    @property
    def off(self) -> pd.Series:
        """Relative error of the predicted time to drain, by throttled policy; the criterion counts the worst."""
        own = self.arms.loc[self.guarded]
        return ((own["drain_s"] - own["predicted_s"]) / own["predicted_s"]).abs()

    @property
    def safe_share(self) -> float:
        """Safe capacity as a share of saturation."""
        return self.safe / self.saturation

    @property
    def above(self) -> pd.DataFrame:
        """The tries of the smallest load above the safe one."""
        larger = self.loads[self.loads["rate"] > self.safe * 1.001]
        return larger[larger["share"] == larger["share"].min()]

    @property
    def some_safe(self) -> bool:
        """Whether the load that was taken for safe kept the alert; where none did, it is the smallest tried."""
        taken = self.loads[self.loads["rate"] <= self.safe * 1.001]
        return bool((1e3 * taken["measured"] <= self.params.alert_ms).all())

    @property
    def edge(self) -> str:
        """Where what is safe ends, as far as the loads tried tell."""
        if not self.some_safe:
            return "no load that was tried kept the alert in each try"
        return f"{self.safe_share:.0%} of saturation kept the alert in each try, {self.above['share'].iloc[0]:.0%} did not"


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    parts = [treatment, controls[FREE]]

    def table(name: str) -> pd.DataFrame:
        return pd.concat([part.tables[name] for part in parts], ignore_index=True)

    return Findings(
        treatment.of(Params),
        treatment.metric("saturation").value,
        treatment.metric("safe_capacity").value,
        table("arms").set_index("policy"),
        table("load"),
        table("waits"),
        treatment.tables["loads"],
        round(treatment.metric("last write wins.stale").value),
    )
