"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.kafka_lag.params import MEAN_LOAD, by_the_mean
from lab.experiments.kafka_lag.present.findings import Findings, even, findings, listed, rows
from lab.experiments.kafka_lag.workload.variants import KEYS, LARGER

SIMULATED = "a worker's time per message is added up, not spent; the rest is real"


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, decisions, alternatives; every figure from the run."""
    found = findings(treatment, controls)
    mean = found.by_mean
    return Summary(
        answer=_answer(found),
        conditions=_conditions(found),
        headline=Metric(
            "fullest_partition",
            float(mean.times_fair),
            "times its fair share",
            f"the fullest of {mean.partitions} partitions, skewed keys",
            better="lower",
        ),
        figure="partition_counts",
        decisions=[
            _partitions(found),
            _strategy(found),
            _spread(found),
            _catch_up(found),
            _clients(treatment),
        ],
        alternatives=_alternatives(treatment),
    )


def _answer(found: Findings) -> str:
    params, mean = found.params, found.by_mean
    return (
        f"The fullest partition decides, not the mean: {mean.offered:,} messages/s of {params.wait_ms:g} ms ask for "
        f"{by_the_mean(params.workers)} partitions by the mean, but skewed keys give the fullest of {mean.partitions} work for "
        f"{mean.load:.1f} workers. {_verdict(found)}. "
        f"Salting {_keys(found)} {'bounds' if found.bounded else 'should bound'} lag with {params.partitions} at {params.rate:,} "
        f"messages/s of {params.service_ns / 1e3:,.0f} µs (simulated), but {_disorder(found)}."
    )


def _keys(found: Findings) -> str:
    return "the hottest key" if found.salted == 1 else f"the {found.salted} hottest keys"


def _disorder(found: Findings) -> str:
    """What salting takes from the order of a key's messages: those that may be overtaken by a later one, and those that were."""
    promised = f"{found.salted_share:.0%} of the messages may lose their order"
    return promised if math.isnan(found.overtaken) else f"{promised}, {found.overtaken:.0%} did"


def _verdict(found: Findings) -> str:
    """Which counts hold, without a full stop."""
    row, others = found.recommended, listed(found.behind)
    if row is None:
        return f"None of the counts tried ({listed(sorted(found.params.counts))}) leaves its fullest partition room"
    if not found.kept:
        return f"{row.partitions} partitions should keep up and did not on this machine ({row.load:.0%} load)"
    return f"{row.partitions} partitions keep up ({row.load:.0%} load)" + (
        f"; {others} do not" if others else ""
    )


def _conditions(found: Findings) -> list[str]:
    params = found.params
    return [
        f"{params.wait_ms:g} ms a message really waited where counts vary, {params.service_ns / 1e3:,.0f} µs simulated where "
        f"strategies do: the same load",
        f"{KEYS:,} keys called customer-N, Zipf exponent {params.zipf:g}: the largest has {found.largest_key:.0%} of all",
        "one broker, one copy, all clients on the same machine",
    ]


def _partitions(found: Findings) -> Decision:
    tried = [f"skewed keys@{count}.growth" for count in found.skewed["partitions"]]
    advice = "Count your own keys and ask placement(): more partitions may be worse."
    return Decision(
        "How many partitions does a topic need?",
        f"At a load of {found.params.workers:.1f} workers: {_verdict(found)}. {advice}",
        "measured",
        ["backlog_predicted", *tried],
        figure="partition_counts",
    )


def _strategy(found: Findings) -> Decision:
    names = list(found.at_top["strategy"])
    keys = [f"{name} (even keys)" if name == "keyed" else name for name in names]
    row = found.recommended
    held = [row.partitions] if row is not None and found.kept else []
    here = f" (here {held[0]})" if held else ""
    return Decision(
        "Which partition strategy?",
        f"Key by what needs order; too hot a key needs a number of partitions that holds it{here}, or salt: with "
        f"{found.params.partitions}, {_disorder(found)}. 99 % within "
        f"{found.treatment_p99:,.0f} ms at most ({', '.join(keys)}); hot key unsalted {found.hot.p99_ms:,.0f} ms and rising.",
        "simulated",
        ["lag_bounded", "order_kept", *(f"{name}@{found.params.rate}.latency_p99" for name in names)]
        + [f"skewed keys@{count}.growth" for count in held],
        SIMULATED,
        "latency",
    )


