"""What the report makes of records."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lab import paths
from lab.errors import LabError
from lab.report import downloads, tables
from lab.report.catalogue import Entry
from lab.report.fragments import fill
from lab.report.row import Row
from lab.runner.execute import keep
from lab.runner.place import Place, published
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


def _row(**changes: object) -> Row:
    made = sample_record(GOOD, 0.2) | {"provenance": _origin()} | changes
    return Row(Entry("kafka_lag", "Streams"), "Title", "Is it <so>?", made, published("kafka_lag"))


def _not_run() -> Row:
    return Row(Entry("x", "Streams"), "X", "X?", None, published("x"))


def _origin() -> dict:
    machine = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24, "architecture": "x86_64"}
    return {"machine": machine, "services": {}, "libraries": {}, "source_hash": "0"}


def test_the_scoreboard_links_escapes_and_says_the_verdict() -> None:
    shown = fill("<!-- lab:scoreboard -->", [_row(), _not_run()])
    assert '<a href="notebooks/kafka_lag.html">Is it &lt;so&gt;?</a>' in shown
    assert "✓ pass" in shown
    assert "– not run" in shown


def test_the_method_page_explains_each_grade() -> None:
    method = (paths.PROJECT / "book" / "method.md").read_text()
    for name, meaning in tables.GRADES.items():
        assert f'<span class="lab-grade lab-{name}">{name}</span>\n: ' in method
        assert tables.grade(name) == f'<span class="lab-grade lab-{name}" title="{meaning}">{name}</span>'


def test_a_mark_that_nobody_fills_is_a_mistake() -> None:
    with pytest.raises(LabError, match="no fragment 'scorebord'"):
        fill("<!-- lab:scorebord -->", [])


def test_counts_follow_the_records() -> None:
    assert "1 pass, 1 not run" in fill("<!-- lab:counts -->", [_row(), _not_run()])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "messages", "0 messages"),
        (1234567, "", "1,234,567"),
        (0.01234, "", "0.0123"),
        (0.00001234, "s", "1.23e-05 s"),
        (True, "", "yes"),
        (None, "ms", "–"),
        (99.96, "ms", "100 ms"),
        (1234.6, "ms", "1,235 ms"),
    ],
)
def test_quantities_have_the_digits_that_a_reader_can_use(value: object, unit: str, text: str) -> None:
    assert tables.quantity(value, unit) == text


def test_the_kits_archive_keeps_its_folders(tmp_path: Path) -> None:
    (tmp_path / "kit" / "part").mkdir(parents=True)
    files = [tmp_path / "kit" / name for name in ("README.md", "part/README.md")]
    for file in files:
        file.write_text(file.parent.name)
    made = downloads._zip("kit", files, tmp_path / "kit.zip", tmp_path / "kit")
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == ["README.md", "part/README.md"]


def test_pages_that_a_run_made_are_kept_and_offered(tmp_path: Path) -> None:
    staged, kept = (
        Place("kafka_lag", tmp_path / name, tmp_path / name / "notebooks") for name in ("staged", "kept")
    )
    (staged.records / "kafka_lag").mkdir(parents=True)
    (staged.records / "kafka_lag" / "data-docs.html").write_text("<p>fine</p>")
    (staged.records / "kafka_lag" / "cost-model.xlsx").write_bytes(b"PK\xff")
    made = sample_record(GOOD, 0.2) | {"experiment": "kafka_lag"}
    staged.notebooks.mkdir()
    staged.notebook.write_text("{}")
    keep(staged, made, kept)
    offered = downloads.downloads(
        Row(Entry("kafka_lag", "Streams"), "Title", "?", made, kept), tmp_path / "site"
    )
    assert [(file.text, file.path.read_bytes()) for file in offered[-2:]] == [
        ("cost model", b"PK\xff"),
        ("data docs", b"<p>fine</p>"),
    ]
