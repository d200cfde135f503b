"""The sink's reader: a process outside Spark that stamps each window when it is there to be read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from confluent_kafka import Consumer, TopicPartition

from lab import duck

STOP, READY = "sink-stop", "sink-ready"
_AT_ONCE, _WAIT_S, _IDLE_S = 1_000, 0.005, 1.0
_COLUMNS = {
    "arrival_ns": "BIGINT",
    "user": "VARCHAR",
    "start": "TIMESTAMP",
    "end": "TIMESTAMP",
    "count": "BIGINT",
    "sum": "BIGINT",
    "mean": "DOUBLE",
    "distinct": "BIGINT",
    "upto": "BIGINT",
}


@dataclass(frozen=True)
class Sink:
    """Topics with one partition each; what arrives in the n-th is written to folder/sink-n.jsonl."""

    bootstrap: str
    topics: Sequence[str]
    folder: Path

    def file(self, place: int) -> Path:
        return self.folder / f"sink-{place}.jsonl"


def follow(sink: Sink) -> None:
    """Read until the file STOP is there and nothing has come for a second."""
    settings = {"bootstrap.servers": sink.bootstrap, "group.id": "sliding-windows-sink", "log_level": 4}
    settings |= {"enable.auto.commit": False, "fetch.wait.max.ms": 10}
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, 0, 0) for topic in sink.topics])
    places = {topic: place for place, topic in enumerate(sink.topics)}
    with ExitStack() as stack:
        files = [stack.enter_context(sink.file(place).open("wb")) for place in places.values()]
        (sink.folder / READY).touch()
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < _IDLE_S or not (sink.folder / STOP).exists():
            found = consumer.consume(_AT_ONCE, _WAIT_S)
            now = time.monotonic_ns()
            for message in found:
                if message.error():
                    raise RuntimeError(str(message.error()))
                # A JSON object with the moment put in as its first member.
                topic, value = message.topic(), message.value()
                assert topic is not None and value is not None
                files[places[topic]].write(b'{"arrival_ns":%d,%s\n' % (now, value[1:]))
            if found:
                quiet_since = time.monotonic()
    consumer.close()


def read(path: Path, users: str) -> pd.DataFrame:
    """What arrived in one topic, of users whose names begin with `users`; times in ms since 1970.

    In order: of two rows of a window that were read at once, the one that counts more is the later one.
    """
    told = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
    sql = (
        'SELECT arrival_ns, "user", epoch_ms("start") AS start_ms, epoch_ms("end") AS end_ms, '
        '"count", "sum", "mean", "distinct", upto '
        f"FROM read_json(?, format = 'newline_delimited', columns = {{{told}}}) "
        'WHERE starts_with("user", ?) ORDER BY arrival_ns, "count"'
    )
    with duck.connect(settings={"threads": "1"}) as connection:
        return connection.execute(sql, [str(path), users]).df()
