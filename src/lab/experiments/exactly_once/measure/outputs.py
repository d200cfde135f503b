"""What was delivered, read by clients that have no part in the processing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import numpy as np
import psycopg
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from lab.experiments.exactly_once.measure.processor import STAMP
from lab.experiments.exactly_once.measure.seen import DELIVERED, Rows
from lab.load.stamped import headers

T = TypeVar("T")
_TRIES = 20


class Tail:
    """Follows a topic from its beginning, partition by partition."""

    def __init__(
        self, bootstrap: str, topic: str, partitions: int, isolation: str = "read_committed"
    ) -> None:
        settings = {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "log_level": 0}
        more = {"enable.partition.eof": True, "isolation.level": isolation, "enable.auto.commit": False}
        more["fetch.wait.max.ms"] = 50  # so long a broker waits for more before it tells of a partition's end
        self._consumer = Consumer(settings | more)
        self._next = [TopicPartition(topic, number, 0) for number in range(partitions)]
        self._rows: list[tuple[int, int, int, int, float]] = []

    def read(self, patience_s: float = 20) -> int:
        """Read to the present end of each partition; how many rows there are by now."""
        self._consumer.assign(self._next)  # anew: the end of a partition is told once for each assignment
        ended: set[int] = set()
        until = time.monotonic() + patience_s
        while len(ended) < len(self._next) and time.monotonic() < until:
            for message in self._consumer.consume(1_000, 0.05):
                number = message.partition() or 0
                if (error := message.error()) is None:
                    self._rows.append(_row(number, message.value() or b"", message.timestamp()[1]))
                    self._next[number].offset = (message.offset() or 0) + 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(number)
        return len(self._rows)

    def rows(self) -> Rows:
        return np.array(self._rows, DELIVERED)

    def close(self) -> None:
        self._consumer.close()


def _row(partition: int, value: bytes, at_ms: int) -> tuple[int, int, int, int, float]:
    member, batch = STAMP.unpack(value[-STAMP.size :])
    return int(headers([value])["sequence"][0]), partition, member, batch, at_ms / 1e3


def ends(bootstrap: str, topic: str, partitions: int) -> list[int]:
    """Offset behind the last record of each partition."""

    def ask(admin: AdminClient) -> list[int]:
        asked = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(partitions)}
        return [one.result().offset for one in admin.list_offsets(asked, request_timeout=5).values()]

    return _patiently(bootstrap, ask)


def committed(bootstrap: str, group: str, topic: str, partitions: int) -> list[int]:
    """Offset up to which a group has committed each partition."""

    def ask(admin: AdminClient) -> list[int]:
        asked = [TopicPartition(topic, number) for number in range(partitions)]
        answers = admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group, asked)], request_timeout=5
        )
        return [max(0, one.offset) for one in answers[group].result().topic_partitions or []]

    return _patiently(bootstrap, ask)


def _patiently(bootstrap: str, ask: Callable[[AdminClient], T]) -> T:
    """With another client after each failure: one that knew a broker before its restart may be refused for good."""
    for _ in range(_TRIES):
        try:
            return ask(_admin(bootstrap))
        except KafkaException:
            _admin.cache_clear()
            time.sleep(0.3)
    return ask(_admin(bootstrap))


@cache
def _admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def count(dsn: str, table: str) -> int:
    with psycopg.connect(dsn) as connection:
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(found)


def table(dsn: str, name: str) -> Rows:
    """A table's rows in the order in which they were written."""
    query = f"SELECT sequence, partition, member, batch, extract(epoch FROM at)::float8 FROM {name} ORDER BY number"
    with psycopg.connect(dsn) as connection:
        return np.array([tuple(row) for row in connection.execute(query)], DELIVERED)


def transaction(dsn: str, xid: str) -> str:
    """committed, aborted or in progress; empty for one that the server has forgotten."""
    with psycopg.connect(dsn) as connection:
        (found,) = connection.execute("SELECT pg_xact_status(%s::text::xid8)", (xid,)).fetchone() or (None,)
    return str(found or "")
