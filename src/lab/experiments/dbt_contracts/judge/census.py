"""All mutants of the shop, as a sweep of this experiment saw them; a default run repeats some of them."""

from __future__ import annotations

import pandas as pd

from lab import paths
from lab.experiments.dbt_contracts.judge.layers import COLUMNS

SLUG = "dbt_contracts"
KEY = ["engine", "arm", "mutant"]
OUTCOME = ["layer", "named", "wrong"]


def kept() -> pd.DataFrame | None:
    """The sweep that is kept with the project: columns of `layers.COLUMNS` but the seconds; None if
    there is none.
    """
    path = paths.data(SLUG) / "census.csv"
    if not path.exists():
        return None
    return pd.read_csv(path, keep_default_na=False)[COLUMNS[:-1]]


def differing(builds: pd.DataFrame, census: pd.DataFrame) -> list[str]:
    """Builds of the census' changes that came out otherwise, in words. ValueError if it has none of them."""
    pairs = builds.merge(census, on=KEY, suffixes=("", "_kept"))
    if not len(pairs):
        raise ValueError("the kept census has none of these builds: make it again")
    return [
        f"{row.mutant} ({row.engine}, {row.arm}): {row.layer}, was {row.layer_kept}"
        for row in pairs.itertuples()
        if any(getattr(row, name) != getattr(row, f"{name}_kept") for name in OUTCOME)
    ]
