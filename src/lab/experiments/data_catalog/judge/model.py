"""Time of a search against the size of the catalog: a fixed part, and one for what it matches. And Heaps' law for words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.fit import Line, line

BUSY = 0.5  # of a process, at most (our threshold): above, searches queue


@dataclass(frozen=True)
class Growth:
    """time: ms of a search with facets by datasets; bytes_each: of a dataset, with its index.

    Different words of t words in a row are k t^beta; tokens_each: words in a row of a dataset.
    """

    time: Line
    bytes_each: float
    tokens_each: float
    k: float
    beta: float

    def ms(self, datasets: float) -> float:
        return self.time.at(datasets)

    def words(self, datasets: float) -> float:
        return float(self.k * (self.tokens_each * datasets) ** self.beta)

    def processes(self, datasets: float, rate: float) -> int:
        """That keep each at most BUSY with `rate` searches/s."""
        return max(1, int(np.ceil(rate * self.ms(datasets) / 1e3 / BUSY)))


def fitted(growth: pd.DataFrame) -> Growth:
    """From catalogs of this size and smaller; words from those of at most a half."""
    sizes = growth.drop_duplicates("factor").sort_values("factor")
    known, parts = sizes[sizes["factor"] <= 1], sizes[sizes["factor"] < 1]
    beta, log_k = np.polyfit(np.log(parts["tokens"]), np.log(parts["words"]), 1)
    whole = known.iloc[-1]
    return Growth(
        line(known["datasets"], medians(growth)[known["factor"]], relative=True).rising(),
        float(whole["bytes"]) / float(whole["datasets"]),
        float(whole["tokens"]) / float(whole["datasets"]),
        float(np.exp(log_k)),
        float(beta),
    )


def medians(growth: pd.DataFrame) -> pd.Series:
    """Median over the rounds of the mean time of a search, by factor, ms."""
    return growth.groupby("factor")["ms"].median()


def predicted(growth: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) time of a search on the largest catalog, ms."""
    largest = growth["factor"].max()
    datasets = float(growth.loc[growth["factor"] == largest, "datasets"].iloc[0])
    return fitted(growth).ms(datasets), float(medians(growth)[largest])


def words(growth: pd.DataFrame) -> tuple[float, float]:
    """(predicted, counted) words of the whole catalog."""
    whole = growth[growth["factor"] == 1].iloc[0]
    return fitted(growth).words(float(whole["datasets"])), float(whole["words"])
