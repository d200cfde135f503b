"""A load generator: one process that sends its share of a hold on schedule."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Producer

from lab.experiments.kafka_lag.workload import key_names, payloads
from lab.load.gate import Gate
from lab.load.openloop import Send, drive, share

# Delivery that loses and doubles nothing, with batches large enough for the highest rate.
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 5,
    "batch.size": 262_144,
    "compression.type": "lz4",
    "queue.buffering.max.messages": 1_000_000,
    "statistics.interval.ms": 500,
}

# The same for Kafka's Java producer, whose names differ here and there.
JAVA_SETTINGS = {
    "acks": "all",
    "enable.idempotence": "true",
    "linger.ms": 5,
    "batch.size": 262_144,
    "compression.type": "lz4",
}


@dataclass(frozen=True)
class Generator:
    """Which share of which hold to send where."""

    bootstrap: str
    topic: str
    hold: Path
    part: int
    parts: int
    message_bytes: int
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        return f"producer-{self.part}"


def generate(generator: Generator) -> None:
    """Prepare the messages, wait for the common start, send on schedule, leave NAME.npz behind.

    NAME.npz: lateness_ns per message, refused (delivery reports with an error), wire_bytes per message.
    """
    due_ns, messages = _prepare(generator)
    counts: dict[str, float] = {"refused": 0, "wire_bytes": 0}
    producer = Producer(
        SETTINGS | {"bootstrap.servers": generator.bootstrap, "stats_cb": lambda text: _wire(text, counts)}
    )
    producer.list_topics(generator.topic)  # connect before the clock runs
    start_ns = Gate(generator.folder).arrive(generator.name)
    kept = drive(due_ns, start_ns, _sender(producer, generator.topic, messages, counts))
    producer.flush(60)
    deadline = time.monotonic() + 1
    while not counts["wire_bytes"] and time.monotonic() < deadline:
        producer.poll(0.05)
    report = {"lateness_ns": kept.lateness_ns} | {name: np.array(count) for name, count in counts.items()}
    np.savez(generator.folder / f"{generator.name}.npz", allow_pickle=False, **report)


def _prepare(generator: Generator) -> tuple[np.ndarray, list[dict[str, Any]]]:
    hold = np.load(generator.hold)
    mine = share(len(hold["due"]), generator.part, generator.parts)
    due_ns = hold["due"][mine]
    sequences = hold["first"] + np.arange(len(hold["due"]))[mine]
    bodies = payloads(sequences, due_ns, generator.message_bytes, generator.seed + generator.part)
    names = key_names()
    placed = zip(bodies, hold["keys"][mine].tolist(), hold["partitions"][mine].tolist(), strict=True)
    return due_ns, [{"value": body, "key": names[key], "partition": where} for body, key, where in placed]


def _sender(producer: Producer, topic: str, messages: list[dict[str, Any]], counts: dict[str, Any]) -> Send:
    def delivered(error: Any, message: Any) -> None:
        if error is not None:
            counts["refused"] += 1

    def send(first: int, end: int) -> int:
        batch = messages[first:end]
        try:
            queued = producer.produce_batch(topic, batch, on_delivery=delivered)
        except BufferError:
            queued = 0
        producer.poll(0)
        return queued

    return send


def _wire(text: str, counts: dict[str, Any]) -> None:
    # librdkafka counts what left the socket: compressed batches with their overhead.
    statistics = json.loads(text)
    if statistics["txmsgs"]:
        counts["wire_bytes"] = statistics["tx_bytes"] / statistics["txmsgs"]
