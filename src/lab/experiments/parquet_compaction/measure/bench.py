"""What a run works on: an object store, a counted link to it, a disk beside it; and what the link really adds."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.services.countingproxy import CountingProxy, counting_proxy
from lab.services.objectstore import object_store
from lab.services.s3 import S3

BUCKET = "lake"
_TRIES = 30


@dataclass(frozen=True)
class Bench:
    """link: the store with counts and a round trip; root: where this run's datasets are; disk: local folder."""

    link: CountingProxy
    direct: S3
    root: str
    disk: Path
    rtt_s: float
    version: str

    @property
    def s3(self) -> S3:
        """The store as clients see it: through the link."""
        return self.link.s3

    def uri(self, name: str) -> str:
        """A dataset's address, the same in all its parts whatever its name."""
        return f"{self.root}/{name.replace(' ', '-').replace('+', '-')}"


@contextmanager
def bench(rtt_s: float) -> Iterator[Bench]:
    """Store, link and folder for the block; the run's objects are taken away at the end."""
    root = f"s3://{BUCKET}/compaction-{uuid.uuid4().hex[:12]}"
    with (
        object_store([BUCKET]) as store,
        counting_proxy(store.s3) as link,
        tempfile.TemporaryDirectory(prefix="lab-parquet-") as folder,
    ):
        try:
            yield Bench(link, store.s3, root, Path(folder), rtt_s, store.version)
        finally:
            if store.version.startswith("attached"):  # a store of our own goes away as a whole
                left = open_files(root, store.s3)
                left.delete(entry.path for entry in left.entries(""))


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
