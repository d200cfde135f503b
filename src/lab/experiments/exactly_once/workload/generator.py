"""The load generator: a process that sends each round's messages on schedule, whatever happens to the broker."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Producer

from lab.experiments.exactly_once.params import Params
from lab.experiments.exactly_once.workload.schedule import Round, plan
from lab.files import write_atomically
from lab.load.gate import Gate
from lab.load.openloop import Punctuality, drive, settle
from lab.load.schedule import constant
from lab.load.stamped import payloads

NAME = "generator"
BYTES = 100  # of a message
PATIENCE_S = 120.0
SETTINGS = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 5,
    "compression.type": "lz4",
    "log_level": 0,
}


@dataclass(frozen=True)
class Sent:
    """What became of a round's messages. reached: the rate of handing over, as a share of the planned one."""

    refused: int
    reached: float
    late_p99_ms: float


def generate(bootstrap: str, topic: str, params: Params, folder: Path) -> None:
    """Send all rounds, each when its gate opens; leaves a report in each round's folder."""
    producer = Producer(SETTINGS | {"bootstrap.servers": bootstrap})
    for one in plan(params):
        _send(producer, topic, params, one, place(folder, one))


def place(folder: Path, one: Round) -> Path:
    """A round's folder."""
    return folder / f"round-{one.number}"


def report(folder: Path) -> Sent | None:
    """What the generator said of a round; None before the broker has acknowledged all of it."""
    found = folder / "sent.json"
    return Sent(**json.loads(found.read_text())) if found.exists() else None


def _send(producer: Producer, topic: str, params: Params, one: Round, folder: Path) -> None:
    due_ns = constant(params.rate, one.count / params.rate)[: one.count]
    sequences = one.first + np.arange(one.count)
    bodies = payloads(sequences, due_ns, BYTES, params.seed)
    refused: list[Any] = []

    def delivered(error: Any, _: Any) -> None:
        if error is not None:
            refused.append(error)

    def send(first: int, end: int) -> int:
        for number in range(first, end):
            where = (one.first + number) % params.partitions
            producer.produce(topic, bodies[number], partition=where, on_delivery=delivered)
        producer.poll(0)
        return end - first

    settle()
    kept = drive(due_ns, Gate(folder).arrive(NAME), send)
    left = producer.flush(PATIENCE_S)
    told = Sent(len(refused) + left, _reached(kept, due_ns), kept.percentile_ms(99))
    write_atomically(folder / "sent.json", json.dumps(asdict(told)))


def _reached(kept: Punctuality, due_ns: Any) -> float:
    return float(due_ns[-1] / max(1, kept.last_ns - kept.first_ns))
