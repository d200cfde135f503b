"""When cold storage pays by a reader's own prices and accesses."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.storage_cost.present.findings import Findings

COLD = "GLACIER_IR"
HOT_COLUMN = "all hot, USD a month for a PB"


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """USD a month of all hot, idle days from which cold pays (infinite: never), % of its saving that returns take back."""
    per_gb, days, size = constants["bytes_per_gb"], constants["days_in_month"], inputs["size"] * 1e6
    stored, each = inputs["stored"] * 1e12 / per_gb, size / per_gb
    kept = max(size, constants["min_bytes"]) + constants["overhead_bytes"]
    hot = inputs["hot"] * (size - constants["overhead_hot_bytes"]) / per_gb / days  # USD a day, as `cold`
    cold = inputs["cold"] * kept / per_gb / days
    back = inputs["moves"] / 1000 + inputs["retrieval"] * each
    saved, least, returns = hot - cold, inputs["minimum"], inputs["returns"]
    idle = share = math.inf
    if saved > 0:
        # Who leaves before the minimum duration pays cold for all of it.
        idle = back / saved if back / saved >= least else (back + cold * least) / hot
        share = returns / days * (back + cold * max(0.0, least - days / returns)) / saved if returns else 0.0
    return {
        "month": inputs["hot"] * stored + constants["requests_each"] * (stored / each),
        "idle": idle,
        "share": 100 * share if returns else 0.0,
    }


def calculator(found: Findings, stored_gb: float) -> Calculator:
    """stored_gb: what the projection keeps."""
    prices, size = found.prices, found.value("mean_gb") * found.prices.bytes_per_gb / 1e6
    cold = prices.of(COLD) if COLD in prices.names else prices.classes[-1]
    moves = cold.transition + prices.hot.put + cold.retrieval
    return Calculator(
        [
            Input("stored", "Stored", "TB", stored_gb * prices.bytes_per_gb / 1e12, 1e-3, 1e6),
            Input("size", "Mean object", "MB", size, 1e-3, 1e6, (size / found.params.copies, size)),
            Input("hot", f"Price of {prices.hot.name}", "USD/GB a month", found.value("a_hot"), 1e-5, 10),
            Input("cold", f"Price of {cold.name}", "USD/GB a month", cold.gb_month, 0, 10),
            Input("retrieval", "Retrieval", "USD/GB", cold.retrieval_gb, 0, 10),
            Input("moves", "A move there and back", "USD/1,000 objects", moves, 0, 100),
            Input("minimum", "Minimum duration", "days", cold.min_days, 0, 3_650),
            Input("returns", "Times that an object comes back", "a month", 1, 0, 1_000),
        ],
        [
            Output("month", "All hot", "USD a month", "simulated", HOT_COLUMN, ("size",)),
            Output("idle", "Cold pays after", "idle days", "arithmetic", otherwise="never"),
            Output(
                "share", "Coming back takes of what it saves", "%", "arithmetic", otherwise="more than all"
            ),
        ],
        {
            "bytes_per_gb": prices.bytes_per_gb,
            "days_in_month": prices.days_in_month,
            "requests_each": found.value("b_hot"),
            "min_bytes": cold.min_bytes,
            "overhead_bytes": cold.overhead_bytes,
            "overhead_hot_bytes": cold.overhead_hot_bytes,
        },
        compute,
        script_beside(__file__),
    )
