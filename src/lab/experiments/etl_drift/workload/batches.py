"""A source that delivers every day or two, and changes its columns from delivery to delivery; each change stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from lab.experiments.etl_drift.mechanism import Answer
from lab.experiments.etl_drift.oracle import Sent

SOURCE, OTHER = "airport", "airport, second feed"
RENAMED = {"carrier": "airline", "distance": "c07", "dep_delay": "departureDelay"}
BIG = 3_000_000_000  # beyond integer
Frame = pd.DataFrame


@dataclass(frozen=True)
class Step:
    """One delivery. change: what it brings. sent: what should arrive. answers: a person's, where the load asks.

    prepare: what the reader's own code makes of it, where no mapping can be the answer.
    """

    change: str
    frame: Frame
    sent: Sent
    answers: tuple[Answer, ...] = ()
    prepare: Callable[[Frame], Frame] | None = None


ANSWERS = {
    "unit": (Answer("arr_delay", "arr_delay", scale=1 / 60, by="owner of the feed"),),
    "meaning": tuple(
        answer
        for name in ("hour", "minute")
        for answer in (
            Answer(name, None, name=f"actual_{name}", by="owner of the feed"),
            Answer(None, name, by="owner of the feed"),
        )
    ),
}
CHANGES = ("first", "reorder", "add", "rename", "widen", "drop", "unit", "meaning", "split")


def steps(flights: Frame, columns: list[str], rows: int, shared: int) -> list[Step]:
    """A delivery for each of CHANGES: `rows` of the flights, in their order, the first `shared` as in the one before.

    columns: of the first delivery. The second feed's equal delivery is `again(steps)`.
    """
    new = rows - shared
    ordered = flights.head(shared + new * len(CHANGES)).reset_index(drop=True)
    clean = _outgrown(ordered, shared + new * CHANGES.index("widen"))
    return [
        _step(place, clean.iloc[new * place : new * place + rows].reset_index(drop=True), columns)
        for place in range(len(CHANGES))
    ]


def again(first: Step) -> Step:
    """The same content from another source."""
    return Step("other source", first.frame, Sent(OTHER, first.sent.rows))


def _outgrown(clean: Frame, begin: int) -> Frame:
    """From row `begin` on numbers of flights pass what an integer holds, and some distances have half a mile."""
    late = clean.index >= begin
    return clean.assign(
        flight=clean["flight"].where(~late, clean["flight"] + BIG),
        distance=clean["distance"].where(~(late & (clean.index % 7 == 0)), clean["distance"] + 0.5),
    )


def _step(place: int, clean: Frame, columns: list[str]) -> Step:
    done = CHANGES[: place + 1]
    frame = _delivered(clean, columns, done)
    change = CHANGES[place]
    sent = Sent(SOURCE, _meant(clean, columns, done).to_dict("records"))  # type: ignore[arg-type]
    prepare = _together if change == "split" else None
    return Step(change, frame, sent, ANSWERS.get(change, ()), prepare)


def _delivered(clean: Frame, columns: list[str], done: tuple[str, ...]) -> Frame:
    frame = clean[[*columns, *(["sched_dep_time"] if "add" in done else [])]]
    if "meaning" in done:
        frame = frame.assign(hour=clean["dep_time"] // 100, minute=clean["dep_time"] % 100)
    if "unit" in done:
        frame = frame.assign(arr_delay=clean["arr_delay"] * 60)
    if "drop" in done:
        frame = frame.drop(columns="air_time")
    if "reorder" in done:
        frame = frame[_arrival_first(list(frame.columns))]
    if "split" in done:
        frame = frame.assign(tail_1=clean["tailnum"].str[:3], tail_2=clean["tailnum"].str[3:]).drop(
            columns="tailnum"
        )
    return frame.rename(columns=RENAMED) if "rename" in done else frame


def _arrival_first(columns: list[str]) -> list[str]:
    """Arrivals where departures were: all of one type, so that nothing but the values tells."""
    exchanged = {
        "dep_time": "arr_time",
        "dep_delay": "arr_delay",
        "arr_time": "dep_time",
        "arr_delay": "dep_delay",
    }
    return [exchanged.get(name, name) for name in columns]


def _together(frame: Frame) -> Frame:
    """What the reader's own code does about the split: no mapping can."""
    return frame.assign(tailnum=frame["tail_1"] + frame["tail_2"]).drop(columns=["tail_1", "tail_2"])


def _meant(clean: Frame, columns: list[str], done: tuple[str, ...]) -> Frame:
    frame = clean[[*columns, *(["sched_dep_time"] if "add" in done else [])]]
    if "drop" in done:
        frame = frame.drop(columns="air_time")
    if "meaning" in done:
        frame = frame.drop(columns=["hour", "minute"]).assign(
            actual_hour=clean["dep_time"] // 100, actual_minute=clean["dep_time"] % 100
        )
    return frame


def drifted(step: Step, shared: int) -> Step:
    """The delivery `step` with three changes at once: columns renamed, one added, one outgrown in the rows that are new."""
    late = step.frame.index >= shared
    halves = step.frame["distance"].where(~late, step.frame["distance"] + 0.5)
    sent = pd.DataFrame(step.sent.rows).assign(distance=halves, note="seen").to_dict("records")
    frame = step.frame.assign(distance=halves, note="seen").rename(columns=RENAMED)
    return Step("three at once", frame, Sent(SOURCE, sent))  # type: ignore[arg-type]
