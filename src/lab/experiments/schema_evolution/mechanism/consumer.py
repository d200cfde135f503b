"""A consumer of orders that were written with any version of their schema, and the repair of what it could not read.

Messages have the wire format of Confluent's serializers: a zero byte, the schema's id in the registry, the payload.
"""

from __future__ import annotations

import io
import pickle
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lab.errors import ServiceError
from lab.experiments.schema_evolution.kit.evolution.decoding import Reader, UnreadableError
from lab.experiments.schema_evolution.kit.evolution.migrate import convert
from lab.services.http import HttpError
from lab.services.schemaregistry import Registry

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, Producer

Decode = Callable[[bytes, Any], Any]  # (payload, writer's schema) -> value


@dataclass(frozen=True)
class Place:
    """Where a consumer works. topics: those that it reads; dead: the topic for what it can't read, or "" to halt there."""

    bootstrap: str
    registry: str
    topics: tuple[str, ...]
    group: str
    dead: str = ""


@dataclass(frozen=True)
class Event:
    """What a consumer did with one message. at: time.monotonic().

    kind: `order`, `deleted` or `unreadable`; value: the order, nothing, or the reason.
    """

    kind: str
    at: float
    identity: str
    value: Any


def by_writer(schema: Any) -> Decode:
    """Decoding with the schema that the message was written with."""
    return Reader(schema).decode


def by_own_schema(schema: Any) -> Decode:
    """Decoding that skips the writer's schema, and trusts that everybody has the reader's: for the control."""
    import fastavro

    parsed = fastavro.parse_schema(schema)
    return lambda payload, writer: fastavro.schemaless_reader(io.BytesIO(payload), parsed, None)


def consume(place: Place, schema: Any, out: Path, decoding: Callable[[Any], Decode] = by_writer) -> None:
    """Read until SIGTERM; events go to `out`, one pickle after the other. For a process of its own.

    An offset is committed once its event is on its way to disk and its dead letter with the broker.
    """
    from confluent_kafka import Consumer, Producer

    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    settings = {"bootstrap.servers": place.bootstrap, "group.id": place.group, "log_level": 0}
    own = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "fetch.wait.max.ms": 20}
    consumer = Consumer(
        settings | own | {"session.timeout.ms": 6000, "topic.metadata.refresh.interval.ms": 500}
    )
    work = _Work(place, decoding(schema), Producer({"bootstrap.servers": place.bootstrap, "log_level": 0}))
    consumer.subscribe(list(place.topics))
    try:
        with out.open("ab", buffering=0) as sink:
            while not stopped and _turn(consumer, work, sink):
                pass
            while not stopped:  # halted: whoever read on would lose the order
                time.sleep(0.02)
    finally:
        consumer.close()


class _Work:
    """One message at a time: decoded, or dead."""

    def __init__(self, place: Place, decode: Decode, producer: Producer) -> None:
        self.place, self.decode, self.producer = place, decode, producer
        self.registry = Registry(place.registry)
        self.schemas: dict[int, Any] = {}

    def event(self, message: Message) -> Event:
        """What becomes of a message. ServiceError if the registry does not answer: that is no fault of the message."""
        identity, raw = (message.key() or b"").decode(errors="replace"), message.value()
        if raw is None:  # a tombstone: whoever had this order is to forget it
            return Event("deleted", time.monotonic(), identity, None)
        try:
            number, payload = unframe(raw)
            value = self.decode(payload, self._schema(number))
        except ServiceError:
            raise
        except Exception as error:  # the control's decoder raises whatever it likes
            return Event("unreadable", time.monotonic(), identity, f"{type(error).__name__}: {error}")
        return Event("order", time.monotonic(), identity, value)

    def _schema(self, number: int) -> Any:
        if number not in self.schemas:
            try:
                self.schemas[number] = self.registry.schema(number)
            except HttpError as error:
                if error.status == 404:
                    raise UnreadableError(f"the registry knows no schema {number}") from None
                raise
        return self.schemas[number]

    def bury(self, message: Message, reason: str) -> None:
        self.producer.produce(
            self.place.dead, message.value(), message.key(), headers={"error": reason[:500].encode()}
        )
        if self.producer.flush(10):
            raise TimeoutError(f"the dead letter of {message.key()!r} was not taken")


def _turn(consumer: Consumer, work: _Work, sink: BinaryIO) -> bool:
    """Take one message, if there is one; False if it can't be read and has nowhere else to go."""
    message = consumer.poll(0.05)
    if message is None or message.error():
        return True
    event = work.event(message)
    pickle.dump(event, sink)
    if event.kind == "unreadable":
        if not work.place.dead:
            return False
        work.bury(message, event.value)
    consumer.commit(message=message, asynchronous=True)
    return True


def frame(number: int, payload: bytes) -> bytes:
    """A message: zero, id, payload."""
    return struct.pack(">bI", 0, number) + payload


def unframe(raw: bytes) -> tuple[int, bytes]:
    """(id, payload) of a message. UnreadableError if it is none."""
    if len(raw) < 5 or raw[0] != 0:
        raise UnreadableError(f"no message with a schema's id: {raw[:8]!r}")
    return struct.unpack(">I", raw[1:5])[0], raw[5:]


def repaired(payload: bytes, bad: Any, explained: Any, good: Any) -> bytes:
    """A payload that was written with `bad`, written again with `good`.

    explained: `bad` with what it should have said, such as the aliases of renamed fields. UnreadableError if the value
    has no exact counterpart.
    """
    import fastavro

    sink = io.BytesIO()
    value = convert(Reader(explained, accept=()).decode(payload, bad), explained, good)
    fastavro.schemaless_writer(sink, fastavro.parse_schema(good), value, strict=True)
    return sink.getvalue()
