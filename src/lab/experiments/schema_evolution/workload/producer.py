"""Producers of orders: a batch of given versions, and a process that sends one version on a schedule."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.experiments.schema_evolution.mechanism.consumer import frame
from lab.experiments.schema_evolution.oracle.binary import encode, plan
from lab.experiments.schema_evolution.workload.values import values
from lab.services.schemaregistry import Registry


@dataclass(frozen=True)
class Sent:
    """An order as it was sent. value: as `binary.encode` takes it; due, at: time.monotonic() of plan and of sending."""

    identity: str
    value: Any
    due: float
    at: float


@dataclass(frozen=True)
class Deploy:
    """A producer's deploy: which version it writes, to where. name: first part of its orders' identities."""

    name: str
    bootstrap: str
    registry: str
    topic: str
    schema: Any
    rate: int
    seed: int


def orders(name: str, schema: Any, seed: int) -> Iterator[tuple[str, Any]]:
    """Orders without end: identity and value."""
    for number, value in enumerate(values(plan(schema), 10**9, seed)):
        identity = f"{name}-{number:06d}"
        yield identity, value | {"order_id": identity}


def produce(deploy: Deploy, sent: Path) -> None:
    """Register the schema, then send on schedule until SIGTERM; what was sent goes to `sent`. For a process of its own."""
    from confluent_kafka import Producer

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    identity = Registry(deploy.registry).register(f"{deploy.topic}-value", deploy.schema)
    producer = Producer(
        {"bootstrap.servers": deploy.bootstrap, "log_level": 0, "linger.ms": 2, "enable.idempotence": True}
    )
    schema, begin = plan(deploy.schema), time.monotonic()
    with sent.open("ab", buffering=0) as sink:
        for number, (key, value) in enumerate(orders(deploy.name, deploy.schema, deploy.seed)):
            due = begin + number / deploy.rate
            while not stopped and (left := due - time.monotonic()) > 0:
                time.sleep(min(left, 0.02))
            if stopped:
                break
            producer.produce(deploy.topic, frame(identity, encode(value, schema)), key)
            producer.poll(0)
            pickle.dump(Sent(key, value, due, time.monotonic()), sink)
    if producer.flush(30):
        raise TimeoutError("Kafka has not taken all orders")


def unpickled(path: Path, offset: int = 0) -> tuple[list[Any], int]:
    """All whole pickles of a file from `offset` on that somebody may still be writing, and the offset behind them."""
    found: list[Any] = []
    if not path.exists():
        return found, offset
    with path.open("rb") as source:
        source.seek(offset)
        while True:
            try:
                found.append(pickle.load(source))
            except (EOFError, pickle.UnpicklingError):
                return found, offset
            offset = source.tell()
