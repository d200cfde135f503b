"""How long a reader's own backlog takes to drain."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.backlog_replay.present.findings import Findings


def compute(inputs: Inputs, _: Constants) -> Answers:
    """Room, rows/s, and minutes to drain the backlog, and what an hour's outage leaves; infinite without room."""
    room = inputs["target"] / 100 * inputs["capacity"] - inputs["live"]
    backlog, hour = (
        rows / room / 60 if room > 0 else math.inf for rows in (inputs["backlog"], 3600 * inputs["live"])
    )
    return {"room": max(room, 0.0), "drain": backlog, "hour": hour}


def calculator(found: Findings) -> Calculator:
    backlog, safe, live = float(found.params.backlog), found.safe, float(found.params.live_rate)
    never = "never: live traffic leaves no room"
    return Calculator(
        [
            Input("backlog", "Backlog", "rows", backlog, 0, 1e12, (backlog, backlog)),
            Input("capacity", "Safe capacity of the sink", "rows/s", safe, 1, 1e8, (safe, safe)),
            Input("live", "Live traffic", "rows/s", live, 0, 1e8, (live, live)),
            Input("target", "Share of the capacity aimed at", "%", 100 * found.params.target, 1, 100),
        ],
        [
            Output("room", "Left for the backlog", "rows/s", "arithmetic"),
            Output("drain", "Drained after", "min", "arithmetic", "drain, min", otherwise=never),
            Output("hour", "An outage of an hour is made up in", "min", "arithmetic", otherwise=never),
        ],
        {},
        compute,
        script_beside(__file__),
    )
