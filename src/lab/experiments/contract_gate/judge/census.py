"""All changes, as a sweep of this experiment saw them; a default run repeats some of them."""

from __future__ import annotations

import pandas as pd

from lab import paths

SLUG = "contract_gate"
NAMES = ("confusion", "fates")  # tables of a sweep, as `metrics.tables` makes them
Tables = dict[str, pd.DataFrame]


def kept() -> Tables | None:
    """The tables of the sweep that is kept with the project; None if there is none."""
    files = {name: paths.data(SLUG) / f"{name}.csv" for name in NAMES}
    if not all(path.exists() for path in files.values()):
        return None
    return {name: pd.read_csv(path, keep_default_na=False) for name, path in files.items()}


def differing(tables: Tables, census: Tables) -> list[str]:
    """Changes that came out otherwise than in the census, in words. ValueError if the census has none of them."""
    tried = set(tables["fates"]["change"])
    if not tried <= set(census["fates"]["change"]):
        raise ValueError("the kept census lacks some of these changes: make it again")
    return sorted(
        {
            str(row[place])
            for name, place in (("confusion", 2), ("fates", 2))
            for row in _rows(tables[name], tried) ^ _rows(census[name], tried)
        }
    )


def _rows(table: pd.DataFrame, tried: set[str]) -> set[tuple[str, ...]]:
    own = table[table["change"].isin(tried)]
    return set(own.astype(str).itertuples(index=False, name=None))
