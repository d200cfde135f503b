"""Geometric means with intervals, and whether the order of the engines repeats itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import cast

import numpy as np
import pandas as pd

from lab.experiments.warehouse_bench.judge.median_interval import Spread, spread
from lab.experiments.warehouse_bench.judge.reproducibility import in_words, standing, worst

GROUP = ["engine", "layout", "format"]
HALVES = ["odd", "even", "early", "late"]
COMPARED = ["ratio", "low", "high", *HALVES, "apart", "standing", "factor"]
LEAST_ROUNDS = 4  # two in each half

Pairs = Sequence[tuple[tuple, tuple]]


def medians(timings: pd.DataFrame) -> pd.DataFrame:
    """Median of each cell over the rounds after the first; `first_s` is the first round's time."""
    cell = [*GROUP, "scale_factor", "query"]
    columns = ["seconds", "cpu_s", "read_bytes", "reported_cpu_s", "reported_bytes"]
    found = timings[timings["round"] > 0].groupby(cell)[columns].median()
    first = timings[timings["round"] == 0].set_index(cell)["seconds"].rename("first_s")
    return found.join(first).reset_index()


class Rounds:
    """Each round's logarithm of the geometric mean over the queries, by group (engine, layout, format)."""

    def __init__(self, timings: pd.DataFrame) -> None:
        timed = timings[timings["round"] > 0]
        cells = timed.groupby([*GROUP, "query", "round"])["seconds"].median().unstack("round")
        logs = cells.apply(np.log)
        self.groups = list(dict.fromkeys(tuple(key[:3]) for key in logs.index))
        keys = [tuple(key[:3]) for key in logs.index]
        # A round that lacks a query has no mean: that of the others would be another figure.
        self._logs = {
            group: logs[[key == group for key in keys]].mean(axis=0, skipna=False) for group in self.groups
        }

    @property
    def many(self) -> int:
        return max(len(found) for found in self._logs.values())

    def mean(self, group: tuple) -> Spread:
        """Seconds: the rounds' geometric means."""
        return spread(np.exp(self._logs[group].dropna()))

    def ratio(self, pairs: Pairs) -> pd.Series:
        """Of the paired groups' geometric means, averaged over the pairs, by round: what disturbs a round disturbs both."""
        logs = [self._logs[one] - self._logs[other] for one, other in pairs]
        return np.exp(sum(logs[1:], logs[0]) / len(logs)).dropna()


def means(rounds: Rounds) -> pd.DataFrame:
    """Geometric mean of each group: seconds, low, high."""
    found = [(group, rounds.mean(group)) for group in rounds.groups]
    rows = [(*group, seen.median, seen.low, seen.high) for group, seen in found]
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
        [(*key, *_compared(rounds.ratio(pairs))) for key, pairs in found.items()],
        columns=["layout", "engine_one", "engine_other", *COMPARED],
    )


def orders(rounds: Rounds, pairs: pd.DataFrame) -> pd.DataFrame:
    """The ranking of the engines on each layout and format, in words."""
    stands = {
        (row["layout_one"], row["format_one"], frozenset((row["engine_one"], row["engine_other"]))): row[
            "standing"
        ]
        for row in pairs.to_dict("records")
    }
    rows = []
    for key, found in means(rounds).groupby(["layout", "format"], sort=False):
        layout, name = cast(tuple[str, str], key)
        ranked = found.sort_values("seconds")["engine"].tolist()
        near = [str(stands[layout, name, frozenset(two)]) for two in pairwise(ranked)]
        rows.append((layout, name, in_words(ranked, near)))
    return pd.DataFrame(rows, columns=["layout", "format", "order"])


def _pairs(rounds: Rounds, comparable: Callable[[tuple, tuple], bool]) -> pd.DataFrame:
    rows = [
        (*one, *other, *_compared(rounds.ratio([(one, other)])))
        for one, other in combinations(rounds.groups, 2)
        if comparable(one, other)
    ]
    names = [f"{column}_{which}" for which in ("one", "other") for column in GROUP]
    return pd.DataFrame(rows, columns=[*names, *COMPARED])


def _compared(ratios: pd.Series) -> tuple:
    """Values of COMPARED from one ratio a round.

    odd, even, early, late: the median in these rounds. apart: the interval holds the median with 95 % and 1 is not
    in it. factor: between the halves, the larger of the two ways to halve.
    """
    seen, rounds = spread(ratios.to_numpy()), len(ratios)
    numbers = ratios.index.to_numpy() % 2
    chosen = (
        ratios[numbers == 1],
        ratios[numbers == 0],
        ratios[: rounds // 2],
        ratios[rounds - rounds // 2 :],
    )
    odd, even, early, late = (float(half.median()) for half in chosen)
    stands = worst((standing(odd, even), standing(early, late)))
    factor = max(odd / even, even / odd, early / late, late / early)
    return seen.median, seen.low, seen.high, odd, even, early, late, seen.excludes(1), stands, factor
