"""The sink: a Spark driver in a process of its own, which can be killed at any moment."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.cdc_lakehouse.kit.sink.batch import (
    Batch,
    IncompleteTransactionError,
    Read,
    at_transactions,
    whole,
)
from lab.experiments.cdc_lakehouse.kit.sink.follow import Observer, Sink
from lab.experiments.cdc_lakehouse.kit.sink.lake import Lake
from lab.experiments.cdc_lakehouse.kit.sink.merge import Effect, Net
from lab.experiments.cdc_lakehouse.kit.sink.position import Position
from lab.experiments.cdc_lakehouse.kit.sink.session import NEEDED, SMALL_STATEMENTS
from lab.experiments.cdc_lakehouse.kit.sink.source import Table, tables
from lab.experiments.cdc_lakehouse.kit.sink.topics import Topics
from lab.experiments.cdc_lakehouse.measure import sizes
from lab.experiments.cdc_lakehouse.mechanism import Design
from lab.experiments.cdc_lakehouse.workload.controls import Replay
from lab.experiments.cdc_lakehouse.workload.source import TABLE
from lab.services.spark import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# In the log of batches, in a table's place.
SIZES = "sizes"  # batches into tables of different sizes
HALTED = "halted"  # the driver found a loss and stopped
REPLAYING, REPLAYED, DONE = "replaying", "replayed", "done"  # stages
_LOOK_S = 0.1


@dataclass(frozen=True)
class Job:
    """What a driver does. folder: where it is told and tells (see `Desk`). source: connection string of PostgreSQL."""

    folder: Path
    source: str
    bootstrap: str
    prefix: str
    partitions: int
    catalog: Mapping[str, str]
    table: str
    merge_mode: str
    design: Design
    table_rows: tuple[int, ...] = ()
    seed: int = 0


class Desk:
    """Files between the experiment and a driver: the intervals in, the stage of the work out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set_intervals(self, seconds: Sequence[float]) -> None:
        """In turn, a batch after each: what drifts while the load is on then bears on all alike."""
        _replace(self.folder / "intervals", json.dumps(seconds))

    def intervals(self) -> Iterator[float]:
        for turn in itertools.count():
            told = json.loads((self.folder / "intervals").read_text())
            yield told[turn % len(told)]

    def tell(self, stage: str) -> None:
        _replace(self.folder / "stage", stage)

    def stage(self) -> str:
        place = self.folder / "stage"
        return place.read_text() if place.exists() else ""

    def stand_by(self, turn: int) -> None:
        """Say that the driver of that turn is warm, and wait until it is its turn."""
        (self.folder / f"warm-{turn}").touch()
        while not (self.folder / f"turn-{turn}").exists():
            time.sleep(_LOOK_S)

    def warm(self, turn: int) -> bool:
        return (self.folder / f"warm-{turn}").exists()

    def relieve(self, turn: int) -> None:
        (self.folder / f"turn-{turn}").touch()

    def stop(self) -> None:
        (self.folder / "stop").touch()

    def stopped(self) -> bool:
        return (self.folder / "stop").exists()

    def leave_alone(self) -> None:
        """Say that nothing else is at work any more."""
        (self.folder / "alone").touch()

    def await_alone(self) -> None:
        while not (self.folder / "alone").exists():
            time.sleep(_LOOK_S)

    def log(self, **entry: object) -> None:
        with (self.folder / "batches.jsonl").open("a") as sink:
            sink.write(json.dumps(entry) + "\n")

    def batches(self, table: str) -> list[dict]:
        """What was logged of the batches into `table`."""
        place = self.folder / "batches.jsonl"
        found = map(json.loads, place.read_text().splitlines()) if place.exists() else ()
        return [one for one in found if one["table"] == table]


