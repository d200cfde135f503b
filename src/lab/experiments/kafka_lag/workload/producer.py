"""A load generator: one process that sends its share of a measurement window on schedule."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Producer
from numpy.typing import NDArray

from lab.experiments.kafka_lag.workload.variants import key_names
from lab.load.gate import Gate
from lab.load.openloop import Send, drive, settle, share
from lab.load.schedule import Nanoseconds
from lab.load.stamped import payloads

# Delivery that loses and doubles nothing, with batches large enough for the highest rate.
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 5,
    "batch.size": 262_144,
    "compression.type": "lz4",
    "queue.buffering.max.messages": 1_000_000,
    "log_level": 4,
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
    """A generator process: sends its share of every window that it finds in `folder`, one after the other.

    A window is a sub-folder window-N with window.npz in it; the process leaves NAME.npy (lateness in ns of each
    of its messages) there, and at the end NAME.json: refused messages.
    """

    bootstrap: str
    topics: Sequence[str]
    part: int
    parts: int
    message_bytes: int
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        return f"producer-{self.part}"


def generate(generator: Generator) -> None:
    """Work until the file `stop` appears in the generator's folder."""
    counts = {"refused": 0}
    producer = Producer(SETTINGS | {"bootstrap.servers": generator.bootstrap})
    _warm_up(producer, generator)
    for number in itertools.count():
        folder = generator.folder / f"window-{number}"
        if not _await(folder / "window.npz", generator.folder / "stop", producer):
            break
        topic, due_ns, lots = _prepare(generator, folder / "window.npz")
        settle()
        start_ns = Gate(folder).arrive(generator.name)
        kept = drive(due_ns, start_ns, _sender(producer, topic, lots, counts))
        producer.flush(60)
        np.save(folder / f"{generator.name}.npy", kept.lateness_ns)
    (generator.folder / f"{generator.name}.json").write_text(json.dumps(counts))


def _await(path: Path, stop: Path, producer: Producer) -> bool:
    """True once `path` is there, False if `stop` came first."""
    while not path.exists():
        if stop.exists():
            return False
        producer.poll(0.005)
    return True


def _warm_up(producer: Producer, generator: Generator) -> None:
    """Connect, get a producer id and open every partition before the clock runs; sequence -1 is nobody's."""
    (body,) = payloads(np.array([-1]), np.array([0]), generator.message_bytes, generator.seed)
    for topic in generator.topics:
        for partition in producer.list_topics(topic).topics[topic].partitions:
            producer.produce(topic, body, partition=partition)
    producer.flush(30)


@dataclass(frozen=True)
class Lot:
    """The messages for one partition, in order, with their places in the process's schedule."""

    partition: int
    places: NDArray[np.int64]
    messages: list[dict[str, Any]]

    def due(self, first: int, end: int) -> list[dict[str, Any]]:
        """Those of the schedule's messages first..end-1 that go to this partition."""
        low, high = np.searchsorted(self.places, (first, end))
        return self.messages[low:high]


def _prepare(generator: Generator, path: Path) -> tuple[str, Nanoseconds, list[Lot]]:
    window = np.load(path)
    mine = share(len(window["due"]), generator.part, generator.parts)
    due_ns = window["due"][mine]
    sequences = window["first"] + np.arange(len(window["due"]))[mine]
    bodies = payloads(sequences, due_ns, generator.message_bytes, generator.seed + generator.part)
    names, keys, partitions = key_names(), window["keys"][mine], window["partitions"][mine]
    lots = []
    for partition in np.unique(partitions).tolist():
        places = np.flatnonzero(partitions == partition)
        messages = [{"value": bodies[place], "key": names[keys[place]]} for place in places.tolist()]
        lots.append(Lot(partition, places, messages))
    return str(window["topic"]), due_ns, lots


def _sender(producer: Producer, topic: str, lots: list[Lot], counts: dict[str, int]) -> Send:
    def delivered(error: Any, message: Any) -> None:
        if error is not None:
            counts["refused"] += 1

    def send(first: int, end: int) -> int:
        # One call per partition: a "partition" in a single message of a batch is ignored by the client.
        for lot in lots:
            waiting = lot.due(first, end)
            while waiting:
                waiting = _queue(producer, topic, lot.partition, waiting, delivered)
        producer.poll(0)
        return end - first

    return send


def _queue(
    producer: Producer, topic: str, partition: int, batch: list[dict[str, Any]], delivered: Any
) -> list[dict[str, Any]]:
    """Hand over a batch; returns what a full queue refused, after waiting a little."""
    try:
        queued = producer.produce_batch(topic, batch, partition=partition, on_delivery=delivered)
    except BufferError:
        queued = 0
    if queued == len(batch):
        return []
    producer.poll(0.01)
    refused = [message for message in batch if message.pop("_error", None) is not None]
    return refused if queued else batch
