"""Orders of every version on one topic, read by a consumer that was written for one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.experiments.schema_evolution.measure.names import own, register_all
from lab.experiments.schema_evolution.mechanism.consumer import (
    Decode,
    Event,
    Place,
    by_writer,
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
from lab.services.workers import spawn

PARTITIONS = 3
PATIENCE_S = 60


@dataclass(frozen=True)
class Written:
    """What was sent. orders: version and value by identity."""

    topic: str
    orders: dict[str, tuple[int, Any]]


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
    bootstrap: str, registry: str, sent: Written, reader: int, decoding: Callable[[Any], Decode] = by_writer
) -> pd.DataFrame:
    """One row for each writer's version: orders, and what a consumer of version `reader` made of them."""
    group = f"{sent.topic}-{decoding.__name__}-{reader}"
    out = session().folder / f"{group}.events"
    schema = history()[reader - 1]
    place = Place(bootstrap, registry, (sent.topic,), group, dead=f"{group}-dead")
    make_topics(bootstrap, place.dead, partitions=1)
    worker = spawn(consume, place, schema, out, decoding)
    try:
        events: list[Event] = []
        offset, deadline = 0, time.monotonic() + PATIENCE_S
        while len(events) < len(sent.orders) and time.monotonic() < deadline:
            worker.check()
            more, offset = unpickled(out, offset)
            events += more
            time.sleep(0.05)
    finally:
        worker.kill()
    return pd.DataFrame(_accounts(events, sent.orders, reader))


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
