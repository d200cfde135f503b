"""The sink: a Spark driver in a process of its own, which can be killed at any moment."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.cdc_lakehouse.kit.sink.batch import (
    Batch,
    IncompleteTransactionError,
    Read,
    anywhere,
    at_transactions,
    whole,
)
from lab.experiments.cdc_lakehouse.kit.sink.follow import Observer, Sink
from lab.experiments.cdc_lakehouse.kit.sink.lake import Lake, Position, beginning
from lab.experiments.cdc_lakehouse.kit.sink.merge import Effect, Net, net
from lab.experiments.cdc_lakehouse.kit.sink.session import SMALL_STATEMENTS
from lab.experiments.cdc_lakehouse.kit.sink.topics import Topics
from lab.experiments.cdc_lakehouse.mechanism import Design
from lab.experiments.cdc_lakehouse.workload.controls import Replay
from lab.services.spark import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# In the log of batches, in a table's place.
READING = "reading"  # a part of all events, read, ordered and reduced, but not applied
HALTED = "halted"  # the driver found a loss and stopped
REPLAYING, DONE = "replaying", "done"  # stages
_LOOK_S = 0.1
_PARTS = (0.0, 0.02, 0.22, 0.27, 0.4, 0.41, 0.65, 0.72, 0.86, 0.9, 1.0)  # small and large ones in turn


@dataclass(frozen=True)
class Job:
    """What a driver does. folder: where it is told and tells (see `Desk`)."""

    folder: Path
    bootstrap: str
    prefix: str
    partitions: int
    catalog: Mapping[str, str]
    table: str
    merge_mode: str
    design: Design


class Desk:
    """Files between the experiment and a driver: the interval in, the stage of the work out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set_interval(self, seconds: float) -> None:
        _replace(self.folder / "interval", str(seconds))

    def interval(self) -> float:
        return float((self.folder / "interval").read_text())

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
    with spark_session("cdc", {"lake": job.catalog}, SMALL_STATEMENTS, memory_mb=1024) as spark:
        topics = Topics(
            spark, job.bootstrap, f"{job.prefix}.bank.account", f"{job.prefix}.transaction", job.partitions
        )
        if turn:
            _warm_up(spark, f"lake.warm_up_{turn}.account", job.merge_mode)
            _read_once(topics)
            desk.stand_by(turn)
        _follow(spark, topics, job, desk)
        compact(spark, job.table)
        if then:
            everything = _prepared(topics, job.partitions, desk)
        desk.tell(REPLAYING)
        for replay in then:
            _replay(spark, topics, everything, replay, desk)
        desk.tell(DONE)


def _read_once(topics: Topics) -> None:
    """What the connector tells first, as soon as it does: a first read takes a new JVM seconds."""
    while not any(topics.ends().changes.values()):
        time.sleep(_LOOK_S)
    topics.read(beginning(topics.partitions), topics.ends())


def _prepared(topics: Topics, partitions: int, desk: Desk) -> Read:
    """All events. Parts of different sizes are read, ordered and reduced on the way, to time what a change costs."""
    begin, end = beginning(partitions), topics.ends()
    for low, high in itertools.pairwise(_PARTS):
        began = time.time()
        part = topics.read(_share(end, low), _share(end, high))
        changes = anywhere(part).changes
        net(changes)
        desk.log(table=READING, changes=len(changes), took=time.time() - began)
    return whole(topics.read(begin, end))  # all of it, unless a loss was found


def _share(end: Position, share: float) -> Position:
    offsets = {number: round(offset * share) for number, offset in end.changes.items()}
    return Position(offsets, round(end.transactions * share))


def _follow(spark: SparkSession, topics: Topics, job: Job, desk: Desk) -> None:
    lake = Lake(spark, job.table, job.merge_mode)
    if not any(lake.position(job.partitions).changes.values()):
        _warm_up(spark, "lake.warm_up_0.account", job.merge_mode)
    sink = Sink(topics, lake, job.design.cut, job.design.reduce, Observer(desk.tell, desk.log))
    try:
        sink.follow(desk.interval, desk.stopped)
    except IncompleteTransactionError as error:
        # Right so: it must not go on over a loss. What did not reach the table is then counted, not raised.
        desk.log(table=HALTED, reason=str(error))
        while not desk.stopped():
            time.sleep(_LOOK_S)


def _warm_up(spark: SparkSession, name: str, merge_mode: str) -> None:
    """A few batches into another table: a new JVM's first MERGE takes ten times as long as its fifth.

    Only before the load; one that is started cold has changes waiting.
    """
    lake = Lake(spark, name, merge_mode)
    row = {"balance": "1.00", "opened_on": 1, "changed_at": "2024-01-01T00:00:00Z", "note": "x"}
    written = {key: Effect(key, row) for key in range(50)}
    moved = {key: Effect(key, row, base=key, kept=frozenset({"note"})) for key in range(0, 50, 2)}
    gone = {key: Effect(key, None) for key in range(1, 50, 2)}
    for effects in (Net(written), Net(moved | gone), Net(written, truncated=True)):
        lake.merge(effects, Batch([], {}, 0))
    spark.sql(f"DROP TABLE {name}")
    spark.sql(f"DROP NAMESPACE {name.rpartition('.')[0]}")


def _replay(spark: SparkSession, topics: Topics, everything: Read, replay: Replay, desk: Desk) -> None:
    """Cut as Spark's `maxOffsetsPerTrigger` cuts: the same share of each partition, wherever that falls."""
    design = replay.design
    sinks = [
        Sink(topics, Lake(spark, name, mode), design.cut, design.reduce, Observer(batch=desk.log))
        for name, mode in replay.tables.items()
    ]
    here = Position(everything.position, everything.transactions_position)
    for share in replay.ends:
        upto = {one: round(offset * share) for one, offset in everything.end.items()}
        if design.cut is at_transactions:  # what an END counts must be there to be read
            upto = everything.end
        transactions = here.transactions, round(everything.transactions_end * share)
        batch = design.cut(everything.part(here.changes, upto, transactions))
        if batch.changes:
            for sink in sinks:
                after = sink.commit(batch, here)
            here = after


def compact(spark: SparkSession, table: str) -> None:
    """Rewrite small files into one and drop the deletes that no longer apply."""
    catalog, _, name = table.partition(".")
    options = "map('rewrite-all', 'true', 'remove-dangling-deletes', 'true')"
    spark.sql(f"CALL {catalog}.system.rewrite_data_files(table => '{name}', options => {options})")


def _replace(place: Path, text: str) -> None:
    fresh = place.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(place)
