"""Kafka's own tools and the C client's own partitioner, to hold our figures against."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.services.kafka import Kafka

# Utils.murmur2 of these keys, from Apache Kafka's own unit test (UtilsTest.testMurmur2).
VECTORS = {b"21": -973932308, b"foobar": -790332482, b"abc": 479470107}
_PRODUCER_PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"
_CONSUMER_GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
_VERIFIABLE_PRODUCER = "org.apache.kafka.tools.VerifiableProducer"
_SUMMARY = re.compile(
    r"(?P<records>\d+) records sent, (?P<rate>[\d.]+) records/sec .*?"
    r"(?P<p50>\d+) ms 50th, (?P<p95>\d+) ms 95th, (?P<p99>\d+) ms 99th"
)


@dataclass(frozen=True)
class JavaProducer:
    """What ProducerPerformance reported: messages/s and acknowledgement latency in ms."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def producer_performance(
    broker: Kafka, topic: str, count: int, size: int, rate: int, settings: Mapping[str, Any]
) -> JavaProducer:
    """Run Kafka's ProducerPerformance: `count` messages of `size` bytes, throttled to `rate`/s (-1: not)."""
    properties = [f"{name}={value}" for name, value in settings.items()]
    finished = broker.tool(
        _PRODUCER_PERFORMANCE,
        *("--topic", topic, "--num-records", str(count), "--record-size", str(size)),
        *("--throughput", str(rate), "--producer-props", f"bootstrap.servers={broker.bootstrap}"),
        *properties,
    )
    return parse_performance(finished.stdout)


def parse_performance(text: str) -> JavaProducer:
    """The last summary line of ProducerPerformance's output; ServiceError if there is none."""
    found = list(_SUMMARY.finditer(text))
    if not found:
        raise ServiceError(f"ProducerPerformance printed no summary; its output ends with: {text[-400:]!r}")
    last = found[-1]
    return JavaProducer(*(float(last[name]) for name in ("rate", "p50", "p95", "p99")))


def group_lag(broker: Kafka, group: str, topic: str, partitions: int) -> NDArray[np.int64]:
    """Lag by partition as `kafka-consumer-groups.sh --describe` prints it."""
    finished = broker.tool(
        _CONSUMER_GROUPS, "--bootstrap-server", broker.bootstrap, "--describe", "--group", group
    )
    return parse_group(finished.stdout, topic, partitions)


def parse_group(text: str, topic: str, partitions: int) -> NDArray[np.int64]:
    """The LAG column for `topic`; ServiceError if a partition is missing or has no committed offset."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    head = next((line for line in lines if line[0] == "GROUP"), None)
    if head is None:
        raise ServiceError(f"the consumer group's description has no table: {text[-400:]!r}")
    column = {name: place for place, name in enumerate(head)}
    rows = [line for line in lines if len(line) > column["LAG"] and line[column["TOPIC"]] == topic]
    lag = {int(row[column["PARTITION"]]): row[column["LAG"]] for row in rows}
    if sorted(lag) != list(range(partitions)) or "-" in lag.values():
        raise ServiceError(f"the group's description lacks partitions of {topic}: found {lag}")
    return np.array([int(lag[number]) for number in range(partitions)], dtype=np.int64)


def client_partitions(bootstrap: str, topic: str, keys: list[bytes], partitioner: str | None) -> list[int]:
    """Send one message per key and let the C client (librdkafka) choose the partition; None: by its own default."""
    chosen: dict[bytes, int] = {}

    def delivered(error: Any, message: Any) -> None:
        if error is None:
            chosen[message.key()] = message.partition()

    own = {"partitioner": partitioner} if partitioner else {}
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", **own})
    for key in keys:
        producer.produce(topic, key=key, value=key, on_delivery=delivered)
    producer.flush(30)
    return _all_of(chosen, keys)


def java_partitions(broker: Kafka, topic: str, keys: int) -> list[int]:
    """Where Kafka's Java producer puts the keys b"0", b"1", ...: one message each, by its VerifiableProducer."""
    finished = broker.tool(
        _VERIFIABLE_PRODUCER,
        *("--bootstrap-server", broker.bootstrap, "--topic", topic),
        *("--max-messages", str(keys), "--repeating-keys", str(keys), "--throughput", "-1"),
    )
    return parse_verifiable(finished.stdout, keys)


def parse_verifiable(text: str, keys: int) -> list[int]:
    """The partition of each key b"0", b"1", ... in VerifiableProducer's output; ServiceError if one is missing."""
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    sent = [event for event in events if event.get("name") == "producer_send_success"]
    chosen = {event["key"].encode(): event["partition"] for event in sent}
    return _all_of(chosen, [b"%d" % number for number in range(keys)])


def _all_of(chosen: Mapping[bytes, int], keys: list[bytes]) -> list[int]:
    if missing := [key for key in keys if key not in chosen]:
        raise ServiceError(f"{len(missing)} of {len(keys)} messages were not acknowledged")
    return [chosen[key] for key in keys]
