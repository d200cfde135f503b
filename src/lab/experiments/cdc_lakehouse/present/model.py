"""What grows with the rows of the table, with the rate of changes, and what with commits only."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import Line, percentile_interval
from lab.evidence.result import FACTORS, Advice, Grade, Metric, Model, Prediction, Result
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED, COPY, MERGE, data_files
from lab.experiments.cdc_lakehouse.present.calculator import (
    BATCH,
    HIGH,
    LAG,
    LATE,
    LOADED,
    LOG,
    LOW,
    calculator,
)
from lab.experiments.cdc_lakehouse.present.findings import Findings, findings

_MILLION = 1e6
# Columns of the projection, and how strong each is.
GRADES: dict[str, Grade] = {
    "rows of the table": "arithmetic",
    BATCH: "simulated",  # what the line says, at a size that was measured too
    LOW: "simulated",
    HIGH: "simulated",
    LOADED: "extrapolated",
    LAG: "extrapolated",
    LOG: "extrapolated",
}


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Batch, lag and retained log as functions of the table's rows, the commit interval and the rate of changes."""
    found = findings(treatment, controls)
    smallest, largest = found.by_size.iloc[0], found.by_size.iloc[-1]
    fixed = percentile_interval([one.fixed for one in found.batches])
    each = percentile_interval([one.each * _MILLION for one in found.batches])
    fitted = " and ".join(f"{rows:,}" for rows in found.by_size["rows"].iloc[:-1])
    return Model(
        statement=(
            "The fastest batch takes a fixed time and one for each row of its table, median lag is half the commit interval and "
            "the pipeline's time, and a slot without a reader keeps all the log that is written."
        ),
        formula=(
            # Each line fits a phone.
            r"\begin{gathered}t = c_0 + c_R R \\ \tilde L = \frac{T}{2} + c + c_R (R - R_0) \\"
            r"T \ge c_L + c_R^{+} (R - R_0) \\"
            r"\text{log retained} = r + w \cdot \text{outage}\end{gathered}"
        ),
        constants=[
            Metric(
                "c0",
                found.batch.fixed,
                "s",
                f"c₀, fixed time of the fastest batch of {CHANGED} rows",
                interval=fixed,
                method=_METHOD,
            ),
            Metric(
                "cR",
                found.batch.each * _MILLION,
                "s/million rows",
                "c_R, for the rows of the table",
                (),
                each,
                _METHOD,
            ),
            Metric("c", found.pipeline, "s", f"c: median lag less half of {found.shortest.interval:g} s"),
            *(
                Metric(
                    f"cL{at.interval:g}",
                    float(at.took),
                    "s",
                    f"c_L, mean batch under load, T = {at.interval:g} s",
                )
                for at in (found.shortest, found.longest)
            ),
            Metric("cR_high", each[1], "s/million rows", "c_R⁺, the upper end of c_R's 95 % interval"),
            Metric("R0", found.accounts, "rows", "R₀, the table under load"),
            Metric("r", found.log_behind / 1e6, "MB", "r, kept by the slot without an outage, at most"),
            Metric("w", found.log_rate / 1e6, "MB/s", "w, write-ahead log, with this experiment's own log"),
        ],
        check=Prediction(
            f"the fastest batch of {CHANGED} rows into {largest.rows:,} rows, from {fitted} rows",
            float(found.batch.at(largest.rows)),
            float(largest.took),
            "s",
            "batch_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=GRADES,
        # The check is of the line to the largest table. What stands there is still drawn out, and not what was seen.
        checked_to=found.fitted_to / float(smallest.rows),
        changes_at=_changes_at(found),
        advice=_advice(found),
        calculator=calculator(found),
    )


_METHOD = "bootstrap 95 %"


def _row(found: Findings, factor: int) -> dict[str, object]:
    """So many times the rows, and so many times the changes."""
    rows = int(found.by_size["rows"].iloc[0]) * factor
    seen = calculator(found).answers(rows=rows, changes=found.change_rate * factor)
    lag = seen["lag"] if math.isfinite(seen["lag"]) else LATE
    values = (rows, seen["batch"], seen["low"], seen["high"], seen["loaded"], lag, seen["log"])
    return {"factor": factor} | dict(zip(GRADES, values, strict=True))


def reach(found: Findings) -> tuple[float, float, float]:
    """Rows at which a batch under load takes as long as the longest interval of the run: by the line, and both ends, which
    may be infinite: then the run does not bound it."""
    interval = float(found.longest.interval)

    def rows(by: Line) -> float:
        loaded = Line(float(found.longest.took) - by.each * found.accounts, by.each)
        return max(0.0, loaded.reaches(interval))

    places = sorted(rows(one) for one in found.batches)
    return rows(found.batch), places[len(places) // 40], places[-len(places) // 40]


def _changes_at(found: Findings) -> str:
    rows, low, high = reach(found)
    told = f"{rows / _MILLION:,.1f} million rows ({_ends(low, high)})"
    told = told if math.isfinite(rows) else "no size that this run tells"
    return f"{told}, at a commit every {found.longest.interval:g} s"


def _ends(low: float, high: float) -> str:
    """Millions of rows; short enough for the size at which the advice changes."""
    return (
        f"{low / _MILLION:,.1f} to {high / _MILLION:,.1f}"
        if math.isfinite(high)
        else f"{low / _MILLION:,.1f} or more"
    )


def _reached(found: Findings) -> str:
    rows, low, high = reach(found)
    if not math.isfinite(rows):
        return "From a size that this run does not tell"
    beyond = "" if math.isfinite(high) else ", not bounded above by this run"
    return f"From about {rows / _MILLION:,.1f} million rows on ({_ends(low, high)}{beyond})"


def _told(count: float, what: str) -> str:
    return f"{count:.0f} {what}{'' if count == 1 else 's'}"


def _advice(found: Findings) -> list[Advice]:
    rows, _, _ = reach(found)
    interval, largest = found.longest.interval, int(found.by_size["rows"].iloc[-1])
    plain, vectors = found.of(MERGE, 2), found.of(MERGE, 3)
    beyond = "within this run's tables"
    if rows > largest:
        times = (
            f"{rows / largest:.1f} times" if math.isfinite(rows) else "this run does not tell how far beyond"
        )
        beyond = f"{times} the largest table of this run"
    hour = calculator(found).answers()["log"]
    return [
        Advice(
            f"{_reached(found)} a batch under this run's load, whose MERGE scans the whole table, takes longer than "
            f"{interval:g} s: commit more rarely. A partitioned table, of which a MERGE reads a part, was not run here.",
            "extrapolated",
            f"{beyond}; 95 % interval by resampling the rounds",
        ),
        Advice(
            f"Rows changed all over {_told(data_files(int(plain['rows'])), 'data file')} leave "
            f"{_told(plain['deleted'], 'delete file')} a commit in format version 2, "
            f"{_told(vectors['deleted'], 'deletion vector')} in version 3: one for each data file that a commit touches. "
            "Compact before scans slow down.",
            "measured",
        ),
        Advice(
            f"For {CHANGED} rows spread over {int(found.of(COPY, 2)['rows']):,} copy-on-write wrote {found.copied:,.0f} times "
            "the bytes of merge-on-read. Take it for tables that are changed rarely or as a whole.",
            "measured",
        ),
        Advice(
            f"A slot without a reader keeps {hour:,.1f} GB in an hour at this rate, this experiment's own log "
            "included. Set `max_slot_wal_keep_size` below the free disk and alert on the slot's `restart_lsn` long before: "
            "past the limit the slot is lost.",
            "extrapolated",
            f"from {found.calm_s:.0f} s of log before any fault, drawn to an hour",
        ),
        Advice(
            "Expire no snapshot of the last hour, and while the sink is down none since its last batch: they say where "
            "it goes on.",
            "arithmetic",
            "from where the sink notes its position (the kit's README); held by a test, not part of this run",
        ),
    ]
