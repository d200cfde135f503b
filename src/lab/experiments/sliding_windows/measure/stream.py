"""All arms as queries of one Spark session on one live stream, beside each other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lab.errors import ServiceError
from lab.experiments.sliding_windows.kit import job
from lab.experiments.sliding_windows.measure.seen import Query, Seen, batch, plain
from lab.experiments.sliding_windows.measure.sink import READY, STOP, Sink, follow, read
from lab.experiments.sliding_windows.params import Params
from lab.experiments.sliding_windows.workload import sender
from lab.experiments.sliding_windows.workload.arms import Arm
from lab.experiments.sliding_windows.workload.log import (
    BEGIN_MS,
    PARTITIONS,
    SENTINEL,
    USER,
    WARM_UP,
    extra,
    log,
    sentinel_ms,
)
from lab.load.gate import Gate
from lab.services.workers import Worker, spawn

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import StreamingQuery

_LOOK_S = 0.2
_PATIENCE_S = 300.0


@dataclass(frozen=True)
class Topics:
    """events: what the queries read. price: what they read later. out: one for each arm, in their order."""

    events: str
    price: str
    out: Sequence[str]


def stream(
    params: Params, arms: Sequence[Arm], spark: SparkSession, bootstrap: str, topics: Topics, folder: Path
) -> Seen:
    """Send the log to queries that are warm, wait until the last window is closed, and gather what was seen."""
    sent, last = log(params), extra(SENTINEL, 0, sentinel_ms(params))
    sent.to_pickle(folder / sender.LOG)
    last.to_pickle(folder / sender.SENTINEL)
    reader = Sink(bootstrap, topics.out, folder)
    sending = spawn(sender.send, sender.Sender(bootstrap, topics.events, folder))
    reading = spawn(follow, reader)
    try:
        warm = _warming(bootstrap, topics.events)
        with _started(params, arms, spark, bootstrap, topics, folder) as queries:
            for query in queries:
                # Its second batch, without data, comes of itself: the first has moved the watermark on.
                _await(lambda: _watermark(query) > 0, "the warm-up", [], queries)  # noqa: B023
            _await(lambda: (folder / READY).exists(), "the sink's reader", [sending, reading], queries)
            gate = Gate(folder)
            gate.await_all([sender.NAME], timeout_s=_PATIENCE_S)
            start_ns, start_s = gate.open(), time.time()
            done = folder / sender.SENT
            _await(done.exists, "the sender", [sending, reading], queries, params.seconds + _PATIENCE_S)
            for query, arm in zip(queries, arms, strict=True):
                closed = sentinel_ms(params) - round(arm.lateness_s * 1_000)
                _await(lambda: _watermark(query) >= closed, f"query {arm.name}", [reading], queries)  # noqa: B023
            reports = [_reports(query) for query in queries]
        (folder / STOP).touch()
        reading.join(_PATIENCE_S)
        sending.join(_PATIENCE_S)
    finally:
        reading.kill()
        sending.kill()
    with np.load(done) as kept:
        beside = pd.concat([warm, last.assign(offset=kept["sentinel"])], ignore_index=True)
        told = [
            Query(arm, report, read(reader.file(place), USER))
            for place, (arm, report) in enumerate(zip(arms, reports, strict=True))
        ]
        return Seen(sent.assign(offset=kept["offsets"]), beside, kept["lateness_ns"], start_ns, start_s, told)


@contextmanager
def _started(
    params: Params, arms: Sequence[Arm], spark: SparkSession, bootstrap: str, topics: Topics, folder: Path
) -> Iterator[list[StreamingQuery]]:
    """The arms' queries for the block. The largest offset in a window comes with it: by that its events are told."""
    from pyspark.sql import functions as F  # noqa: N812

    queries: list[StreamingQuery] = []
    every, most = timedelta(seconds=params.trigger_s), {"maxOffsetsPerTrigger": str(params.batch_messages)}
    try:
        for place, (arm, out) in enumerate(zip(arms, topics.out, strict=True)):
            events = job.events(spark, bootstrap, topics.events, most)
            found = job.lines(arm.apply(events, (F.max("offset").alias("upto"),)))
            checkpoint = str(folder / f"checkpoint-{place}")
            queries.append(job.start(found, bootstrap, out, checkpoint, arm.mode, every))
        yield queries
    finally:
        for query in queries:
            query.stop()


def _warming(bootstrap: str, topic: str) -> pd.DataFrame:
    """A message into each partition, an hour before the first event, for a first batch of each query: that takes seconds."""
    rows = [extra(WARM_UP, 1 + place, BEGIN_MS - 3_600_000) for place in range(PARTITIONS)]
    made = pd.concat(rows, ignore_index=True)
    return made.assign(offset=sender.put(bootstrap, topic, made))


def _watermark(query: StreamingQuery) -> int:
    """The watermark of the last batch that is done, ms since 1970."""
    if (last := query.lastProgress) is None or "watermark" not in (told := plain(last)).get("eventTime", {}):
        return 0
    return batch(told).watermark_ms


def _reports(query: StreamingQuery) -> list[Mapping[str, Any]]:
    """What Spark reported of each batch; of one that was reported twice, the report with the batch's time in it."""
    found: dict[int, Mapping[str, Any]] = {}
    for progress in map(plain, query.recentProgress):
        if "addBatch" in progress["durationMs"]:
            found[progress["batchId"]] = progress
    return [found[number] for number in sorted(found)]


def _await(
    ready: Any,
    what: str,
    workers: Sequence[Worker],
    queries: Sequence[StreamingQuery],
    patience_s: float = _PATIENCE_S,
) -> None:
    """Until `ready()`; an error at once if a worker or a query has failed meanwhile."""
    deadline = time.monotonic() + patience_s
    while not ready():
        for worker in workers:
            worker.check()
        for query in queries:
            if not query.isActive and (error := query.exception()) is not None:
                raise ServiceError(f"a query has failed: {str(error).splitlines()[0]}") from error
        if time.monotonic() > deadline:
            raise ServiceError(f"{what} was not done after {patience_s:g} s")
        time.sleep(_LOOK_S)
