"""Small measurements beside the large ones: the link's round trip, a LIST of many objects, a long manifest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.datasets import Dataset
from lab.experiments.parquet_compaction.files import Files, open_files
from lab.experiments.parquet_compaction.log import DataFile

_TRIES = 30


@dataclass(frozen=True)
class Probes:
    """direct_s, linked_s: small GETs without and through the link. listed: objects in one listing of everything,

    list_requests and list_s: what that took over the link. manifest_bytes, manifest_s: of one file's entry.
    """

    direct_s: tuple[float, ...]
    linked_s: tuple[float, ...]
    listed: int
    list_requests: int
    list_s: float
    manifest_bytes: float
    manifest_s: float

    @property
    def round_trip_s(self) -> float:
        """What the link adds to a small GET, median."""
        return median(self.linked_s) - median(self.direct_s)


def probe(table: Bench, datasets: Sequence[Dataset]) -> Probes:
    """All of it."""
    direct = _small_gets(open_files(table.uri("probe"), table.direct))
    with table.link.delay(table.rtt_s):
        linked = _small_gets(open_files(table.uri("probe"), table.s3))
        everything = open_files(table.root, table.s3)
        before = table.link.traffic()
        listed, list_s = _timed(lambda: len(everything.entries("")))
        requests = table.link.traffic().since(before).count("LIST")
    entries = [file for dataset in datasets for file in dataset.version("before").files]
    return Probes(direct, linked, listed, requests, list_s, *_manifest(entries))


def _small_gets(files: Files) -> tuple[float, ...]:
    files.write("one", b"1")
    files.read("one")  # the connection's handshake is not what is measured
    return tuple(_timed(lambda: files.read("one"))[1] for _ in range(_TRIES))


def _manifest(entries: Sequence[DataFile]) -> tuple[float, float]:
    """Bytes and seconds (to parse) of one file's entry in a version of the log."""
    many = list(entries) * max(1, 2_000 // len(entries))
    text = json.dumps([asdict(file) for file in many])
    _, seconds = _timed(lambda: [DataFile(**item) for item in json.loads(text)])
    return len(text) / len(many), seconds / len(many)


def _timed(work: Callable[[], int | bytes | list]) -> tuple:
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started
