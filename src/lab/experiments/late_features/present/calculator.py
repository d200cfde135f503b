"""State for a reader's own keys and watermark."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.fit import Line
from lab.experiments.late_features.present.findings import Findings

_DAY = 1_440  # minutes


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Mean rows of state, MB of memory, rows for each minute of watermark; in proportion to the keys."""
    line, times = Line(constants["fixed"], constants["each"]), inputs["keys"] / constants["keys"]
    rows = line.at(inputs["watermark"]) * times
    return {"rows": rows, "memory": rows * constants["row_bytes"] / 1e6, "minute": line.each * times}


def calculator(found: Findings) -> Calculator:
    keys, own, tried = found.value("keys"), float(found.own.minutes), found.sweep["minutes"]
    return Calculator(
        [
            Input("keys", "Keys", "", keys, 1, 1e9, (keys, keys), whole=True),
            Input(
                "watermark", "Watermark", "min", own, 0, 30 * _DAY, (float(tried.min()), float(tried.max()))
            ),
        ],
        [
            Output("rows", "State, mean", "rows", "measured"),
            Output("memory", "Memory for it", "MB", "measured"),
            Output("minute", "Each minute of watermark adds", "rows", "measured"),
        ],
        {
            "fixed": found.state.fixed,
            "each": found.state.each,
            "keys": keys,
            "row_bytes": float(found.own.bytes / found.own.rows),
        },
        compute,
        script_beside(__file__),
    )
