"""Geometric means with intervals, and whether the order of the engines repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from lab.experiments.warehouse_bench.criteria import MARGIN
from lab.experiments.warehouse_bench.judge.median_interval import Spread, spread
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET

GROUP = ["engine", "format"]
HALVES = ["odd", "even", "early", "late"]
COMPARED = ["ratio", "low", "high", *HALVES, "standing", "factor"]
ORDERED, TIE, UNCLEAR, CONTRADICTION = "ordered", "tie", "unclear", "contradiction"
_FROM_BAD = (CONTRADICTION, UNCLEAR, TIE, ORDERED)
LEAST_ROUNDS = 4  # two in each half

Group = tuple[str, str]


def medians(timings: pd.DataFrame) -> pd.DataFrame:
    """Median of each query over the rounds after the first."""
    timed = timings[timings["round"] > 0]
    columns = ["seconds", "cpu_s", "read_bytes", "reported_cpu_s", "reported_bytes"]
    return timed.groupby([*GROUP, "query"])[columns].median().reset_index()


class Rounds:
    """Each round's logarithm of the geometric mean over the queries, by group (engine, format)."""

    def __init__(self, timings: pd.DataFrame) -> None:
        timed = timings[timings["round"] > 0]
        cells = timed.groupby([*GROUP, "query", "round"])["seconds"].median().unstack("round")
        # A round that lacks a query has no mean: that of the others would be another figure.
        logs = {
            (str(key[0]), str(key[1])): own.mean(axis=0, skipna=False)
            for key, own in cells.apply(np.log).groupby(level=GROUP, sort=False)
        }
        self.groups: list[Group] = list(logs)
        self._logs = logs

    @property
    def many(self) -> int:
        return max(len(found) for found in self._logs.values())

    def mean(self, group: Group) -> Spread:
        """Seconds: the rounds' geometric means."""
        return spread(np.exp(self._logs[group].dropna()))

    def difference(self, one: Group, other: Group) -> Spread:
        """Seconds by which the geometric mean of `one` is longer, in the same round."""
        return spread((np.exp(self._logs[one]) - np.exp(self._logs[other])).dropna())

    def ratio(self, pairs: Sequence[tuple[Group, Group]]) -> pd.Series:
        """Of the paired groups' geometric means, averaged over the pairs, by round: what disturbs a round disturbs both."""
        logs = [self._logs[one] - self._logs[other] for one, other in pairs]
        return np.exp(sum(logs[1:], logs[0]) / len(logs)).dropna()


def means(rounds: Rounds) -> pd.DataFrame:
    """Geometric mean of each group: engine, format, seconds, low, high."""
    found = [(group, rounds.mean(group)) for group in rounds.groups]
    rows = [(*group, seen.median, seen.low, seen.high) for group, seen in found]
    return pd.DataFrame(rows, columns=[*GROUP, "seconds", "low", "high"])


def fastest(rounds: Rounds) -> str:
    """The engine with the least geometric mean over plain Parquet."""
    plain = [group for group in rounds.groups if group[1] == PARQUET]
    return min(plain, key=lambda group: rounds.mean(group).median)[0]


def times_fastest(rounds: Rounds) -> dict[str, Spread]:
    """By engine: how many times as long as the fastest it takes over plain Parquet."""
    first = (fastest(rounds), PARQUET)
    plain = [group for group in rounds.groups if group[1] == PARQUET]
    return {group[0]: spread(rounds.ratio([(group, first)]).to_numpy()) for group in plain}


def added(rounds: Rounds) -> pd.DataFrame:
    """What a format adds to the typical query over plain Parquet: engine, format, seconds (may be below zero), low, high.

    parquet_s: the query over plain Parquet. distinguishable: whether the interval holds the median with 95 %, and no zero.
    """
    rows = []
    for engine, name in rounds.groups:
        if name == PARQUET:
            continue
        seen, plain = rounds.difference((engine, name), (engine, PARQUET)), rounds.mean((engine, PARQUET))
        rows.append((engine, name, plain.median, seen.median, seen.low, seen.high, seen.excludes(0)))
    return pd.DataFrame(rows, columns=[*GROUP, "parquet_s", "seconds", "low", "high", "distinguishable"])


def engine_pairs(rounds: Rounds) -> pd.DataFrame:
    """Every two engines on each format: engine_one, engine_other, format and COMPARED; see `_compared`."""
    rows = [
        (one[0], other[0], one[1], *_compared(rounds.ratio([(one, other)])))
        for one, other in combinations(rounds.groups, 2)
        if one[1] == other[1]
    ]
    return pd.DataFrame(rows, columns=["engine_one", "engine_other", "format", *COMPARED])


def over_formats(rounds: Rounds) -> pd.DataFrame:
    """Every two engines over all formats: engine_one, engine_other and COMPARED; see `_compared`."""
    found: dict[tuple[str, str], list[tuple[Group, Group]]] = {}
    for one, other in combinations(rounds.groups, 2):
        if one[1] == other[1]:
            found.setdefault((one[0], other[0]), []).append((one, other))
    rows = [(*key, *_compared(rounds.ratio(pairs))) for key, pairs in found.items()]
    return pd.DataFrame(rows, columns=["engine_one", "engine_other", *COMPARED])


def _compared(ratios: pd.Series) -> tuple:
    """Values of COMPARED from one ratio a round.

    odd, even, early, late: the median in these rounds. factor: between the halves, the larger of the two ways to halve.
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
    stands = min((standing(odd, even), standing(early, late)), key=_FROM_BAD.index)
    factor = max(odd / even, even / odd, early / late, late / early)
    return seen.median, seen.low, seen.high, odd, even, early, late, stands, factor


def standing(one_half: float, other_half: float) -> str:
    """From the ratio of two times in either half.

    ordered: both halves find the same engine faster by the margin. contradiction: each finds another one faster by
    the margin. unclear: they disagree about who is faster, and one of them by the margin. tie: all else.
    """
    sides = _side(one_half), _side(other_half)
    if sides[0] == sides[1]:
        return ORDERED if sides[0] else TIE
    if 0 not in sides:
        return CONTRADICTION
    return TIE if (one_half > 1) == (other_half > 1) else UNCLEAR


def _side(ratio: float) -> int:
    return 1 if ratio >= MARGIN else -1 if ratio <= 1 / MARGIN else 0
