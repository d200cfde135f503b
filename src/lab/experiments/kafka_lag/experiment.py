"""Partition strategies and consumer lag at three rates, partition counts and an outage, on a real broker."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import confluent_kafka

from lab.evidence.result import Result
from lab.experiments.kafka_lag import oracle
from lab.experiments.kafka_lag.judge.metrics import beside_metrics, metrics, model_metrics, tables
from lab.experiments.kafka_lag.judge.observations import observe, oracles, same_partition
from lab.experiments.kafka_lag.measure.bench import Bench, bench
from lab.experiments.kafka_lag.measure.lag import LagProbe
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire, collect
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.workload.messages import prepare
from lab.experiments.kafka_lag.workload.producer import JAVA_SETTINGS
from lab.experiments.kafka_lag.workload.variants import (
    Load,
    Topic,
    Variant,
    hot_key,
    levels,
    outage,
    sweep,
    variants,
)
from lab.progress import Steps, steps
from lab.services.kafka import Kafka, kafka
from lab.services.topics import create_topics, delete_topics

KEYS_ASKED = 1_000


def run(params: Params, strategies: Sequence[Variant] | None = None) -> Result:
    """Every strategy at every load level; the treatment's own by default. No sweep, no outage.

    An own one: `Variant("name", function(key, sequence, partitions) -> partition, zipf=0)`.
    """
    chosen = levels(params, list(strategies) if strategies is not None else variants(params))
    seen, wire, beside, versions = _measure(params, chosen)
    return _treatment(params, seen, wire, beside, versions)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and control on one broker, side by side at every level; then the partition counts and the outage."""
    chosen = levels(params, [*variants(params), hot_key(params)])
    return results(params, *_measure(params, [*chosen, *sweep(params), outage(params)]))


def results(
    params: Params, seen: list[Seen], wire: Wire, beside: Beside, versions: dict[str, str]
) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    control = hot_key(params).name
    hot = [item for item in seen if item.window.load.variant.name == control]
    treated = [item for item in seen if item.window.load.variant.name != control]
    default = same_partition(params, beside.keys, beside.java, beside.default)
    return _treatment(params, treated, wire, beside, versions), {
        "hot key": _result(params, hot, wire, versions),
        "default partitioner": Result(params, {"murmur2_agrees": default}, versions=versions),
    }


def _treatment(
    params: Params, seen: list[Seen], wire: Wire, beside: Beside, versions: dict[str, str]
) -> Result:
    """The result, with what Kafka's own tools said."""
    plain = _result(params, seen, wire, versions)
    return replace(
        plain,
        observed={**plain.observed, **oracles(params, seen, beside)},
        metrics=[*plain.metrics, *beside_metrics(beside)],
    )


def _result(params: Params, seen: list[Seen], wire: Wire, versions: dict[str, str]) -> Result:
    made = tables(params, seen)
    found = metrics(params, seen) + (model_metrics(made) if "outage" in made else [])
    return Result(params, observe(params, seen, wire, made), found, made, versions)


def _measure(params: Params, loads: Sequence[Load]) -> tuple[list[Seen], Wire, Beside, dict[str, str]]:
    """All windows on one broker, then Kafka's own tools."""
    with (
        tempfile.TemporaryDirectory(prefix="lab-kafka-lag-") as folder,
        steps(len(loads) + 3) as work,
    ):
        work.next("broker")
        with kafka(brokers=1) as broker:
            session = _Session(params, broker, Path(folder), work)
            try:
                seen, wire = session.measure(loads)
                beside = session.ask_oracles()
            finally:
                session.leave()
            versions = {"Apache Kafka": broker.version, "librdkafka": confluent_kafka.libversion()[0]}
    return seen, wire, beside, versions


@dataclass
class _Session:
    """One broker and one consumer group for all windows of a run; a topic for each number and kind of workers."""

    params: Params
    broker: Kafka
    folder: Path
    work: Steps
    name: str = field(default_factory=lambda: f"lag-{uuid.uuid4().hex[:8]}")
    topics: list[str] = field(default_factory=list)

    def measure(self, loads: Sequence[Load]) -> tuple[list[Seen], Wire]:
        """All windows in their order; the first one once more before them, to warm up."""
        params = self.params
        topics = dict.fromkeys(load.topic for load in loads)
        self._create({topic.name(self.name): topic.partitions for topic in topics})
        with bench(self.broker.bootstrap, self.name, topics, params, self.folder) as table:
            self.work.next("warm-up")
            warm_up = replace(loads[0], rate=params.rate, seconds=min(1.5, params.seconds / 2))
            seen = [self._window(table, warm_up, first=0)]
            for load in loads:
                self.work.next(f"{load.variant.name} at {load.rate:,}/s")
                seen.append(self._window(table, load, seen[-1].window.first + seen[-1].window.count))
        return collect(seen[1:], self.folder)

    def _window(self, table: Bench, load: Load, first: int) -> Seen:
        return table.measure(prepare(load, first, self.params.seed))

    def ask_oracles(self) -> Beside:
        """What Kafka's own tools say, on the same broker."""
        self.work.next("Kafka's own tools")
        params, broker = self.params, self.broker
        topic = Topic(params.partitions, params.service_ns).name(self.name)
        keys = [b"%d" % number for number in range(KEYS_ASKED)]
        # Nobody consumes now: what these messages add stays as lag, for all to count.
        java = oracle.java_partitions(broker, topic, len(keys))
        murmur2, default = (
            oracle.client_partitions(broker.bootstrap, topic, keys, chosen)
            for chosen in ("murmur2_random", None)
        )
        own = LagProbe(broker.bootstrap, self.name, topic, params.partitions).read().lag
        reported = oracle.group_lag(broker, self.name, topic, params.partitions)
        other, seconds = f"{self.name}-java", min(3.0, params.seconds)
        self._create({other: params.partitions})
        performance = oracle.producer_performance(
            broker, other, round(params.rate * seconds), params.message_bytes, params.rate, JAVA_SETTINGS
        )
        return Beside(keys, java, murmur2, default, own, reported, performance)

    def _create(self, partitions: dict[str, int]) -> None:
        create_topics(self.broker.bootstrap, partitions)
        self.topics += partitions

    def leave(self) -> None:
        """Take the topics away: the cluster may be somebody else's."""
        delete_topics(self.broker.bootstrap, self.topics)
