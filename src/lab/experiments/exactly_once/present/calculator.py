"""What commits cost at a reader's own interval and rate, and how sure own faults without a loss make."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.evidence.fit import Line
from lab.evidence.statistics import rule_of_three
from lab.experiments.exactly_once.kit.loop import TIMEOUT_MS
from lab.experiments.exactly_once.present.findings import ONCE, Findings

# Transactions were timed with a pause between them: such as follow each other sooner are refused at first and wait longer.
CLOSEST_MS = 60.0


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Messages of a transaction, % of a processor's time for commits and for all, s of mean wait, bound in %."""
    interval, line = inputs["interval"], Line(constants["fixed"], constants["each"])
    messages = inputs["rate"] * interval / 1e3
    return {
        "messages": messages,
        "share": 100 * min(1.0, line.fixed / interval),
        "busy": 100 * line.at(messages) / interval,
        "wait": interval / 2e3,
        "bound": 100 * rule_of_three(round(inputs["faults"])),
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
            Input("faults", "Faults without a loss", "", float(found.faults), 1, 1e6, whole=True),
        ],
        [
            Output("messages", "In a transaction", "messages", "arithmetic", "messages in it", checked=timed),
            Output("share", "Commits take of a processor’s time", "%", "extrapolated", "commits take"),
            Output("busy", "Transactions take of it in all", "%", "extrapolated"),
            Output("wait", "Mean wait for the commit", "s", "arithmetic", "mean wait for it, s"),
            Output("bound", "Faults with a loss, at most (95 %)", "%", "arithmetic", "3/N"),
        ],
        {"fixed": found.fit.fixed, "each": found.fit.each},
        compute,
        script_beside(__file__),
    )
