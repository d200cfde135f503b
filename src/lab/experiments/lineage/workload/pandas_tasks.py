"""The two tasks of the pipeline that are pandas: what they do, and what their author declares of it."""

from __future__ import annotations

import pandas as pd

from lab.experiments.lineage.kit.lineage.flow import (
    AGGREGATION,
    FILTER,
    GROUP_BY,
    IDENTITY,
    JOIN,
    TRANSFORMATION,
    Relation,
    declared,
)

_WINDS = [-1.0, 5.0, 10.0, 20.0, 1e9]


def aircraft(planes: pd.DataFrame) -> pd.DataFrame:
    """Planes whose year is known, with a maker's one name and a class of size."""
    known = planes[planes["year"].notna()]
    makers = known["manufacturer"].astype("string").str.split().str[0].str.title()
    return pd.DataFrame(
        {
            "tailnum": known["tailnum"].astype("string"),
            "maker": makers,
            "age": 2013.0 - known["year"].astype(float),
            "size_class": (known["seats"].astype(float) > 100)
            .map({True: "large", False: "small"})
            .astype("string"),
        }
    )


def aircraft_lineage() -> Relation:
    return declared(
        {
            "tailnum": {"raw.planes.tailnum": IDENTITY},
            "maker": {"raw.planes.manufacturer": TRANSFORMATION},
            "age": {"raw.planes.year": TRANSFORMATION},
            "size_class": {"raw.planes.seats": TRANSFORMATION},
        },
        rows={"raw.planes.year": FILTER},
        rows_of=["raw.planes"],
    )


def weather_delay(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Delay by class of wind, over flights of which the weather is known."""
    both = flights.merge(weather, on=["origin", "time_hour"])
    both = both.assign(
        wind=pd.cut(both["wind_speed"].astype(float), _WINDS).astype("string").fillna("unknown"),
        wet=both["recent_precip"].fillna(0) > 0,
    )
    groups = both.groupby("wind", as_index=False)
    return groups.agg(flights=("late", "size"), delay=("delay", "mean"), wet_share=("wet", "mean")).astype(
        {"wind": "string"}
    )


def weather_delay_lineage() -> Relation:
    keys = ("origin", "time_hour")
    joined = {f"staged.{table}.{key}": JOIN for table in ("flights", "weather") for key in keys}
    return declared(
        {
            "wind": {"staged.weather.wind_speed": TRANSFORMATION},
            "flights": {},
            "delay": {"staged.flights.delay": AGGREGATION},
            "wet_share": {"staged.weather.recent_precip": AGGREGATION},
        },
        rows={**joined, "staged.weather.wind_speed": GROUP_BY},
        rows_of=["staged.flights", "staged.weather"],
    )
