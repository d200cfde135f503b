"""Updates while lookups run: sent on a schedule, some late, some repeated."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message, Producer

from lab.experiments.feature_store.oracle import Fact
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.history import HIGHEST
from lab.experiments.feature_store.workload.popularity import names, shares
from lab.load.gate import Gate
from lab.load.openloop import drive, settle
from lab.load.schedule import SECOND, Nanoseconds, poisson

FRESH, LATE, REPEATED = range(3)
EPOCH = datetime(1970, 1, 1)
_OLDER_THAN_ALL_S = 7_200  # the history's newest update of an entity is under an hour old


@dataclass(frozen=True)
class Planned:
    """One message. event_s: when it happened, s after the start (negative: before it)."""

    entity: str
    event_s: float
    id: str
    amount: int
    balance: int

    def moment(self, start: datetime) -> datetime:
        return start + timedelta(seconds=self.event_s)

    def body(self, start: datetime) -> bytes:
        return json.dumps(
            {
                "event_id": self.id,
                "card_id": self.entity,
                "event_time": self.moment(start).isoformat(timespec="microseconds"),
                "amount": self.amount,
                "balance": self.balance,
            }
        ).encode()


def plan(params: Params) -> tuple[Nanoseconds, list[Planned]]:
    """When each message is due, and what it is. Fresh ones follow one another in time; late and repeated ones do not."""
    due = poisson(params.rate, params.seconds + params.after, params.seed)
    random = np.random.default_rng([params.seed, 3])
    size = len(due)
    entities = random.choice(names(params), size, p=shares(params))
    kinds = random.choice(3, size, p=[1 - params.late - params.repeated, params.late, params.repeated])
    newest: dict[str, float] = {}
    sent: list[Planned] = []
    for number, (entity, kind, due_ns) in enumerate(zip(entities.tolist(), kinds, due.tolist(), strict=True)):
        if kind == REPEATED and sent:
            sent.append(sent[random.integers(max(0, len(sent) - 200), len(sent))])
            continue
        event_s = due_ns / SECOND
        if kind == LATE:
            event_s = newest.get(entity, -_OLDER_THAN_ALL_S) - random.uniform(0.001, 30)
        else:
            newest[entity] = event_s
        amount, balance = (int(value) for value in random.integers(1, HIGHEST, 2))
        sent.append(Planned(entity, event_s, f"u{number}", amount, balance))
    return due, sent


@dataclass(frozen=True)
class Generator:
    """Sends the plan to `topic`; leaves lateness-ns.npy and sent.npz in `folder`, whose gate says when to begin.

    sent.npz: the start and, of each message, the time of append that the broker's acknowledgement names, so that the
    truth needs no reader of the log.
    """

    bootstrap: str
    topic: str
    params: Params
    folder: Path


def generate(generator: Generator) -> None:
    """Send all, on schedule; the process ends when all are acknowledged."""
    due, messages = plan(generator.params)
    producer = Producer(
        {"bootstrap.servers": generator.bootstrap, "acks": "all", "enable.idempotence": True, "linger.ms": 1}
    )
    producer.list_topics(generator.topic, timeout=10)
    settle()
    start_ns = Gate(generator.folder).arrive("generator")
    start = datetime.now(UTC) + timedelta(microseconds=(start_ns - time.monotonic_ns()) / 1_000)

    known_ms = np.zeros(len(messages), dtype=np.int64)

    def acknowledged(place: int, error: object, message: Message) -> None:
        kind, appended = message.timestamp()
        known_ms[place] = appended if error is None and kind == TIMESTAMP_LOG_APPEND_TIME else 0

    def send(first: int, end: int) -> int:
        for place, message in enumerate(messages[first:end], first):
            told = partial(acknowledged, place)
            producer.produce(
                generator.topic, message.body(start), key=message.entity.encode(), on_delivery=told
            )
        producer.poll(0)
        return end - first

    kept = drive(due, start_ns, send)
    if producer.flush(30) or not known_ms.all():
        raise RuntimeError(f"{(known_ms == 0).sum()} updates were not acknowledged with a time of append")
    np.save(generator.folder / "lateness-ns.npy", kept.lateness_ns)
    np.savez(
        generator.folder / "sent.npz",
        start=np.datetime64(start.replace(tzinfo=None), "us"),
        known_ms=known_ms,
    )


def facts(params: Params, folder: Path) -> list[Fact]:
    """What was sent, with the times at which the broker had it."""
    kept = np.load(folder / "sent.npz")
    start = kept["start"].item()
    return [
        Fact(
            message.entity,
            message.moment(start),
            EPOCH + timedelta(milliseconds=known),
            message.id,
            message.amount,
            message.balance,
            place,
        )
        for place, (message, known) in enumerate(zip(plan(params)[1], kept["known_ms"].tolist(), strict=True))
    ]
