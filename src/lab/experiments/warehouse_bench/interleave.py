"""Whether the engines and datasets really took turns."""

from __future__ import annotations

import pandas as pd

KEYS = ("engine", "dataset")


def mixed(timings: pd.DataFrame) -> float:
    """How often one execution is followed by one of another engine (or dataset), as a share of what a random order gives.

    timings: in the order in which they were taken. The smaller of the two shares, over all rounds; 1 is a full
    interleave, 0 is one block for each engine. NaN if there is only one engine and dataset.
    """
    shares = [_share(timings, key) for key in KEYS]
    return float(min((share for share in shares if share == share), default=float("nan")))


def _share(timings: pd.DataFrame, key: str) -> float:
    seen, expected = 0, 0.0
    for _, found in timings.groupby("round", sort=False):
        values = found[key]
        seen += int((values != values.shift()).iloc[1:].sum())
        # Two of n places, drawn without putting back, differ with this probability.
        counts, places = values.value_counts(), len(values)
        expected += (places - 1) * (1 - (counts * (counts - 1)).sum() / max(places * (places - 1), 1))
    return seen / expected if expected else float("nan")
