"""Orders of every version on one topic, read by a consumer that was written for one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.experiments.schema_evolution.mechanism.consumer import (
    Decode,
    Event,
    Place,
    consume,
    frame,
)
from lab.experiments.schema_evolution.oracle.binary import encode, plan
from lab.experiments.schema_evolution.oracle.resolution import RefusedError, resolve, same
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.orders import history
from lab.experiments.schema_evolution.workload.producer import orders, unpickled
from lab.services.schemaregistry import Registry
from lab.services.session import session
from lab.services.workers import Worker, spawn

PARTITIONS = 3
PATIENCE_S = 60


@dataclass(frozen=True)
class Written:
    """What was sent. orders: version and value by identity."""

    topic: str
    orders: dict[str, tuple[int, Any]]


def own(name: str) -> str:
    """`name` as nobody else has it: with the run's mark."""
    return f"{name}-{session().folder.name.rpartition('-')[2]}"


def register_all(registry: Registry, subject: str, schemas: Sequence[Any]) -> list[int]:
    """Ids of the schemas as versions of one subject, whatever the registry's level is."""
    found = []
    for place, schema in enumerate(schemas):
        found.append(registry.register(subject, schema))
        if place == 0:
            registry.set_level("NONE", subject)
    return found


def make_topics(bootstrap: str, *names: str, partitions: int = PARTITIONS) -> None:
    """Make topics; ServiceError if Kafka refuses."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    for name, answer in admin.create_topics([NewTopic(name, partitions, 1) for name in names]).items():
        try:
            answer.result(30)
        except Exception as error:
            raise ServiceError(f"topic {name}: {error}") from None


def write(params: Params, bootstrap: str, registry: Registry) -> Written:
    """Send the same number of orders of each version, in turn, and say what was sent."""
    topic, schemas = own("orders-of-all-versions"), history()
    make_topics(bootstrap, topic)
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, "linger.ms": 5})
    streams = [orders(f"v{number}", schema, params.seed + number) for number, schema in enumerate(schemas, 1)]
    plans = [plan(schema) for schema in schemas]
    identities = register_all(registry, f"{topic}-value", schemas)
    sent: dict[str, tuple[int, Any]] = {}
    for _ in range(params.orders):
        for place, stream in enumerate(streams):
            key, value = next(stream)
            producer.produce(topic, frame(identities[place], encode(value, plans[place])), key)
            sent[key] = place + 1, value
    if producer.flush(60):
        raise ServiceError("Kafka has not taken all orders")
    return Written(topic, sent)


def read(
    bootstrap: str, registry: str, sent: Written, consumers: Sequence[tuple[int, Callable[[Any], Decode]]]
) -> list[pd.DataFrame]:
    """For each consumer, all at work at the same time, one row for each writer's version: what it made of its orders.

    consumers: version of the reader's schema, and how it decodes.
    """
    groups = [f"{sent.topic}-{decoding.__name__}-{reader}" for reader, decoding in consumers]
    make_topics(bootstrap, *(f"{group}-dead" for group in groups), partitions=1)
    outs = [session().folder / f"{group}.events" for group in groups]
    workers = []
    try:
        for group, out, (reader, decoding) in zip(groups, outs, consumers, strict=True):
            place = Place(bootstrap, registry, (sent.topic,), group, dead=f"{group}-dead")
            workers.append(spawn(consume, place, history()[reader - 1], out, decoding))
        deadline = time.monotonic() + PATIENCE_S
        found = [
            _events(worker, out, len(sent.orders), deadline)
            for worker, out in zip(workers, outs, strict=True)
        ]
    finally:
        for worker in workers:
            worker.kill()
    return [
        pd.DataFrame(_accounts(events, sent.orders, reader))
        for events, (reader, _) in zip(found, consumers, strict=True)
    ]


def _events(worker: Worker, out: Path, enough: int, deadline: float) -> list[Event]:
    events: list[Event] = []
    offset = 0
    while len(events) < enough and time.monotonic() < deadline:
        worker.check()
        more, offset = unpickled(out, offset)
        events += more
        time.sleep(0.05)
    return events


def _accounts(events: list[Event], sent: dict[str, tuple[int, Any]], reader: int) -> list[dict[str, Any]]:
    target, writers = plan(history()[reader - 1]), [plan(schema) for schema in history()]
    rows = {version: _none(reader, version) for version in range(1, len(writers) + 1)}
    seen: dict[str, int] = {}
    for event in events:
        seen[event.identity] = seen.get(event.identity, 0) + 1
        version, value = sent[event.identity]
        rows[version][_kind(event, value, writers[version - 1], target)] += 1
    for identity, (version, _) in sent.items():
        rows[version]["orders"] += 1
        rows[version]["missing"] += identity not in seen
        rows[version]["doubled"] += seen.get(identity, 1) - 1
    return list(rows.values())


def _none(reader: int, version: int) -> dict[str, Any]:
    return {"reader": reader, "writer": version} | dict.fromkeys(
        ("orders", "right", "lossy", "refused", "silent", "missing", "doubled"), 0
    )


def _kind(event: Any, value: Any, writer: Any, reader: Any) -> str:
    if event.kind == "unreadable":
        return "refused"
    try:
        due = resolve(value, writer, reader)
    except RefusedError:
        return "silent"
    if not same(event.value, due.value) and not same(event.value, due.by_writer):
        return "silent"
    return "lossy" if due.losses else "right"
