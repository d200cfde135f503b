"""The saving of the chosen policy if one thing were otherwise."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from lab.experiments.storage_cost.mechanism import Prices, Trace, all_hot, bill, charge
from lab.experiments.storage_cost.params import Params
from lab.experiments.storage_cost.workload import traces
from lab.experiments.storage_cost.workload.arms import Candidate

HALF, DOUBLE = 0.5, 2.0
DRAWS = 4  # of sizes


def sensitivity(trace: Trace, chosen: Candidate, params: Params, prices: Prices) -> pd.DataFrame:
    """what, low and high (in words), saving at each; a break-even or predictor decides by the prices of the run throughout."""
    own, hot = (bill(trace, policy, prices) for policy in (chosen.policy, all_hot))
    run = 1 - own.total / hot.total

    def saving(at: Trace) -> float:
        return 1 - bill(at, chosen.policy, prices).total / bill(at, all_hot, prices).total

    def at_prices(table: Prices) -> float:
        return 1 - charge(trace, own.stays, table).total / charge(trace, hot.stays, table).total

    def priced(what: str, *names: str) -> tuple[str, str, str, float, float]:
        low, high = (at_prices(prices.changed(dict.fromkeys(names, by))) for by in (HALF, DOUBLE))
        return what, "half", "double", low, high

    raw = traces.movielens(params.median_mb, 0, params.seed)
    first = replace(
        trace,
        objects=tuple(replace(item, ended=min(item.ended, item.created + 90)) for item in trace.objects),
    )
    first = replace(
        first,
        objects=tuple(
            replace(item, reads=tuple(read for read in item.reads if read[0] < item.ended))
            for item in first.objects
        ),
    )
    inside = replace(trace, egress=0.0)
    drawn = [
        saving(traces.with_sizes(trace, params.median_mb, params.seed + draw)) for draw in range(2, 2 + DRAWS)
    ]
    rows = [
        priced("retrieval price", "retrieval_gb"),
        priced("hot storage price", "hot"),
        priced("cold storage price", "cold"),
        priced("request prices", "put", "get", "transition"),
        ("object size", "a thousandth", "a hundredfold", saving(trace.resized(1e-3)), saving(trace.resized(100))),
        ("reads", "as sessions", "each rating", run, saving(raw)),
        ("data leaving the region", "none", "a tenth of the reads", saving(inside), saving(replace(trace, egress=0.1))),
        ("sizes drawn anew", f"lowest of {DRAWS}", f"highest of {DRAWS}", min(drawn), max(drawn)),
        ("objects deleted", "after 90 days", "never", saving(first), run),
        ("going back up", "a copy, fetched again", "by the reader", saving(replace(trace, refetched=True)), run),
        ("open minimum durations", "charged", "left out", saving(replace(trace, settled=True)), run),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "low", "high", "saving_low", "saving_high"])
