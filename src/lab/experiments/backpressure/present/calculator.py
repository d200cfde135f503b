"""What a reader's own overload leaves to be refused, and what refusing costs."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.backpressure import oracle
from lab.experiments.backpressure.present.findings import Findings


def compute(inputs: Inputs, _: Constants) -> Answers:
    """% not served; attempts/s and processors of clients that retry, at most, and of throttled ones; base load with all retries.

    At most: who is served may have been served at any attempt, and who is served too late has sent all of them.
    """
    capacity, burst, attempts = inputs["capacity"], inputs["burst"], inputs["attempts"]
    retrying = capacity * burst * attempts
    throttled = oracle.throttled_attempts(burst, capacity, inputs["k"])
    return {
        "refused": 100 * oracle.overload_limit(burst),
        "retrying": retrying,
        "throttled": throttled,
        "processors": retrying * inputs["cost"] / 1e3,
        "spared": throttled * inputs["cost_throttled"] / 1e3,
        "kept_up": inputs["base"] * attempts,
    }


def calculator(found: Findings, cost: float, throttled: float) -> Calculator:
    """cost, throttled: ms of processor time for an attempt of clients that retry, and of throttled ones."""
    params, most, rho = found.params, float(found.both["capacity"]), found.rho
    busy, spared = (("capacity", "burst", name) for name in ("cost", "cost_throttled"))
    return Calculator(
        [
            Input("capacity", "Capacity of the sink", "events/s", most, 0.01, 1e8, (most, most)),
            Input("burst", "Load in the burst", "times the capacity", rho, 0.01, 1e5, (rho, rho)),
            Input("base", "Load before and after it", "times the capacity", params.base, 0, 1),
            Input("attempts", "Attempts of a client, at most", "", params.attempts, 1, 100, whole=True),
            Input("k", "k of the throttle", "", params.k, 1, 100),
            Input("cost", "Processor time of an attempt, retrying", "ms", cost, 1e-4, 1e4, (cost, cost)),
            Input("cost_throttled", "Processor time, throttled", "ms", throttled, 1e-4, 1e4, (throttled, throttled)),
        ],
        [
            Output("refused", "Not served, whoever refuses", "%", "arithmetic", "not served"),
            Output("retrying", "Attempts, retrying, at most", "a second", "arithmetic", "attempts/s, retrying, at most"),
            Output("throttled", "Attempts, throttled", "a second", "arithmetic", "attempts/s, throttled"),
            Output("processors", "Processors, retrying, at most", "", "extrapolated", _RETRYING, busy),
            Output("spared", "Processors, throttled", "", "extrapolated", "processors, throttled", spared),
            Output("kept_up", "Base load if all is retried (above 1 an overload stays)", "", "arithmetic"),
        ],
        {},
        compute,
        script_beside(__file__),
    )  # fmt: skip


_RETRYING = "processors, retrying, at most"
