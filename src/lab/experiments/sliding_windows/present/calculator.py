"""State rows and memory for a reader's own users, windows and lateness."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.sliding_windows.judge.price import state_rows
from lab.experiments.sliding_windows.params import HOUR_S
from lab.experiments.sliding_windows.present.findings import Findings

_HOUR = HOUR_S / 60


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Rows of state, GiB of memory, windows of an event. Times in minutes."""
    rows = state_rows(inputs["users"], inputs["held"], inputs["slide"], inputs["window"])
    return {
        "rows": rows,
        "state": rows * constants["row_bytes"] / 2**30,
        "windows": inputs["window"] / inputs["slide"],
    }


def calculator(found: Findings) -> Calculator:
    users, held, last = float(found.params.users), found.live_held_s / 60, found.smallest.slide_s
    seen = float(found.smallest.held_s) / 60  # in time lapse: the law was checked there
    largest = float(found.prices["slide_s"].max()) / 60
    _, rows, state = found.columns
    return Calculator(
        [
            Input("users", "Users (keys)", "", users, 1, 1e9, (users, users), whole=True),
            Input("window", "Window", "min", _HOUR, 0.1, 43_200, (_HOUR, _HOUR)),
            Input("slide", "Slide", "min", last / 60, 0.1, 43_200, (last / 60, largest)),
            Input("held", "Held back: lateness and two batches", "min", held, 0, 43_200, (seen, seen)),
        ],
        [
            Output("rows", "State", "rows", "arithmetic", rows),
            Output("state", "Memory for it, events’ ids apart", "GiB", "extrapolated", state),
            Output("windows", "An event is written into", "windows", "arithmetic"),
        ],
        {"row_bytes": found.bytes_each},
        compute,
        script_beside(__file__),
    )
