"""Batch, lag and retained log for a reader's own table, commit interval, rate of changes and outage."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.fit import Line, percentile_interval
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED
from lab.experiments.cdc_lakehouse.present.findings import Findings

_HOUR = 3600


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """s of a batch with its 95 % interval, s of median lag (infinite if batches outlast the interval), GB of log."""
    rows, interval = inputs["rows"], inputs["interval"]
    batch = Line(constants["batch_fixed"], constants["batch_each"])
    drawn = zip(constants["fixed"], constants["slopes"], strict=True)
    low, high = percentile_interval([Line(fixed, each).at(rows) for fixed, each in drawn])
    lag = interval / 2 + constants["pipeline"] + batch.each * (rows - constants["accounts"])
    written = constants["log_each"] * inputs["changes"] * _HOUR * inputs["outage"]
    return {
        "batch": batch.rising().at(rows),
        "low": low,
        "high": high,
        "lag": lag if high <= interval else math.inf,
        "log": (constants["log_behind"] + written) / 1e9,
    }


def calculator(found: Findings) -> Calculator:
    sizes, interval = found.by_size["rows"], float(found.shortest.interval)
    tried = (interval, float(found.longest.interval))
    changes = float(found.change_rate)
    table, kept = ("rows",), ("changes", "outage")
    return Calculator(
        [
            Input("rows", "Table", "rows", float(sizes.iloc[0]), 1, 1e10, (float(sizes.iloc[0]), float(sizes.iloc[-1]))),
            Input("interval", "A commit every", "s", interval, 0.5, 86_400, tried),
            Input("changes", "Changed rows", "rows/s", changes, 0, 1e7, (changes, changes)),
            Input("outage", "Outage of the slot’s reader", "h", 1, 0, 1_000, (0, found.params.seconds / _HOUR)),
        ],
        [
            Output("batch", f"A batch of {CHANGED} rows takes", "s", "measured", _BATCH, table),
            Output("low", "A batch, at least", "s", "measured", "at least, s", table),
            Output("high", "A batch, at most", "s", "measured", "at most, s", table),
            Output("lag", "Median lag", "s", "extrapolated", _LAG, ("rows", "interval"), otherwise=LATE),
            Output("log", "Log that the source keeps", "GB", "measured", "log an hour, GB", kept),
        ],
        {
            "batch_fixed": found.batch.fixed,
            "batch_each": found.batch.each,
            "fixed": [_short(one.fixed) for one in found.batches],
            "slopes": [_short(one.each) for one in found.batches],
            "pipeline": found.pipeline,
            "accounts": found.accounts,
            "log_behind": found.log_behind,
            "log_each": found.log_rate / changes,
        },
        compute,
        script_beside(__file__),
    )  # fmt: skip


LATE = "the interval can't be kept"
_BATCH, _LAG = f"a batch of {CHANGED} rows, s", "median lag at this run's interval, s"


def _short(number: float) -> float:
    """Of four hundred numbers on a page no digit is shown beyond the third."""
    return float(f"{number:.7g}")
