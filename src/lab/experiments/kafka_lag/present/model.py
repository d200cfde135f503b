"""How many partitions, how hot a key, how much network: the law and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.kafka_lag.present.findings import Findings, findings

REPLICAS = 3
LOAD_LIMIT = 0.7  # share of a worker's capacity that is planned for; the rest absorbs bursts and restarts
LINK_BYTES = 1.25e9  # a 10 Gbit/s network card


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Partitions by workers' rate and by the hottest key; waiting time; network."""
    found = findings(treatment, controls)
    cpu = treatment.metric("consumer_cpu").value
    size = treatment.metric("wire_bytes").value
    return Model(
        statement=(
            "A partition is read in order by one worker. It keeps up while what arrives at it, λ, stays below "
            "what its worker can do, μ; else its lag grows by λ − μ for as long as the load lasts. Partitions "
            "divide the load, but never a key: a key whose share of the rate exceeds μ needs salting, not "
            "more partitions."
        ),
        formula=(
            r"\begin{gathered} P \ge \frac{\lambda}{0.7\,\mu} \\ s_{\max} < \frac{\mu}{\lambda} \\"
            r"\frac{dL}{dt} = \max(0,\; s\lambda - \mu) \\ W \approx W_0 + \frac{1}{\mu - s\lambda} \end{gathered}"
        ),
        constants=[
            Metric("mu", found.worker_rate, "messages/s", "μ, one partition's worker (set by `lane_share`)"),
            Metric("w0", float(found.best.p50_ms), "ms", "W₀, median latency of the best arm"),
            Metric("cpu", cpu, "µs/message", "consumer's CPU"),
            Metric("wire", size, "bytes/message", "on the wire, compressed"),
            Metric("share", float(found.hot.hot_share), "", "s, hottest partition's share in the control"),
        ],
        check=Prediction(
            "the control's hot partition (growth of its lag, from its share and the worker's rate alone)",
            max(0.0, float(found.hot.hot_share) * found.rate - found.worker_rate),
            float(found.hot.growth),
            "messages/s",
        ),
        projection=pd.DataFrame([_row(found, factor, cpu, size) for factor in FACTORS]),
        advice=_advice(found, cpu, size),
    )


def _row(found: Findings, factor: int, cpu_us: float, size: float) -> dict[str, object]:
    rate = found.rate * factor
    return {
        "factor": factor,
        "messages/s": rate,
        "partitions": partitions_for(rate, found.worker_rate),
        "largest share of one key": f"{min(1.0, found.worker_rate / rate):.2%}",
        "consumer cores": math.ceil(rate * cpu_us / 1e6),
        "egress per group, MB/s": rate * size / 1e6,
        f"replication ({REPLICAS} copies), MB/s": rate * size * (REPLICAS - 1) / 1e6,
    }


def partitions_for(rate: float, worker_rate: float) -> int:
    """Fewest partitions that keep an evenly loaded worker at `LOAD_LIMIT` of its capacity."""
    return math.ceil(rate / worker_rate / LOAD_LIMIT)


def _advice(found: Findings, cpu_us: float, size: float) -> list[str]:
    mu, share = found.worker_rate, float(found.hot.hot_share)
    wait_limit = 1 - 1 / (mu * float(found.best.p50_ms) / 1e3)
    one_key = mu / found.holds["hot_key_share"].max()
    return [
        f"Keyed by an even key, plan {partitions_for(found.rate, mu)} partitions for {found.rate:,} messages/s "
        f"and {partitions_for(found.rate * 10, mu):,} for ten times that; a topic's partition count can't "
        f"be changed later without moving keys, so plan for the size to come.",
        f"Salt the hottest key from about {one_key:,.0f} messages/s on: there it alone fills a worker of "
        f"{mu:,.0f} messages/s, and no number of partitions helps. With the {found.partitions} partitions of this run "
        f"the hot partition already overflows at {mu / share:,.0f} messages/s.",
        f"Queueing adds as much as the pipeline's own {found.best.p50_ms:,.0f} ms only above {wait_limit:.1%} load of a "
        f"worker (for random arrivals), so below that, latency is won in batching and commit intervals, not in "
        f"more partitions.",
        f"One consumer core is used up at {1e6 / cpu_us:,.0f} messages/s of fetching and decoding alone; "
        f"past that a second process is needed whatever the service cost.",
        f"A 10 Gbit/s card is full at {LINK_BYTES / (size * REPLICAS):,.0f} messages/s per broker with one consuming group "
        f"and {REPLICAS} copies; before that, add brokers and spread the leaders.",
    ]
