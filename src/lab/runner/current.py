"""Is a stored result still that of the code, the pins and the parameters as they are now?"""

from __future__ import annotations

from pathlib import Path

from lab import paths
from lab.errors import EvidenceError
from lab.evidence import record, sources
from lab.evidence.record import Record


def stored(slug: str) -> Record | None:
    """The stored record, or None if there is none that can be read."""
    try:
        return record.read(paths.records() / f"{slug}.json")
    except EvidenceError:
        return None


def current(slug: str) -> Record | None:
    """The stored record if it came to a verdict and nothing it depends on has changed; else None."""
    found = stored(slug)
    if found is None or found["verdict"] in ("error", "not run") or not executed(slug).exists():
        return None
    return found if found["provenance"]["source_hash"] == sources.digest(slug, found["params"]) else None


def executed(slug: str) -> Path:
    """The notebook as it was last run."""
    return paths.build() / "notebooks" / f"{slug}.ipynb"
