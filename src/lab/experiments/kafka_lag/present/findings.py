"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.evidence.result import Result
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT
from lab.experiments.kafka_lag.mechanism import Placement, counts_that_hold, partition_for
from lab.experiments.kafka_lag.params import Params, by_the_mean
from lab.experiments.kafka_lag.workload.variants import KEYS, hot_keys, key_names, shares

CONTROL = "keyed, hot key"


@dataclass(frozen=True)
class Findings:
    """levels: one row per strategy and rate, treatment and control. The other tables are the treatment's (see judge)."""

    params: Params
    levels: pd.DataFrame
    lag: pd.DataFrame
    sweep: pd.DataFrame
    outage: pd.DataFrame
    delay: pd.DataFrame

    @property
    def at_top(self) -> pd.DataFrame:
        """The treatment's variants at the highest load level."""
        return self.levels[
            (self.levels["offered"] == self.params.rate) & (self.levels["strategy"] != CONTROL)
        ]

    @property
    def best(self) -> Any:
        """The treatment's variant with the shortest tail at the highest level, one row of `levels`."""
        return self.at_top.loc[self.at_top["p99_ms"].idxmin()]

    @property
    def hot(self) -> Any:
        """The control at the highest level."""
        rows = self.levels[
            (self.levels["offered"] == self.params.rate) & (self.levels["strategy"] == CONTROL)
        ]
        return rows.iloc[0]

    @property
    def treatment_p99(self) -> float:
        """Longest 99th percentile of the treatment's variants at the highest level, ms."""
        return float(self.at_top["p99_ms"].max())

    @property
    def skewed(self) -> pd.DataFrame:
        """The sweep's rows with skewed keys, by number of partitions."""
        return self.sweep[self.sweep["keys"] == "skewed keys"].sort_values("partitions")

    @property
    def by_mean(self) -> Any:
        """The tried count of partitions, skewed keys, nearest to what the mean load asks for."""
        asked = by_the_mean(self.params.workers)
        return self.skewed.loc[(self.skewed["partitions"] - asked).abs().idxmin()]

    @property
    def recommended(self) -> Any | None:
        """The row of the fewest partitions that leave the fullest one room; None if none of those tried does."""
        params = self.params
        held = counts_that_hold(
            shares(params.zipf), params.workers, params.target_load, sorted(params.counts)
        )
        rows = self.skewed[self.skewed["partitions"].isin(held[:1])]
        return rows.iloc[0] if len(rows) else None

    @property
    def behind(self) -> list[int]:
        """Tried partition counts, skewed keys, whose fullest partition was seen to fall behind, or asks too much."""
        late = (self.skewed["growth"] > GROWTH_LIMIT) | (self.skewed["load"] > 1)
        return self.skewed.loc[late, "partitions"].tolist()

    @property
    def kept(self) -> bool:
        """Whether the recommended number of partitions was seen to keep up."""
        return self.recommended is not None and self.recommended.partitions not in self.behind

    @property
    def bounded(self) -> bool:
        """Whether no partition of the treatment fell behind at the highest level."""
        return bool(self.at_top["growth"].max() <= GROWTH_LIMIT * self.params.worker_rate)

    @property
    def largest_key(self) -> float:
        """The largest key's share of the messages, where keys are skewed."""
        return float(self.hot.hot_key_share)

    @property
    def larger(self) -> pd.DataFrame:
        """Even keys at ten times the load, on slower workers: planned by the mean, and crowded."""
        return self.sweep[self.sweep["cost_ms"] > self.params.wait_ms]

    @property
    def salted(self) -> int:
        """Keys that are salted where strategies are compared."""
        return len(hot_keys(self.params))

    @property
    def salted_share(self) -> float:
        """Share of the messages whose key is salted where strategies are compared."""
        each = shares(self.params.zipf)
        return sum(each[key] for key in hot_keys(self.params))

    @property
    def overtaken(self) -> float:
        """Share of all messages that were overtaken by a later one of their key, at the highest level, where the hot keys
        are salted; NaN if that was not run."""
        return float(self.at_top.set_index("strategy")["out_of_order"].get("salted hot key", float("nan")))


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """Treatment and control side by side."""
    parts = [part for part in (treatment, *controls.values()) if "levels" in part.tables]
    levels, lag = (
        pd.concat([part.tables[name] for part in parts], ignore_index=True) for name in ("levels", "lag")
    )
    own = (treatment.tables[name] for name in ("sweep", "outage", "delay"))
    return Findings(treatment.of(Params), levels, lag, *own)


def even(partitions: int, keys: int = KEYS) -> Placement:
    """What placement() says of keys that are equally frequent, quick enough for a thousand counts."""
    each = np.bincount(_hashes(keys) % partitions, minlength=partitions).tolist()
    return Placement(tuple(each), tuple(each))


@cache
def _hashes(keys: int) -> NDArray[np.int64]:
    return np.array([partition_for(key, 1 << 31) for key in key_names(keys)])


def listed(numbers: list[int]) -> str:
    """5, 10 and 12."""
    words = [f"{number:,}" for number in numbers]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def rows(table: pd.DataFrame) -> list[Any]:
    """With its columns as attributes."""
    return list(table.itertuples())
