"""A published result becomes the committed baseline."""

from __future__ import annotations

from pathlib import Path

from lab.errors import EvidenceError
from lab.evidence import baseline, record
from lab.runner.current import current


def keep(slug: str) -> Path:
    """Write the published record of `slug` to `baseline/`. EvidenceError if there is none, or it is no pass."""
    found = current(slug)
    if found is None:
        raise EvidenceError(f"there is no result of {slug} for the code as it is now. Run: lab run {slug}")
    if found["verdict"] != "pass":
        raise EvidenceError(f"the result of {slug} is {found['verdict']}; only a pass becomes the baseline")
    return record.write(found, baseline.FOLDER)
