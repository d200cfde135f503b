"""The sink as a function: one transaction for each batch, on a connection that is open and warm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import LifoQueue

import psycopg
from confluent_kafka import Message

from lab.experiments.backlog_replay.mechanism import SINK

_WARM = 6  # writes after which client and server have prepared theirs: each plans the first five anew
_ABSORB = "SELECT backlog.absorb(%s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[], %s, %s)"


class Pool:
    """Connections as a long-running service has them: a new one's first write takes several times as long, in the lane.

    A commit does not wait for the disk, so that the declared time of a row makes the capacity, and not this machine's disk.
    """

    def __init__(self, dsn: str, size: int, warm: str) -> None:
        """warm: the arm's name under which each writes before it counts."""
        self._free: LifoQueue[psycopg.Connection] = LifoQueue()
        for place in range(size):
            connection = psycopg.connect(dsn, autocommit=True, options="-c synchronous_commit=off")
            for number in range(_WARM):
                connection.execute(_ABSORB, (warm, "warm", place, [number], [number], [number], 0.0, True))
            self._free.put(connection)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """The one that was used last of those that are free."""
        found = self._free.get()
        try:
            yield found
        finally:
            self._free.put(found)


class Sink:
    """Writes of one arm. source: `backlog` or `live`. wait_s: for which the lane is held, for each row."""

    def __init__(self, pool: Pool, arm: str, source: str, wait_s: float, newest_wins: bool) -> None:
        self._pool, self._arm, self._source = pool, arm, source
        self._wait_s, self._newest_wins = wait_s, newest_wins

    def __call__(self, messages: Sequence[Message]) -> None:
        rows = [json.loads(message.value() or b"") for message in messages]
        keys, versions = [row["key"] for row in rows], [row["version"] for row in rows]
        partition, offsets = messages[0].partition(), [message.offset() for message in messages]
        held = self._wait_s * len(rows)
        with self._pool.connection() as connection:
            connection.execute(
                _ABSORB,
                (self._arm, self._source, partition, offsets, keys, versions, held, self._newest_wins),
            )


def create(dsn: str) -> None:
    """The sink's tables and its function."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SINK.read_text())


def forget(dsn: str, prefix: str) -> None:
    """Take a run's rows away: the database may be somebody else's."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in ("newest", "arrivals"):
            connection.execute(f"DELETE FROM backlog.{table} WHERE starts_with(arm, %s)", (prefix,))
