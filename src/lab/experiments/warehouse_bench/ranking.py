"""Geometric means with intervals, and whether the order of the engines repeats itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

GROUP = ["engine", "layout", "format"]
COMPARED = ["ratio", "low", "high", "odd", "even", "apart", "changed", "factor"]
RESAMPLES = 2000

Pairs = Sequence[tuple[tuple, tuple]]


def medians(timings: pd.DataFrame) -> pd.DataFrame:
    """Median of each cell over the rounds after the first; `first_s` is the first round's time."""
    cell = [*GROUP, "scale_factor", "query"]
    columns = ["seconds", "cpu_s", "read_bytes", "reported_cpu_s", "reported_bytes"]
    found = timings[timings["round"] > 0].groupby(cell)[columns].median()
    first = timings[timings["round"] == 0].set_index(cell)["seconds"].rename("first_s")
    return found.join(first).reset_index()


class Rounds:
    """Logarithms of the median latencies: cells x rounds, and which group (engine, layout, format) a cell is of."""

    def __init__(self, timings: pd.DataFrame, seed: int) -> None:
        timed = timings[timings["round"] > 0]
        wide = timed.groupby([*GROUP, "query", "round"])["seconds"].median().unstack("round")
        self._logs = np.log(wide.to_numpy())
        self._cells = wide.index
        self.groups = list(dict.fromkeys(tuple(key[:3]) for key in wide.index))
        self._rounds = np.asarray(wide.columns)
        draws = np.random.default_rng(seed).integers(len(wide.columns), size=(RESAMPLES, len(wide.columns)))
        self._resampled = self._by_group(np.median(self._logs[:, draws], axis=2))

    def _by_group(self, cells: np.ndarray) -> dict[tuple, np.ndarray]:
        keys = [tuple(key[:3]) for key in self._cells]
        return {
            group: cells[[i for i, key in enumerate(keys) if key == group]].mean(axis=0)
            for group in self.groups
        }

    def mean(self, group: tuple) -> tuple[float, float, float]:
        """Geometric mean over queries of the median latency, with its 95 % interval (rounds resampled)."""
        return self._told(self._point()[group], self._resampled[group])

    def ratio(self, pairs: Pairs) -> tuple[float, float, float]:
        """Geometric mean of the ratios of paired groups, with its interval; all from the same resampled rounds."""
        return self._told(_difference(self._point(), pairs), _difference(self._resampled, pairs))

    def half(self, pairs: Pairs, odd: bool) -> float:
        """The same ratio from the odd or the even rounds alone."""
        chosen = self._rounds % 2 == int(odd)
        found = self._by_group(np.median(self._logs[:, chosen], axis=1, keepdims=True))
        return float(np.exp(_difference(found, pairs))[0])

    def _point(self) -> dict[tuple, float]:
        found = self._by_group(np.median(self._logs, axis=1, keepdims=True))
        return {group: float(value[0]) for group, value in found.items()}

    @staticmethod
    def _told(point: float, resampled: np.ndarray) -> tuple[float, float, float]:
        low, high = np.percentile(resampled, [2.5, 97.5])
        return float(np.exp(point)), float(np.exp(low)), float(np.exp(high))


def _difference(logs: Mapping[tuple, Any], pairs: Pairs) -> Any:
    """Mean difference of the paired groups' logarithms."""
    return sum(logs[one] - logs[other] for one, other in pairs) / len(pairs)


def means(rounds: Rounds) -> pd.DataFrame:
    """Geometric mean of each group: seconds, low, high."""
    rows = [(*group, *rounds.mean(group)) for group in rounds.groups]
    return pd.DataFrame(rows, columns=[*GROUP, "seconds", "low", "high"])


def engine_pairs(rounds: Rounds) -> pd.DataFrame:
    """Every two engines on the same layout and format; see `_compared`."""
    return _pairs(rounds, lambda one, other: one[1:] == other[1:])


def format_pairs(rounds: Rounds) -> pd.DataFrame:
    """Every two formats of one engine and layout; see `_compared`."""
    return _pairs(rounds, lambda one, other: one[:2] == other[:2])


def layouts(rounds: Rounds) -> pd.DataFrame:
    """Every two engines by layout, over all formats that both have; see `_compared`."""
    found: dict[tuple, list[tuple[tuple, tuple]]] = {}
    for one, other in combinations(rounds.groups, 2):
        if one[1:] == other[1:]:
            found.setdefault((one[1], one[0], other[0]), []).append((one, other))
    return pd.DataFrame(
        [(*key, *_compared(rounds, pairs)) for key, pairs in found.items()],
        columns=["layout", "engine_one", "engine_other", *COMPARED],
    )


def _pairs(rounds: Rounds, comparable: Callable[[tuple, tuple], bool]) -> pd.DataFrame:
    rows = [
        (*one, *other, *_compared(rounds, [(one, other)]))
        for one, other in combinations(rounds.groups, 2)
        if comparable(one, other)
    ]
    names = [f"{column}_{which}" for which in ("one", "other") for column in GROUP]
    return pd.DataFrame(rows, columns=[*names, *COMPARED])


def _compared(rounds: Rounds, pairs: Pairs) -> tuple:
    """Ratio one/other with interval, in the odd and in the even rounds; values of COMPARED.

    apart: the interval excludes 1. changed: apart, and the halves disagree about who is faster. factor: between
    the halves.
    """
    ratio, low, high = rounds.ratio(pairs)
    odd, even = rounds.half(pairs, odd=True), rounds.half(pairs, odd=False)
    apart = low > 1 or high < 1
    return ratio, low, high, odd, even, apart, apart and (odd > 1) != (even > 1), max(odd / even, even / odd)
