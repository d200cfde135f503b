"""The link's round trip: small GETs with it and without it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.files import Files, open_files

_TRIES = 30


@dataclass(frozen=True)
class Probes:
    """direct_s, linked_s: small GETs without and through the link."""

    direct_s: tuple[float, ...]
    linked_s: tuple[float, ...]

    @property
    def round_trip_s(self) -> float:
        """What the link adds to a small GET, median."""
        return median(self.linked_s) - median(self.direct_s)


def probe(table: Bench) -> Probes:
    """Both, one after the other."""
    direct = _small_gets(open_files(table.uri("probe"), table.direct))
    with table.link.delay(table.rtt_s):
        return Probes(direct, _small_gets(open_files(table.uri("probe"), table.s3)))


def _small_gets(files: Files) -> tuple[float, ...]:
    files.write("one", b"1")
    files.read("one")  # the connection's handshake is not what is measured
    return tuple(_seconds(files) for _ in range(_TRIES))


def _seconds(files: Files) -> float:
    started = time.perf_counter()
    files.read("one")
    return time.perf_counter() - started
