"""The pages around thirty experiments: those that there are, and copies of them in the place of those to come."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import yaml

from lab.report import catalogue, site
from lab.report.row import Row
from lab.report.stage import BOOK, frame, prose


def thirty(rows: Sequence[Row]) -> list[Row]:
    """`rows`, and one of them under the name, theme and question of each experiment to come.

    The last three differ in what a row may have to say: not run, failed, run on another machine and day.
    """
    copies = [
        replace(row, entry=catalogue.Entry(item["slug"], item["theme"]), question=item["question"])
        for row, item in zip(cycle(rows), catalogue.planned(), strict=False)
    ]
    *others, missing, failing, distant = [*rows, *copies]
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
