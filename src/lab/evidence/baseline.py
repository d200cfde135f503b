"""The committed baseline: the record of each experiment's last published run."""

from __future__ import annotations

from lab import paths
from lab.evidence import record, sources
from lab.evidence.record import Record

FOLDER = paths.PROJECT / "baseline"


def kept(slug: str) -> Record | None:
    """The experiment's record in the baseline; None for one that was never published."""
    path = FOLDER / f"{slug}.json"
    return record.read(path) if path.exists() else None


def changed(slug: str) -> bool:
    """True if what the experiment's result depends on is not what it was in the baseline, or there is none."""
    found = kept(slug)
    return found is None or found["provenance"]["source_hash"] != sources.digest(slug, found["params"])
