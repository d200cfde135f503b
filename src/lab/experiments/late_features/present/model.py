"""The price of the last per cent: state against the watermark, its check inside the run, and what other sizes ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.experiments.late_features.present.calculator import calculator
from lab.experiments.late_features.present.findings import Findings, findings

_LONG = 240  # minutes: a watermark beyond those that were run
_HEAP = 1e9  # bytes of state that we let a default state store hold in an executor's heap: our threshold
GRADES: dict[str, Grade] = {
    "keys": "arithmetic",
    "rows, chosen": "measured",
    "rows, 4 h": "extrapolated",
    "MB, 4 h": "extrapolated",
    "restated a day": "measured",
}


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Rows of state by watermark and keys."""
    found = findings(treatment, controls)
    line, longest = found.state, found.rows[-1]
    return Model(
        statement="State holds a row for each key and open window, so it grows by the same number of rows for each minute of the "
        "watermark, and in proportion to the keys.",
        formula=r"\text{rows}(d) = k\,(a + b\,d), \qquad k = \text{keys, times this run's}",
        constants=[
            Metric("a", line.fixed, "rows", "a, windows that are open anyway, and the lag of the batches"),
            Metric("b", line.each, "rows/min", "b, for each minute of watermark"),
            Metric(
                "row_bytes",
                _bytes(found),
                "B",
                "of a row, by Spark's memoryUsedBytes: all versions in the heap",
            ),
        ],
        check=Prediction(
            f"mean rows of state at {longest.minutes} min, from the shorter watermarks",
            line.at(longest.minutes),
            float(longest.rows),
            "rows",
            "state_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=GRADES,
        checked_to=1,
        changes_at=f"about {float(f'{_keys_of_heap(found):.1g}'):,.0f} keys at 4 h: state of 1 GB, RocksDB",
        advice=_advice(found),
        calculator=calculator(found),
    )


def _keys(found: Findings) -> int:
    """Keys that were seen: pairs of carrier and origin."""
    return int(found.value("keys"))


def _bytes(found: Findings) -> float:
    return float(found.own.bytes / found.own.rows)


def _keys_of_heap(found: Findings) -> float:
    return _HEAP / 1e6 / calculator(found).answers(keys=1, watermark=_LONG)["memory"]


def _row(found: Findings, factor: int) -> dict[str, object]:
    long = calculator(found).answers(keys=_keys(found) * factor, watermark=_LONG)
    values = (
        _keys(found) * factor,
        round(found.own.rows * factor),
        round(long["rows"]),
        float(f"{long['memory']:.3g}"),
        round(found.own.wrong * factor / found.params.days),
    )
    return {"factor": factor, **dict(zip(GRADES, values, strict=True))}


def _advice(found: Findings) -> list[Advice]:
    own, line = found.own, found.state
    return [
        Advice(
            f"Buy the last per cent by restatement: {_for(found, 0.99)} by watermark; with {own.minutes} min the log "
            f"rewrote {found.value('restated'):,.0f} of {own.features} features once and left none wrong.",
            "simulated",
            "the year's flights one by one through Spark's rule; state by this run's line; the restatement was run",
        ),
        Advice(
            f"Each hour of watermark is {60 * line.each:.0f} rows of state for {_keys(found)} keys, and in append mode an hour "
            "of waiting for every feature, for the sake of the few that still change.",
            "measured",
        ),
        Advice(
            "From about 1 GB of state in an executor on, set the RocksDB state store: the default one keeps all of it, in "
            "two versions, in the heap.",
            "arithmetic",
            "Spark 4.1, Structured Streaming guide, state store; the limit is our threshold",
        ),
    ]


def _for(found: Findings, share: float) -> str:
    """Watermark and state that reach `share` in the year, of the delays that were looked at."""
    looked: list[Any] = list(records(found.table("year")))
    reached = [place for place, row in enumerate(looked) if row.share >= share]
    if not reached:
        return f"{share:.0%} of the year's events take more than any delay looked at"
    least, most = (looked[place].minutes for place in (max(0, reached[0] - 1), reached[0]))
    times = found.state.at(most) / found.own.rows
    return f"{share:.0%} of the year's events take {least / 60:g} to {most / 60:g} h, and up to {times:.1f} times the state"
