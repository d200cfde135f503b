"""Is a stored result still that of the code, the pins and the parameters as they are now?"""

from __future__ import annotations

from lab.errors import EvidenceError
from lab.evidence import record, sources
from lab.evidence.record import Record
from lab.runner.place import changes, published


def stored(slug: str) -> Record | None:
    """The stored record, or None if there is none that can be read."""
    try:
        return record.read(published(slug).record)
    except EvidenceError:
        return None


def current(slug: str) -> Record | None:
    """The stored record if it is of the notebook's own parameters, came to a verdict and is not stale; else None."""
    found = stored(slug)
    if found is None or found["verdict"] in ("error", "not run") or not published(slug).notebook.exists():
        return None
    if changes(slug, found["params"]):
        return None
    return found if found["provenance"]["source_hash"] == sources.digest(slug, found["params"]) else None
