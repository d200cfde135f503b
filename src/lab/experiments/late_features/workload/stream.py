"""The topic: flights in the order in which they became known, one event from the future among them, one at the end.

A record's timestamp is the arrival: in a replay the sender plays the broker's clock too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.evidence.frames import records
from lab.experiments.late_features.params import Params

FLIGHT, POISON, LAST = "flight", "poison", "last"
NOBODY = "--"  # carrier and origin of the last event
_WAIT_S = 30.0


def sent(params: Params, flights: pd.DataFrame) -> pd.DataFrame:
    """Every record by its offset (column `number`). flights: of the days that are sent.

    The last event lies so far behind that the longest watermark passes every flight's window: without it a window at
    the end is never closed.
    """
    known = flights.dropna(subset=["arrival_s"]).sort_values("arrival_s", kind="stable", ignore_index=True)
    rows = known[["event_s", "arrival_s", "carrier", "origin", "delay"]].astype(
        {"event_s": "int64", "arrival_s": "int64", "delay": "int64"}
    )
    place = _place(params, len(rows))
    arrival = int(rows["arrival_s"].iloc[place])
    poison = rows.iloc[[place]].assign(event_s=arrival + params.poison_days * 86_400, delay=0, kind=POISON)
    end = (
        int(rows[["event_s", "arrival_s"]].to_numpy().max())
        + 60 * max(params.watermarks)
        + 2 * params.window_s
    )
    last = pd.DataFrame(
        [{"event_s": end, "arrival_s": end, "carrier": NOBODY, "origin": NOBODY, "delay": 0, "kind": LAST}]
    )
    rows = rows.assign(kind=FLIGHT)
    whole = pd.concat([rows.iloc[: place + 1], poison, rows.iloc[place + 1 :], last], ignore_index=True)
    return whole.assign(number=range(len(whole)))


def _place(params: Params, flights: int) -> int:
    """Somewhere in the second quarter: after enough to be compared with, before much that can be lost."""
    return int(np.random.default_rng(params.seed).integers(flights // 4, flights // 2))


@contextmanager
def topic(bootstrap: str, name: str) -> Iterator[None]:
    """A topic for the block; the cluster may be somebody else's.

    One partition, so that a batch is a run of the log; kept without end, for the records' times are of 2013.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
    config = {"retention.ms": "-1", "message.timestamp.type": "CreateTime"}
    admin.create_topics([NewTopic(name, 1, config=config)])[name].result(timeout=30)
    try:
        yield
    finally:
        admin.delete_topics([name])[name].result(timeout=30)


def send(bootstrap: str, topic: str, events: pd.DataFrame) -> None:
    """All events, in their order."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5, "log_level": 4}
    )
    failed: list[str] = []

    def delivered(error: object, message: object) -> None:
        if error is not None:
            failed.append(str(error))

    for row in records(events):
        body = {
            "number": row.number,
            "event_s": row.event_s,
            "carrier": row.carrier,
            "origin": row.origin,
            "delay": row.delay,
        }
        producer.produce(
            topic,
            json.dumps(body).encode(),
            partition=0,
            timestamp=row.arrival_s * 1000,
            on_delivery=delivered,
        )
        producer.poll(0)
    if producer.flush(_WAIT_S) or failed:
        raise ServiceError(f"the broker did not take all events: {failed[:1] or 'no answer'}")


def read(bootstrap: str, topic: str, count: int) -> pd.DataFrame:
    """The first `count` records of the topic, as they lie there: offset, arrival_s, and what the body says."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False, "log_level": 4}
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[dict[str, object]] = []
    try:
        while len(found) < count:
            messages = consumer.consume(count - len(found), _WAIT_S)
            if not messages:
                raise ServiceError(f"the topic has {len(found)} of {count} records after {_WAIT_S:g} s")
            for message in messages:
                arrival = message.timestamp()[1] // 1000
                body = json.loads(message.value() or b"{}")
                found.append({"offset": message.offset(), "arrival_s": arrival, **body})
    finally:
        consumer.close()
    return pd.DataFrame(found)