def drive(job: Job, then: tuple[Replay, ...] = (), turn: int = 0) -> None:
    """Follow the topics until told to stop; then do the replays and end.

    turn: 0 for the first driver and for one that is started cold; others warm up and stand by until it is theirs.
    """
    desk = Desk(job.folder)
    settings = SMALL_STATEMENTS | NEEDED
    with spark_session("cdc", {"lake": job.catalog}, settings, memory_mb=1024) as spark:
        (table,) = tables(job.source, [TABLE])
        topics = Topics(job.bootstrap, job.prefix, [table], {TABLE: job.partitions})
        if turn:
            _warm_up(Lake(spark, f"lake.warm_up_{turn}.account", table, job.merge_mode))
            desk.stand_by(turn)
        _follow(topics, Lake(spark, job.table, table, job.merge_mode), job, desk)
        compact(spark, job.table)
        desk.tell(REPLAYING)
        if then:
            begin, end = {TABLE: topics.beginning(table)}, topics.ends()
            everything = whole(topics.read(begin, end)[TABLE])  # all of it, unless a loss was found
            for replay in then:
                _replay(spark, topics, table, everything, replay, desk)
            desk.tell(REPLAYED)
            sized = sizes.filled(spark, table, job.table_rows)  # while the replays are compared
            desk.await_alone()
            for timed in sizes.rounds(sized, job.seed):
                desk.log(table=SIZES, **timed)
        desk.tell(DONE)


def _follow(topics: Topics, lake: Lake, job: Job, desk: Desk) -> None:
    if not any(lake.position(topics.beginning(lake.table)).changes.values()):
        _warm_up(Lake(lake.spark, "lake.warm_up_0.account", lake.table, job.merge_mode))

    def catalog() -> list[Table]:
        return tables(job.source, [TABLE])

    told = Observer(desk.tell, desk.log)
    sink = Sink(topics, [lake], job.design.cut, job.design.reduce, told, catalog)
    try:
        sink.follow(desk.intervals().__next__, desk.stopped)
    except IncompleteTransactionError as error:
        # Right so: it must not go on over a loss. What did not reach the table is then counted, not raised.
        desk.log(table=HALTED, reason=str(error))
        while not desk.stopped():
            time.sleep(_LOOK_S)


def _warm_up(lake: Lake) -> None:
    """A few batches into another table: a new JVM's first MERGE takes ten times as long as its fifth.

    Only before the load; one that is started cold has changes waiting.
    """
    row = {"balance": "1.00", "opened_on": 1, "changed_at": "2024-01-01T00:00:00Z", "note": "x"}
    whole_row = row | dict.fromkeys(set(lake.columns) - set(row))
    written = {(key,): Effect((key,), whole_row) for key in range(50)}
    moved = {(key,): Effect((key,), row, base=(key,)) for key in range(0, 50, 2)}
    gone = {(key,): Effect((key,), None) for key in range(1, 50, 2)}
    for effects in (Net(written), Net(moved | gone), Net(written, truncated=True)):
        lake.merge(effects, Batch([], {}, 0))
    lake.spark.sql(f"DROP TABLE {lake.name}")
    lake.spark.sql(f"DROP NAMESPACE {lake.name.rpartition('.')[0]}")


def _replay(
    spark: SparkSession, topics: Topics, table: Table, everything: Read, replay: Replay, desk: Desk
) -> None:
    """Cut as Spark's `maxOffsetsPerTrigger` cuts: the same share of each partition, wherever that falls."""
    design = replay.design
    lake = Lake(spark, replay.table, table, replay.merge_mode)
    sink = Sink(topics, [lake], design.cut, design.reduce, Observer(batch=desk.log))
    here = Position(everything.position, everything.transactions_position)
    for share in replay.ends:
        upto = {one: round(offset * share) for one, offset in everything.end.items()}
        if design.cut is at_transactions:  # what an END counts must be there to be read
            upto = everything.end
        transactions = here.transactions, round(everything.transactions_end * share)
        batch = design.cut(everything.part(here.changes, upto, transactions))
        if batch.changes:
            here = sink.commit(lake, batch, here)


def compact(spark: SparkSession, table: str) -> None:
    """Rewrite small files into one and drop the deletes that no longer apply."""
    catalog, _, name = table.partition(".")
    options = "map('rewrite-all', 'true', 'remove-dangling-deletes', 'true')"
    spark.sql(f"CALL {catalog}.system.rewrite_data_files(table => '{name}', options => {options})")


def _replace(place: Path, text: str) -> None:
    fresh = place.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(place)