def _spread(found: Findings) -> Decision:
    planned, crowded = rows(found.larger)
    far = even(by_hundred := by_the_mean(10 * LARGER * found.params.workers))
    return Decision(
        "Do more partitions spread even keys evenly?",
        f"No: of {planned.partitions} partitions the fullest has {planned.times_fair:.1f} times its share (seen), of "
        f"{by_hundred} {far.times_fair:.1f} times: {MEAN_LOAD * far.times_fair:.1f} workers' load where {MEAN_LOAD:.0%} was "
        f"planned, while {far.empty} get none of {KEYS:,} keys. Plan by the fullest.",
        "simulated",
        ["larger_predicted", *(f"even keys@{row.partitions}.fullest" for row in (planned, crowded))],
        f"{KEYS:,} names stand in for yours, placed by Kafka's own hash",
        "spread",
    )


def _catch_up(found: Findings) -> Decision:
    caught = rows(found.outage.dropna())
    seen = ", ".join(f"{row.load:.0%} load {row.catch_up_s / row.outage_s:.1f}" for row in caught) or "none"
    return Decision(
        "How long does a group take to catch up after an outage?",
        f"ρ/(1 − ρ) times the outage at load ρ of the fullest partition; seen after {found.outage['outage_s'].max():.1f} s: at "
        f"{seen} times. After a crash the outage lasts until the group notices, session.timeout.ms (45 s by default), and has "
        f"shared out anew.",
        "measured",
        ["catch_up_predicted", *(f"catch_up.{number}" for number in found.outage["partition"])],
        figure="catch_up",
    )


def _clients(treatment: Result) -> Decision:
    elsewhere = treatment.metric("default_elsewhere").value
    return Decision(
        "May Java and librdkafka clients write one keyed topic?",
        f"Only with one partitioner: librdkafka's default (CRC32) puts {elsewhere:.0%} of the keys elsewhere than Java "
        f"(murmur2). Set partitioner=murmur2_random before the first message: later it moves keys away from their order.",
        "measured",
        ["murmur2_agrees", "default_elsewhere"],
    )


def _alternatives(treatment: Result) -> list[Alternative]:
    return [
        Alternative(
            "Share groups",
            "Many consumers read one partition and acknowledge each message, so a full partition needs no second one; "
            "order is given up. Not tried here.",
            "KIP-932: production-ready since Apache Kafka 4.2; librdkafka's client is a preview (2.15)",
        ),
        Alternative(
            "Parallel consumer",
            "A member works on many keys of its partition at once and keeps the order of each; a hot key stays one worker's. "
            "Not tried here.",
            "parallel-consumer (astubbs; Confluent no longer maintains its own), README, November 2026",
        ),
        Alternative(
            "Sticky batches",
            "Java's default for messages without a key: a partition until a batch is full, less often those of slow brokers. "
            "random-sticky changes it every 100 messages instead.",
            "KIP-794, Apache Kafka since 3.3 (KIP-480 since 2.4)",
        ),
        Alternative(
            "Hash of the key",
            "Default with a key: murmur2 in Java, CRC32 in librdkafka (consistent_random) and what builds on it. An empty key "
            "is hashed by the first and placed at random by the second.",
            f"Apache Kafka {treatment.versions.get('Apache Kafka', '')}; librdkafka "
            f"{treatment.versions.get('librdkafka', '')}, CONFIGURATION.md",
        ),
        Alternative(
            "Batches and fetches",
            "Defaults: linger.ms 5, fetch.min.bytes 1, fetch.wait.max.ms 500; here 5, 100,000 and 10, so that a fetch is "
            "answered every 10 ms and not for each message.",
            "KIP-1030, Apache Kafka since 4.0; librdkafka, CONFIGURATION.md",
        ),
    ]
