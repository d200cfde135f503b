"""Load and lag of the fullest partition for a reader's own rate, workers, keys and partitions."""

from __future__ import annotations

import math

from lab.evidence.calculator import (
    Answers,
    Calculator,
    Constants,
    Input,
    Inputs,
    Listed,
    Output,
    script_beside,
)
from lab.experiments.kafka_lag.mechanism import Key, placement
from lab.experiments.kafka_lag.params import MEAN_LOAD, by_the_mean
from lab.experiments.kafka_lag.present.findings import Findings
from lab.experiments.kafka_lag.workload.variants import KEYS, LARGER, key_names, popularity


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """Shares and loads in %, growth in messages/s, catching up in s for each s of outage; keys as Kafka places them."""
    rate, worker = inputs["rate"], inputs["worker"]
    counted = _counted(inputs)
    workers, share = rate / worker, placement(counted, round(inputs["partitions"])).share
    load = share * workers
    return {
        "workers": workers,
        "mean": by_the_mean(workers, constants["mean_load"]),
        "largest": 100 * max(counted.values()) / sum(counted.values()),
        "most": min(100.0, 100 / workers),
        "share": 100 * share,
        "load": 100 * load,
        "growth": max(0.0, share * rate - worker),
        "catch_up": load / (1 - load) if load < 1 else math.inf,
    }


def _counted(inputs: Inputs) -> dict[Key, float]:
    """The reader's own keys; without any the run's, so many, with that exponent."""
    counted: dict[Key, float] = {}
    for key, count in inputs["counts"]:
        counted[key] = counted.get(key, 0) + count
    if counted:
        return counted
    keys = round(inputs["keys"])
    return dict(zip(key_names(keys), popularity(inputs["zipf"], keys).tolist(), strict=True))


def calculator(found: Findings) -> Calculator:
    params, keys = found.params, float(KEYS)
    tried = (float(min(params.counts)), float(max(params.counts)))
    workers = (params.workers, LARGER * params.workers)
    own = float(by_the_mean(params.workers))
    counts = Listed("counts", "Your own keys instead", "customer-1 500")
    placed = ("keys", "zipf", "partitions", counts.name)
    return Calculator(
        [
            Input("rate", "Rate", "messages/s", float(params.rate), 1, 1e9),
            Input("worker", "One worker processes", "messages/s", params.worker_rate, 0.1, 1e8),
            Input("keys", "Keys", "", keys, 1, 10_000, (keys, keys), whole=True),
            Input("zipf", "Zipf exponent of the keys, 0: all alike", "", params.zipf, 0, 4, (params.zipf, params.zipf)),
            Input("partitions", "Partitions", "", own, 1, 10_000, tried, whole=True),
        ],
        [
            Output("workers", "Workers that the mean load fills", "", "arithmetic", checked=workers),
            Output("mean", f"Partitions at {MEAN_LOAD:.0%} of their time", "", "arithmetic", "partitions by the mean"),
            Output("largest", "Largest key’s share", "%", "arithmetic"),
            Output("most", "One key may take", "%", "arithmetic", "largest share of one key"),
            Output("share", "Fullest partition’s share", "%", "simulated", rests_on=placed),
            Output("load", "Load of its worker", "%", "simulated", rests_on=placed),
            Output("growth", "Its lag grows by", "messages/s", "simulated"),
            Output("catch_up", "Catching up, for each s of outage", "s", "extrapolated", otherwise="never"),
        ],
        {"mean_load": MEAN_LOAD},
        compute,
        script_beside(__file__),
        counts,
    )  # fmt: skip
