"""Partition strategies and consumer lag at three rates, on a real broker."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import confluent_kafka

from lab.evidence.result import Result
from lab.experiments.kafka_lag import oracle
from lab.experiments.kafka_lag.judge.metrics import metrics, tables
from lab.experiments.kafka_lag.judge.observations import observe
from lab.experiments.kafka_lag.measure.bench import Bench, bench, create_topic, delete_topics
from lab.experiments.kafka_lag.measure.lag import LagProbe
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire, collect
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.workload.arms import Arm, arms, hot_key, key_names
from lab.experiments.kafka_lag.workload.messages import prepare
from lab.experiments.kafka_lag.workload.producer import JAVA_SETTINGS
from lab.progress import Steps, steps
from lab.services.kafka import Kafka, kafka

WARM_UP_S = 1.5
JAVA_S = 3.0


def run(params: Params, strategies: Sequence[Arm] | None = None) -> Result:
    """Every strategy at every rung of the ladder; the treatment's own arms by default.

    An own one: `Arm("name", function(key, sequence, partitions) -> partition, zipf=0)`.
    """
    (only,) = _run(params, [list(strategies) if strategies is not None else arms(params)])
    return only


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and control on one broker, side by side at every rung."""
    treatment, control = _run(params, [arms(params), hot_key(params)])
    return treatment, {"hot key": control}


def _run(params: Params, groups: list[list[Arm]]) -> list[Result]:
    """One result for each group of arms; Kafka's own tools are asked beside the first."""
    every = [arm for group in groups for arm in group]
    with (
        tempfile.TemporaryDirectory(prefix="lab-kafka-lag-") as folder,
        steps(len(every) * len(params.rungs) + 3) as work,
    ):
        work.next("broker")
        with kafka(brokers=1) as broker:
            session = _Session(params, broker, Path(folder), work)
            try:
                seen, wire = session.measure(every)
                beside = session.ask_oracles()
            finally:
                session.leave()
            versions = {"Apache Kafka": broker.version, "librdkafka": confluent_kafka.libversion()[0]}
    parts = [[item for item in seen if item.hold.arm in group] for group in groups]
    asked = [beside, *[None] * (len(groups) - 1)]
    return [
        Result(
            params,
            observe(params, part, wire, other),
            metrics(params, part, wire, other),
            tables(part),
            versions,
        )
        for part, other in zip(parts, asked, strict=True)
    ]


@dataclass
class _Session:
    """One broker, one topic, one consumer group, for all holds of a run."""

    params: Params
    broker: Kafka
    folder: Path
    work: Steps
    name: str = field(default_factory=lambda: f"lag-{uuid.uuid4().hex[:8]}")
    topics: list[str] = field(default_factory=list)

    def measure(self, chosen: list[Arm]) -> tuple[list[Seen], Wire]:
        """All holds, rung by rung, the arms side by side within a rung; the first hold only warms up."""
        params = self.params
        self._topic(self.name)
        with bench(self.broker.bootstrap, self.name, params, self.folder) as table:
            self.work.next("warm-up")
            seen = [self._hold(table, chosen[0], params.rate, WARM_UP_S, first=0)]
            for rung in params.rungs:
                for arm in chosen:
                    self.work.next(f"{arm.name} at {rung:,}/s")
                    first = seen[-1].hold.first + seen[-1].hold.count
                    seen.append(self._hold(table, arm, rung, params.hold_s(rung), first))
        return collect(seen[1:], self.folder)

    def _hold(self, table: Bench, arm: Arm, rung: int, seconds: float, first: int) -> Seen:
        hold = prepare(arm, rung, seconds, self.params.partitions, first, self.params.seed)
        return table.hold(hold)

    def ask_oracles(self) -> Beside:
        """What Kafka's own tools say, on the same broker."""
        self.work.next("Kafka's own tools")
        params, broker = self.params, self.broker
        keys = key_names()
        # Nobody consumes now: what these messages add stays as lag, for all to count.
        chosen = oracle.client_partitions(broker.bootstrap, self.name, keys)
        own = LagProbe(broker.bootstrap, self.name, self.name, params.partitions).read().lag
        reported = oracle.group_lag(broker, self.name, self.name, params.partitions)
        beside = self._topic(f"{self.name}-java")
        java = oracle.producer_performance(
            broker, beside, round(params.rate * JAVA_S), params.message_bytes, params.rate, JAVA_SETTINGS
        )
        return Beside(keys, chosen, own, reported, java)

    def _topic(self, name: str) -> str:
        create_topic(self.broker.bootstrap, name, self.params.partitions)
        self.topics.append(name)
        return name

    def leave(self) -> None:
        """Take the topics away: the cluster may be somebody else's."""
        delete_topics(self.broker.bootstrap, self.topics)
