"""Readers at work while the log grows and is compacted: what each of them saw, and whether that ever was true."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.mechanism.files import open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import run, session
from lab.experiments.parquet_compaction.mechanism.table_format import append
from lab.experiments.parquet_compaction.workload.maintenance import Upkeep

if TYPE_CHECKING:
    import pyarrow as pa


# Every event has its place in the order of arrival, so these four tell whether a reading is a whole past state.
STATE = "SELECT count(*), count(DISTINCT event_id), coalesce(max(event_id), -1), coalesce(sum(event_id), 0)::HUGEINT FROM t"
READERS = 6
_PATIENCE_S = 40.0
# Of the writer: without it the files pile up, and readings and compactions take longer and longer.
_PAUSE_S = 0.2


@dataclass(frozen=True)
class Reading:
    """What one reader saw. known: rows that were committed before it began; error: if it failed.

    start_s, end_s: of the monotonic clock.
    """

    start_s: float
    end_s: float
    known: int
    rows: int = 0
    distinct: int = 0
    last: int = -1
    total: int = 0
    error: str = ""


@dataclass(frozen=True)
class Watch:
    """All readings, and when compactions ran that rewrote anything: (start, end) of the monotonic clock."""

    readings: tuple[Reading, ...]
    compactions: tuple[tuple[float, float], ...]
    batch_rows: int
    wanted: int  # readings during a compaction that were asked for

    @property
    def overlapping(self) -> tuple[Reading, ...]:
        """Readings that began before a compaction's end and ended after its start."""
        return tuple(reading for reading in self.readings if overlaps(reading, self.compactions))


def overlaps(reading: Reading, compactions: Iterable[tuple[float, float]]) -> bool:
    return any(start < reading.end_s and reading.start_s < end for start, end in compactions)


def watch(
    table: Bench,
    upkeep: Upkeep,
    layout: Layout,
    batches: Sequence[pa.Table],
    readings: int,
    target_bytes: int,
    sort_by: Sequence[str],
) -> Watch:
    """Readings while one thread appends `batches` and another compacts, until `readings` overlap a compaction.

    All cross the link with its round trip, so that a compaction lasts as long as it does for a distant store.
    """
    uri = table.uri(f"watched-{upkeep.name}")
    with table.link.delay(table.rtt_s):
        return _Scene(table, upkeep, layout, uri, batches).play(readings, target_bytes, sort_by)


class _Scene:
    """The threads and what they share; they meet only in the store."""

    def __init__(
        self, table: Bench, upkeep: Upkeep, layout: Layout, uri: str, batches: Sequence[pa.Table]
    ) -> None:
        self.table, self.upkeep, self.layout, self.uri, self.batches = table, upkeep, layout, uri, batches
        self.ended = threading.Event()
        self.known = 0
        self.compactions: list[tuple[float, float]] = []
        self.readings: list[Reading] = []

    def play(self, readings: int, target_bytes: int, sort_by: Sequence[str]) -> Watch:
        self._append(self.batches[0])
        deadline = time.monotonic() + _PATIENCE_S
        with ThreadPoolExecutor(READERS + 2) as pool:
            actors = [pool.submit(self._write), pool.submit(self._keep_up, target_bytes, sort_by)]
            actors += [pool.submit(self._read) for _ in range(READERS)]
            while self._met() < readings and time.monotonic() < deadline:
                if any(actor.done() for actor in actors[1:]):
                    break  # an actor that ends early has failed; its error is raised below
                time.sleep(0.05)
            self.ended.set()
            for actor in actors:
                actor.result()
        return self._watch(readings)

    def _watch(self, wanted: int) -> Watch:
        return Watch(tuple(self.readings), tuple(self.compactions), self.batches[0].num_rows, wanted)

    def _met(self) -> int:
        return len(self._watch(0).overlapping)

    def _append(self, batch: pa.Table) -> None:
        append(open_files(self.uri, self.table.s3), batch, self.layout)
        self.known += batch.num_rows

    def _write(self) -> None:
        for batch in self.batches[1:]:
            if self.ended.wait(_PAUSE_S):
                return
            self._append(batch)

    def _keep_up(self, target_bytes: int, sort_by: Sequence[str]) -> None:
        while not self.ended.is_set():
            start = time.monotonic()
            if self.upkeep.step(self.uri, target_bytes, sort_by, self.table.s3):
                self.compactions.append((start, time.monotonic()))
            self.upkeep.clean(self.uri, self.table.s3)

    def _read(self) -> None:
        with session(self.table.s3, threads=8) as duck:
            while not self.ended.is_set():
                self.readings.append(self._look(duck))

    def _look(self, duck: duckdb.DuckDBPyConnection) -> Reading:
        known, start = self.known, time.monotonic()
        try:
            found = self.upkeep.files(self.uri, self.table.s3)
            files = open_files(self.uri, self.table.s3)
            rows = run(duck, STATE, [files.url(file.path) for file in found])
        except (duckdb.Error, FileNotFoundError) as error:
            return Reading(start, time.monotonic(), known, error=str(error).splitlines()[0][:200])
        return Reading(start, time.monotonic(), known, *(rows[0] if rows else (0, 0, -1, 0)))
