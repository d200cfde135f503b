"""A published result becomes the committed baseline."""

from __future__ import annotations

from pathlib import Path

from lab.authoring import readme
from lab.errors import EvidenceError
from lab.evidence import baseline, history, record
from lab.evidence.strength import flaws
from lab.runner.current import current


def keep(slug: str) -> Path:
    """Write the published record of `slug` to `baseline/` and `history/`. EvidenceError if it is no pass, or badly said."""
    found = current(slug)
    if found is None:
        raise EvidenceError(f"there is no result of {slug} for the code as it is now. Run: lab run {slug}")
    if found["verdict"] != "pass":
        raise EvidenceError(f"the result of {slug} is {found['verdict']}; only a pass becomes the baseline")
    if badly := flaws(found):
        raise EvidenceError(f"the result of {slug} is not said as the book says it: {'; '.join(badly)}")
    history.append(found)
    kept = record.write(found, baseline.FOLDER)
    readme.refresh()  # which says how long it took
    return kept
