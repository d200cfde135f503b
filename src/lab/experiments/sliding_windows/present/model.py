"""State by users, window, slide and what the watermark holds back: the law and its check inside the run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.experiments.sliding_windows.judge.price import by_law
from lab.experiments.sliding_windows.params import HOUR_S
from lab.experiments.sliding_windows.present.calculator import calculator
from lab.experiments.sliding_windows.present.findings import Findings, findings, slide

HEAP_GIB = 1.0  # of state that a small executor's heap can spare, our assumption


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """State rows and memory against users and slide."""
    found = findings(treatment, controls)
    told, measured = by_law(found.prices, found.params.users)
    last = found.smallest
    return Model(
        statement=(
            "State holds one row for each user and open window, so its rows are users × (held + size) / slide, where what is "
            "held is the event time from the watermark to the latest event: the allowed lateness and up to two batches."
        ),
        formula=r"N = U\,\frac{h + w}{s} = U\,\frac{w}{s}\left(1 + \frac{h}{w}\right)",
        constants=[
            Metric(
                "held",
                float(last["held_s"]) / 60,
                "min",
                "h, event time held in the batches that were compared, in time lapse",
            ),
            Metric(
                "held_live",
                found.live_held_s / 60,
                "min",
                "h of a stream at its own pace: the allowed lateness and two batches",
                grade="arithmetic",
            ),
            Metric("row_bytes", found.bytes_each, "bytes", "memory per window's row, the events' ids apart"),
        ],
        check=Prediction(
            f"windows of 1 h by {slide(last.slide_s)}, {found.params.users:,} users, from the event time held in that query",
            told,
            measured,
            "rows",
            "state_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=_grades(found),
        checked_to=1,
        changes_at=f"{_users_in_heap(found):,.0f} users: 1 h by {slide(last.slide_s)} over {HEAP_GIB:g} GiB",
        advice=_advice(found),
        calculator=calculator(found),
    )


def _columns(found: Findings) -> list[str]:
    return ["users", *found.columns]


def _grades(found: Findings) -> dict[str, Grade]:
    *counted, memory = _columns(found)
    grades: dict[str, Grade] = dict.fromkeys(counted, "arithmetic")
    return grades | {memory: "extrapolated"}


def _row(found: Findings, factor: int) -> dict[str, object]:
    users = found.params.users * factor
    own = calculator(found)
    seen, wide = own.answers(users=users), own.answers(users=users, slide=float(found.beside.slide_s) / 60)
    values = (
        users,
        round(wide["rows"]),
        round(seen["rows"]),
        round(seen["state"], 3),
    )
    return {"factor": factor, **dict(zip(_columns(found), values, strict=True))}


def _users_in_heap(found: Findings) -> float:
    """Users at which windows of the smallest slide fill that much memory; two digits."""
    return float(f"{HEAP_GIB / calculator(found).answers(users=1)['state']:.2g}")


def _advice(found: Findings) -> list[Advice]:
    wide, narrow = found.beside, found.smallest
    return [
        Advice(
            f"Choose the slide by what somebody reads: 1 h by {slide(narrow.slide_s)} kept {narrow.state_rows:,.0f} rows where "
            f"by {slide(wide.slide_s)} it kept {wide.state_rows:,.0f}, of the same events.",
            "measured",
        ),
        Advice(
            f"From about {_users_in_heap(found):,.0f} users on, keep state in RocksDB "
            f"(`spark.sql.streaming.stateStore.providerClass`): by then 1 h by {slide(narrow.slide_s)} takes {HEAP_GIB:g} GiB of "
            f"heap in Spark's default store.",
            "extrapolated",
            f"from {found.params.users:,} users by the law, at a stream's own pace; {found.bytes_each:,.0f} bytes a row, "
            f"events' ids apart, values of 50 kinds; RocksDB was not run here",
        ),
        Advice(
            f"Sum up in two steps where windows overlap {HOUR_S // 60} times: windows of 1 min that do not overlap, then their "
            f"sums over the hour where it is read. Count, sum and mean allow it; distinct needs sets or sketches.",
            "arithmetic",
            "an event is written once instead of 60 times; not run here",
        ),
    ]
