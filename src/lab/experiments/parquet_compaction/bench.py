"""What a run works on: an object store, a counted link to it, a disk beside it."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.experiments.parquet_compaction.files import open_files
from lab.services.countingproxy import CountingProxy, counting_proxy
from lab.services.objectstore import object_store
from lab.services.s3 import S3

BUCKET = "lake"


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
