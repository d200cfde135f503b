"""Time of a search against what it matches: a fixed part, and one for each dataset found. And Heaps' law for words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.fit import Line, line, percentile_interval, resampled
from lab.evidence.statistics import Interval

BUSY = 0.5  # of a process, at most (our threshold): above, searches queue


@dataclass(frozen=True)
class Growth:
    """time: ms of a search with facets by datasets that it matches; share: of the catalog that a search matches.

    bytes_each: of a dataset, with its index. Different words of t words in a row are k t^beta; tokens_each: words in a
    row of a dataset.
    """

    time: Line
    share: float
    bytes_each: float
    tokens_each: float
    k: float
    beta: float

    def ms(self, datasets: float) -> float:
        """Mean time of a search in a catalog of that size."""
        return self.time.at(self.share * datasets)

    def reaches(self, ms: float) -> float:
        """Datasets at which a search takes so long."""
        return self.time.reaches(ms) / self.share

    def words(self, datasets: float) -> float:
        return float(self.k * (self.tokens_each * datasets) ** self.beta)

    def processes(self, datasets: float, rate: float, overhead_ms: float) -> int:
        """That keep each at most BUSY with `rate` searches/s; overhead_ms: what serving one adds."""
        return max(1, int(np.ceil(rate * (self.ms(datasets) + overhead_ms) / 1e3 / BUSY)))


def fitted(times: pd.DataFrame, words: pd.DataFrame) -> Growth:
    """Times from every size but the largest, words from parts of at most a half.

    The line goes through the means of each size. One through the searches of one catalog takes for fixed what hangs on
    the search, such as rows of its words that are read and don't match, and that grows with the catalog too.
    """
    fitted_to = medians(times[times["factor"] < times["factor"].max()])
    means = fitted_to.groupby("factor")[["matches", "ms"]].mean()
    datasets, size = (float(times.loc[times["factor"] == 1, name].iloc[0]) for name in ("datasets", "bytes"))
    parts, whole = words[words["factor"] < 1], words[words["factor"] == 1].iloc[0]
    beta, log_k = np.polyfit(np.log(parts["tokens"]), np.log(parts["words"]), 1)
    return Growth(
        line(means["matches"], means["ms"]).rising(),
        float(means["matches"].loc[1]) / datasets,
        size / datasets,
        float(whole["tokens"]) / float(whole["datasets"]),
        float(np.exp(log_k)),
        float(beta),
    )


def reaches_between(times: pd.DataFrame, words: pd.DataFrame, ms: float) -> Interval:
    """The interval of `Growth.reaches` that drawing other searches and other rounds gives."""
    return _between(times, lambda drawn: fitted(drawn, words).reaches(ms))


def error_between(times: pd.DataFrame, words: pd.DataFrame) -> Interval:
    """The interval that drawing other searches and rounds gives of what `predicted` is off, as a share of what was measured."""
    return _between(times, lambda drawn: error(*predicted(drawn, words)))


def error(predicted: float, measured: float) -> float:
    return abs(predicted / measured - 1)


def _between(times: pd.DataFrame, statistic: Callable[[pd.DataFrame], float]) -> Interval:
    """Draws searches and rounds, the same ones of each size: they took turns, so what slows one down slows all."""
    sizes = dict(list(times.groupby("factor")))
    # Two searches may be typed alike: one row of both.
    ms = {
        factor: own.groupby(["round", "query"])["ms"].median().unstack().to_numpy()
        for factor, own in sizes.items()
    }
    rest = {
        factor: own.groupby("query")[["factor", "datasets", "bytes", "matches"]]
        .first()
        .reset_index(drop=True)
        for factor, own in sizes.items()
    }
    strata = [range(times["query"].nunique()), range(times["round"].nunique())]

    def drawn(places: list[int]) -> float:
        asked, rounds = np.split(np.array(places), [len(strata[0])])
        parts = [
            rest[factor]
            .iloc[asked]
            .assign(query=range(len(asked)), round=0, ms=np.median(own[rounds][:, asked], axis=0))
            for factor, own in ms.items()
        ]
        return statistic(pd.concat(parts))

    # Between two infinite draws lies NaN: an end that is not bounded either.
    with np.errstate(invalid="ignore"):
        return percentile_interval(resampled(strata, drawn))


def medians(times: pd.DataFrame) -> pd.DataFrame:
    """Of each search and size the median over the rounds. Columns: factor, query, datasets, matches, ms."""
    grouped = times.groupby(["factor", "query"], sort=False)
    return grouped.agg({"datasets": "first", "matches": "first", "ms": "median"}).reset_index()


def predicted(times: pd.DataFrame, words: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) mean time of a search in the largest catalog, ms."""
    copies = medians(times[times["factor"] == times["factor"].max()])
    return fitted(times, words).ms(float(copies["datasets"].iloc[0])), float(copies["ms"].mean())


def counted(times: pd.DataFrame, words: pd.DataFrame) -> tuple[float, float]:
    """(predicted, counted) words of the whole catalog."""
    whole = words[words["factor"] == 1].iloc[0]
    return fitted(times, words).words(float(whole["datasets"])), float(whole["words"])
