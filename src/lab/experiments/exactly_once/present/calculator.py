"""What commits cost at a reader's own interval and rate, and how sure own faults without a loss make."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.fit import Line
from lab.evidence.statistics import none_seen_bound
from lab.experiments.exactly_once.kit.loop import TIMEOUT_MS
from lab.experiments.exactly_once.present.findings import ONCE, Findings

# Transactions were timed with a pause between them: such as follow each other sooner are refused at first and wait longer.
CLOSEST_MS = 60.0


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Messages of a transaction, % of a processor's time for commits and for all, s of mean wait, bound in %.

    A message waits for the rest of the interval in which it comes, half of one in the mean, and then for its
    transaction, which is open while its messages are worked on, written and committed.
    """
    interval, line = inputs["interval"], Line(constants["fixed"], constants["each"])
    messages = inputs["rate"] * interval / 1e3
    open_ms = line.at(messages) + messages * inputs["work"] / 1e3
    return {
        "messages": messages,
        "share": 100 * min(1.0, line.fixed / interval),
        "busy": 100 * open_ms / interval,
        "open": open_ms / 1e3,
        "wait": (interval / 2 + open_ms) / 1e3,
        "bound": 100 * none_seen_bound(round(inputs["faults"])),
    }


def calculator(found: Findings) -> Calculator:
    sizes = found.cost(ONCE)["size"]
    timed = (float(sizes.min()), float(sizes.max()))
    return Calculator(
        [
            Input(
                "interval",
                "A commit every",
                "ms",
                found.interval_ms,
                min(CLOSEST_MS, found.interval_ms),
                TIMEOUT_MS,
            ),
            Input("rate", "Rate", "messages/s", float(found.params.rate), 1, 1e6),
            Input("work", "Work on a message", "µs", found.work_us, 0, 1e5),
            Input("faults", "Faults without a loss", "", float(found.faults), 1, 1e6, whole=True),
        ],
        [
            Output("messages", "In a transaction", "messages", "arithmetic", "messages in it", checked=timed),
            Output("share", "Commits take of a processor’s time", "%", "extrapolated", "commits take"),
            Output("open", "A transaction is open for", "s", "extrapolated", "open for, s"),
            Output(
                "busy",
                "Transactions take of it with the work (above 100: it falls behind)",
                "%",
                "extrapolated",
            ),
            Output("wait", "Mean wait until a reader sees a message", "s", "extrapolated", "mean wait, s"),
            Output("bound", "Faults with a loss, at most (95 %)", "%", "arithmetic", "with a loss, at most"),
        ],
        {"fixed": found.fit.fixed, "each": max(0.0, found.fit.each)},
        compute,
        script_beside(__file__),
    )
