"""What a run shows, in the few figures that its pictures, its law and its summary speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.kafka_lag.params import Params

CONTROL = "keyed, hot key"


@dataclass(frozen=True)
class Findings:
    """holds: one row per strategy and rate, treatment and control. lag: one row per sample and partition."""

    params: Params
    holds: pd.DataFrame
    lag: pd.DataFrame

    @property
    def rate(self) -> int:
        """The ladder's top, messages/s."""
        return self.params.rate

    @property
    def partitions(self) -> int:
        return self.params.partitions

    @property
    def worker_rate(self) -> float:
        """What one partition's worker can process, messages/s."""
        return 1e9 / self.params.service_ns

    @property
    def at_top(self) -> pd.DataFrame:
        """The treatment's arms at the top of the ladder."""
        return self.holds[(self.holds["offered"] == self.rate) & (self.holds["strategy"] != CONTROL)]

    @property
    def best(self) -> Any:
        """The treatment's arm with the shortest tail at the top rate, one row of `holds`."""
        return self.at_top.loc[self.at_top["p99_ms"].idxmin()]

    @property
    def worst(self) -> Any:
        """The treatment's arm with the most lag at the top rate."""
        return self.at_top.loc[self.at_top["lag_mean"].idxmax()]

    @property
    def hot(self) -> Any:
        """The control at the top rate."""
        rows = self.holds[(self.holds["offered"] == self.rate) & (self.holds["strategy"] == CONTROL)]
        return rows.iloc[0]

    @property
    def treatment_p99(self) -> float:
        """Longest 99th percentile of the treatment's arms at the top rate, ms."""
        return float(self.at_top["p99_ms"].max())

    @property
    def lag_at_top(self) -> pd.DataFrame:
        """Samples of the top rate from the first message on."""
        rows = self.lag[(self.lag["offered"] == self.rate) & (self.lag["seconds"] >= 0)]
        return rows.reset_index(drop=True)

    @property
    def hot_peak(self) -> float:
        """Most messages that waited in one partition of the control."""
        rows = self.lag_at_top
        return float(rows.loc[rows["strategy"] == CONTROL, "lag"].max())

    @property
    def others_peak(self) -> float:
        """Most messages that waited in any partition but the control's fullest."""
        peaks = self.lag_at_top.groupby(["strategy", "partition"])["lag"].max()
        return float(peaks.drop(peaks[CONTROL:CONTROL].idxmax()).max())

    def growth_by_strategy(self) -> tuple[float, float]:
        """Fastest growth of a partition's lag, messages/s: in the treatment and in the control."""
        return max(0.0, float(self.at_top["growth"].max())), float(self.hot.growth)


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """Treatment and control side by side."""
    parts = [treatment, *controls.values()]
    holds, lag = (
        pd.concat([part.tables[name] for part in parts], ignore_index=True) for name in ("holds", "lag")
    )
    return Findings(treatment.of(Params), holds, lag)
