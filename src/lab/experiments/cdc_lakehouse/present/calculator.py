"""Batch, lag and retained log for a reader's own table, commit interval, rate of changes and outage."""

from __future__ import annotations

import math

import numpy as np

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.fit import Line, percentile_interval
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED
from lab.experiments.cdc_lakehouse.present.findings import Findings

_HOUR = 3600


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """s of the fastest batch with its line's 95 % interval, of the mean batch under load by the upper slope, and of median
    lag (infinite if such batches may outlast the interval), GB of log."""
    rows, interval = inputs["rows"], inputs["interval"]
    batch = Line(constants["batch_fixed"], constants["batch_each"])
    drawn = zip(constants["fixed"], constants["slopes"], strict=True)
    low, high = percentile_interval([Line(fixed, each).at(rows) for fixed, each in drawn])
    # Between the run's intervals by a line: at a longer one a batch takes more changes. A larger table adds to that, at
    # most the upper end of what a row adds.
    took = float(np.interp(interval, constants["intervals"], constants["took"]))
    loaded = took + percentile_interval(constants["slopes"])[1] * max(0.0, rows - constants["accounts"])
    lag = interval / 2 + constants["pipeline"] + batch.each * (rows - constants["accounts"])
    written = constants["log_each"] * inputs["changes"] * _HOUR * inputs["outage"]
    return {
        "batch": batch.rising().at(rows),
        "low": low,
        "high": high,
        "loaded": loaded,
        "lag": lag if loaded <= interval else math.inf,
        "log": (constants["log_behind"] + written) / 1e9,
    }


def calculator(found: Findings) -> Calculator:
    sizes, interval = found.by_size["rows"], float(found.shortest.interval)
    tried = (interval, float(found.longest.interval))
    changes, outage = float(found.change_rate), found.outage
    table, kept = ("rows",), ("changes", "outage")
    return Calculator(
        [
            Input("rows", "Table", "rows", float(sizes.iloc[0]), 1, 1e10, (float(sizes.iloc[0]), found.fitted_to)),
            Input("interval", "A commit every", "s", interval, 0.5, 86_400, tried),
            Input("changes", "Changed rows", "rows/s", changes, 0, 1e7, (changes, changes)),
            Input("outage", "Outage of the slot’s reader", "h", 1, 0, 1_000, (0, outage.length / _HOUR if outage else 0)),
        ],
        [
            Output("batch", f"Fastest batch of {CHANGED} rows by the line, with no load", "s", "simulated", BATCH, table),
            Output("low", "The fastest’s line, 95 % interval, from", "s", "simulated", LOW, table),
            Output("high", "The fastest’s line, 95 % interval, to", "s", "simulated", HIGH, table),
            Output("loaded", "Mean batch under this run’s load, by the upper slope", "s", "extrapolated", LOADED, table),
            Output("lag", "Median lag", "s", "extrapolated", LAG, ("rows", "interval"), otherwise=LATE),
            Output("log", "Log that the source keeps", "GB", "simulated", LOG, kept),
        ],
        {
            "batch_fixed": found.batch.fixed,
            "batch_each": found.batch.each,
            "fixed": [_short(one.fixed) for one in found.batches],
            "slopes": [_short(one.each) for one in found.batches],
            "intervals": list(tried),
            "took": [found.took, float(found.longest.took)],
            "pipeline": found.pipeline,
            "accounts": found.accounts,
            "log_behind": found.log_behind,
            "log_each": found.log_rate / changes,
        },
        compute,
        script_beside(__file__),
    )  # fmt: skip


LATE = "the interval may not be kept"
# Columns of the projection.
BATCH, LOW, HIGH = f"fastest batch of {CHANGED} rows by the line, s", "its line, 95 %, from, s", "to, s"
LOADED, LAG = "mean batch under load, upper slope, s", "median lag at this run's interval, s"
LOG = "log an hour, GB"


def _short(number: float) -> float:
    """Of four hundred numbers on a page no digit is shown beyond the third."""
    return float(f"{number:.7g}")
