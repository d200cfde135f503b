"""What the table should have held at each snapshot, from the source's own log; what it held, read by DuckDB.

Nothing here uses Spark, Debezium's change events, or this experiment's code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
from confluent_kafka import Consumer, TopicPartition

from lab import duck
from lab.errors import ServiceError
from lab.services import http
from lab.services.icebergcatalog import IcebergCatalog

# The same text as the source's function oracle.digest; NULLs as `~`.
_DIGEST = """md5(concat_ws('|', id, owner, CAST(balance AS VARCHAR), coalesce(CAST(rate AS VARCHAR), '~'),
    coalesce(CAST(opened_on AS VARCHAR), '~'), epoch_us(changed_at), coalesce(CAST(epoch_us(local_at) AS VARCHAR), '~'),
    coalesce(CAST(active AS VARCHAR), '~'), coalesce(note, '~'), coalesce({tier}, '~')))"""

_CHANGING = """SELECT DISTINCT xid FROM oracle.history
WHERE xid <> (SELECT xid FROM oracle.history ORDER BY seq LIMIT 1)"""
# Of the source's log: xid, op, id, balance, digest.
Entry = tuple[int, str, int | None, Decimal | None, str | None]


@dataclass(frozen=True)
class State:
    """Rows at one moment: digest by key, and the sum of their balances."""

    digests: Mapping[int, str]
    total: Decimal


@dataclass(frozen=True)
class Committed:
    """A transaction in the metadata topic.

    offset: of its END. at: commit, s since the epoch, by the database's clock. captured: when Kafka got the END.
    """

    xid: int
    offset: int
    at: float
    captured: float
    events: int


@dataclass(frozen=True)
class Snapshot:
    """A version of the table, from the catalog. summary: Iceberg's own figures and what the writer added."""

    id: int
    at: float
    summary: Mapping[str, str]


@dataclass(frozen=True)
class Truth:
    """The source's own log, and the order in which its transactions were told."""

    log: Sequence[Entry]
    ends: Sequence[Committed]

    @property
    def seed(self) -> set[int]:
        """Transactions before the connector's initial snapshot."""
        return {self.log[0][0]}

    def included(self, transactions: int) -> set[int]:
        """Transactions whose END is below an offset."""
        return self.seed | {end.xid for end in self.ends if end.offset < transactions}


def history(dsn: str) -> list[Entry]:
    """The source's log of full rows: (xid, op, id, balance, digest) in the order in which locks were held."""
    with psycopg.connect(dsn) as connection:
        sql = "SELECT xid, op::text, id, balance, digest FROM oracle.history ORDER BY seq"
        return connection.execute(sql).fetchall()


def changing(dsn: str) -> set[int]:
    """Transactions that changed the table, by that log, but the one that wrote the seed."""
    with psycopg.connect(dsn) as connection:
        return {int(xid) for (xid,) in connection.execute(_CHANGING)}


def states(log: Sequence[Entry], included: Sequence[set[int]]) -> Iterator[State]:
    """The source after each of `included`, ever larger sets of transactions, by brute force: replay from empty."""
    for xids in included:
        rows: dict[int, tuple[Decimal, str]] = {}
        for xid, op, key, balance, digest in log:
            if xid not in xids:
                continue
            if op == "t":
                rows.clear()
            elif op == "d":
                rows.pop(key or 0, None)
            else:
                rows[key or 0] = (balance or Decimal(0), digest or "")
        yield State(
            {key: row[1] for key, row in rows.items()}, sum((row[0] for row in rows.values()), Decimal(0))
        )


def committed(bootstrap: str, topic: str, begin: int = 0) -> list[Committed]:
    """Every END in the transaction metadata topic from an offset on; a transaction that was told twice is there twice."""
    found = []
    for message in _records(bootstrap, topic, 0, begin):
        event = json.loads(message.value())
        if event["status"] == "END":
            xid = int(event["id"].partition(":")[0])
            captured = message.timestamp()[1] / 1000
            found.append(
                Committed(xid, message.offset(), event["ts_ms"] / 1000, captured, event["event_count"])
            )
    return found


def places(bootstrap: str, topic: str, partitions: int) -> list[tuple[int, int]]:
    """(xid, position within the transaction) of every change in the topic, as often as it is there."""
    found = []
    for partition in range(partitions):
        for message in _records(bootstrap, topic, partition):
            event = json.loads(message.value()) if message.value() else {}
            if within := event.get("transaction"):
                found.append((event["source"]["txId"], within["total_order"]))
    return found


def _records(bootstrap: str, topic: str, partition: int, begin: int = 0) -> Iterator[Any]:
    """What is there now. Under load new records come as fast as they are read: the end of the partition is never met."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "cdc-oracle", "enable.auto.commit": False}
    consumer = Consumer(settings | {"isolation.level": "read_committed", "enable.partition.eof": True})
    try:
        consumer.assign([TopicPartition(topic, partition, begin)])
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        while True:
            for message in consumer.consume(5_000, 1.0):
                if (error := message.error()) is None:
                    if (message.offset() or 0) >= end:
                        return
                    yield message
                elif error.name() == "_PARTITION_EOF":
                    return
                else:
                    raise ServiceError(f"{topic}: {error}")
    finally:
        consumer.close()


def snapshots(catalog: str, table: str) -> list[Snapshot]:
    """All versions of `table` (namespace.name), oldest first, by the catalog's REST interface."""
    namespace, _, name = table.partition(".")
    loaded = http.call("GET", f"{catalog}/v1/namespaces/{namespace}/tables/{name}", timeout_s=20)
    found = loaded["metadata"].get("snapshots", [])
    return sorted(
        (Snapshot(one["snapshot-id"], one["timestamp-ms"] / 1000, one["summary"]) for one in found),
        key=lambda one: one.at,
    )


@contextmanager
def reader(catalog: IcebergCatalog) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the catalog attached as `lake`, as it is now."""
    with duck.connect("iceberg") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if store := catalog.s3:
            duck.use_store(connection, store.endpoint, store.access_key, store.secret_key, store.region)
        duck.attach_iceberg(connection, "lake", catalog.uri)
        yield connection


def state_of(connection: duckdb.DuckDBPyConnection, table: str, snapshot: int) -> State:
    """The table as it was at `snapshot`, by time travel."""
    place = f"lake.{table} AT (VERSION => {snapshot})"
    names = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()}
    digest = _DIGEST.format(tier="tier" if "tier" in names else "NULL")
    rows = connection.execute(f"SELECT id, {digest}, balance FROM {place}").fetchall()
    return State({key: text for key, text, _ in rows}, sum((row[2] for row in rows), Decimal(0)))
