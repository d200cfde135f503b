"""The Spark driver in a process of its own: the loop's output into PostgreSQL, with a checkpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from lab.experiments.exactly_once.kit.sink import copy, prepare, query_of, write_batch
from lab.experiments.exactly_once.measure.marks import Log, Mark
from lab.experiments.exactly_once.measure.processor import STAMP
from lab.experiments.exactly_once.measure.seen import SINK
from lab.files import write_atomically
from lab.load.stamped import headers
from lab.services.spark import spark_session
from lab.services.sparklean import kafka_only

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ONCE, APPENDED = "delivered_once", "delivered_appended"
COLUMNS = ("sequence", "partition", "member", "batch")
TABLE = """
CREATE TABLE {} (
    number bigint GENERATED ALWAYS AS IDENTITY, sequence bigint, partition int, member int, batch int,
    at timestamptz DEFAULT clock_timestamp()
)
"""
EVERY = "300 milliseconds"


@dataclass(frozen=True)
class Job:
    """dsn: of the link that the driver writes through."""

    bootstrap: str
    topic: str
    dsn: str


def assign(folder: Path, job: Job) -> None:
    """Tell the drivers of this folder what to do: the first one brings Spark up while broker and database start."""
    write_atomically(folder / "job.json", json.dumps(asdict(job)))


def _assigned(folder: Path) -> Job:
    while not (found := folder / "job.json").exists():
        time.sleep(0.05)
    return Job(**json.loads(found.read_text()))


def mark_of(folder: Path, member: int) -> Path:
    """Where a driver notes the number of the last batch that PostgreSQL has committed, plus one."""
    return folder / f"spark-{member}.mark"


def checkpoint(folder: Path) -> Path:
    return folder / "checkpoint"


def create(dsn: str) -> None:
    """The tables, empty."""
    drop(dsn)
    prepare(dsn)
    with psycopg.connect(dsn) as connection:
        for name in (ONCE, APPENDED):
            connection.execute(TABLE.format(name))


def drop(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {ONCE}, {APPENDED}, streamed_batch")


def drive(folder: Path, member: int) -> None:
    """Follow the topic until it is killed; a query that fails is started again from its checkpoint.

    member: how many drivers have been started before it.
    """
    log, mark = Log(folder, SINK, member), Mark(mark_of(folder, member))

    def write(frame: DataFrame, batch: int) -> None:
        rows = [_row(*one) for one in frame.collect()]
        _commit(job, log, query_of(frame), batch, rows)
        mark.set(batch + 1)

    with spark_session("exactly-once", settings=kafka_only(), memory_mb=768) as spark:
        job = _assigned(folder)
        while True:
            _follow(spark, job, checkpoint(folder), log, write)


def _follow(spark: SparkSession, job: Job, place: Path, log: Log, write: Any) -> None:
    from pyspark.errors import StreamingQueryException

    stream = spark.readStream.format("kafka").options(**_source(job)).load().select("partition", "value")
    query = (
        stream.writeStream.foreachBatch(write)
        .option("checkpointLocation", place.as_uri())
        .trigger(processingTime=EVERY)
        .start()
    )
    log.tell(-1, "started", str(query.id))
    try:
        query.awaitTermination()
    except StreamingQueryException as error:
        log.tell(-1, "failed", str(error)[:300])
        time.sleep(0.1)
    finally:
        query.stop()


def _source(job: Job) -> dict[str, str]:
    return {
        "kafka.bootstrap.servers": job.bootstrap,
        "subscribe": job.topic,
        "startingOffsets": "earliest",
        "kafka.isolation.level": "read_committed",  # Spark's source reads uncommitted unless told
    }


def _row(partition: int, value: Any) -> tuple[int, int, int, int]:
    body = bytes(value)
    member, batch = STAMP.unpack(body[-STAMP.size :])
    return int(headers([body])["sequence"][0]), partition, member, batch


def _commit(job: Job, log: Log, query: str, batch: int, rows: Sequence[tuple[int, ...]]) -> None:
    """Both arms in one transaction, so that both meet the same faults."""
    xid = ""
    try:
        with psycopg.connect(job.dsn) as connection:
            (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
            new = write_batch(connection, query, batch, ONCE, COLUMNS, rows)
            copy(connection, APPENDED, COLUMNS, rows)
    except psycopg.OperationalError:
        log.tell(batch, "unknown", xid)
        raise
    log.tell(batch, "committed" if new else "skipped", xid)
