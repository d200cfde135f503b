"""The pages around the thirty experiments, of rows of which three differ in what a row may have to say."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from lab.report import site
from lab.report.row import Row
from lab.report.stage import BOOK, frame, prose


def varied(rows: Sequence[Row]) -> list[Row]:
    """`rows`; of the last three one as not run, one as failed, one as run on another machine and day."""
    *others, missing, failing, distant = rows
    failed, elsewhere = copy.deepcopy(failing.record), copy.deepcopy(distant.record)
    assert failed
    assert elsewhere
    failed["verdict"] = "fail"
    elsewhere["finished"] = "2027-01-31T10:00:00+00:00"
    elsewhere["provenance"]["machine"]["cpu"] = "Another CPU"
    changed = zip((missing, failing, distant), (None, failed, elsewhere), strict=True)
    return [*others, *(replace(row, record=record) for row, record in changed)]


def build(rows: Sequence[Row], target: Path) -> Path:
    """Landing page, decision index, at-scale page and the other prose of `rows`, in a folder below `target`."""
    frame(target)
    names = sorted(path.stem for path in BOOK.glob("*.md") if path.stem != "index")
    contents = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in names]}
    (target / "_toc.yml").write_text(yaml.safe_dump(contents))
    prose(rows, target)
    return site.pages(target)
