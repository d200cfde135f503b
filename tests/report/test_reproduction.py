"""The drift report is made of the files in `reproduction/`, and says in words what differed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import EvidenceError
from lab.evidence import baseline, reproduction, sources
from lab.evidence.record import Record, without_result
from lab.evidence.reproduction import Load, compare
from lab.report import catalogue, stage
from lab.report.catalogue import Entry
from lab.report.fragments import fill
from lab.report.row import Row
from lab.runner.place import published
from samples import CRITERIA, sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
MACHINE = {"cpu": "Some <CPU>", "cores": 2, "memory_gib": 24, "architecture": "x86_64"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reproduction, "FOLDER", tmp_path / "reproduction")
    monkeypatch.setattr(baseline, "kept", lambda slug: None)
    monkeypatch.setattr(sources, "digest", lambda slug, params: "0")
    return tmp_path / "reproduction"


def record_of(slug: str, control: float = 0.2, **seen: Any) -> Record:
    made = sample_record(GOOD | seen, control) | {"experiment": slug, "finished": "2027-01-01T10:00:00+00:00"}
    return made | {"provenance": made["provenance"] | {"machine": MACHINE}, "duration_s": 41.0}


def kept(slug: str, control: float = 0.2, seed: int = 1, **seen: Any) -> Record:
    """The record of a second run whose comparison is kept."""
    load = Load(seed=seed, core=0, busy_s=(0.2, 2.0), pause_s=(0.02, 0.2), share=0.7 + seed / 100)
    before, after = record_of(slug), record_of(slug, control, **seen) | {"duration_s": 52.0}
    reproduction.keep(compare(before, after, load))
    return before


def rows(*slugs: str) -> list[Row]:
    return [
        Row(Entry(slug, "Streams"), f"The <{slug}>", "Is it so?", None, published(slug)) for slug in slugs
    ]


def shown(*slugs: str) -> str:
    return fill("<!-- lab:reproduced -->\n<!-- lab:reproduction -->", rows(*slugs))


def test_without_files_nothing_is_claimed() -> None:
    assert shown("a") == "No experiment has been run again under load yet.\n"


def test_the_sentence_counts_and_the_origin_names_machine_and_load() -> None:
    kept("a")
    assert "**1 of 1 experiment agree with the baseline**." in shown("a")
    kept("b", seed=2, reached=0.5)
    kept("c", kept=1)
    said = shown("a", "b", "c", "d")
    assert (
        "**1 of 4 experiments agree with the baseline** (1 inconclusive, 1 differs, 1 not run again)." in said
    )
    assert "Run on 2027-01-01 on Some &lt;CPU&gt;, 2 cores, 24 GiB." in said
    assert "seed 1, 0.2 to 2 s of work, 0.02 to 0.2 s of pause, and so on; seed 2, " in said
    assert "It was given 71% to 72% of its core&#x27;s time." in said


@pytest.mark.parametrize(
    ("seen", "word", "said"),
    [
        ({}, "✓ agrees", ">nothing</td>"),
        ({"kept": 1}, "✗ differs", "invariant <code>kept</code>: pass at 0, now fail at 1"),
        ({"fast": 0.5}, "✗ differs", "ratio <code>fast</code>: pass at 0.05, now fail at 0.5"),
        ({"reached": 0.5}, "? inconclusive", "precondition <code>reached</code>: pass at 0, now fail at 0.5"),
        (
            {"control": 0.05},
            "✗ differs",
            "ratio <code>fast</code> in the control “without”: fail at 0.2, now pass at 0.05",
        ),
    ],
)
def test_a_row_says_in_words_what_differed(seen: dict, word: str, said: str) -> None:
    kept("a", **seen)
    found = shown("a")
    assert f"{word}</span>" in found
    assert said in found
    assert '<a href="notebooks/a.html">The &lt;a&gt;</a>' in found
    assert ">41</td>" in found
    assert ">52</td>" in found


def test_a_row_opens_to_every_criterion_and_control() -> None:
    kept("a", kept=1)
    found = shown("a")
    assert "3 of 4 confirmed" in found
    assert found.count("<code>fast</code>") == 2  # in the treatment, and in the control “without”
    assert "not compared" in found  # the absolute one


def test_an_error_gives_its_reason_and_no_table(folder: Path) -> None:
    before = record_of("a")
    after = without_result("a", {"rate": 10}, CRITERIA, before["provenance"], "no <broker>")
    load = Load(seed=1, core=None, busy_s=(1, 1), pause_s=(1, 1), share=0.5)
    reproduction.keep(compare(before, after, load))
    found = shown("a")
    assert "! error</span>" in found
    assert "no &lt;broker&gt;" in found
    assert "<details" not in found


def test_what_has_changed_since_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept("a")
    monkeypatch.setattr(baseline, "kept", lambda slug: before)
    assert ">nothing</td>" in shown("a")
    assert "changed since" not in shown("a")
    monkeypatch.setattr(baseline, "kept", lambda slug: before | {"run_id": "0" * 32})
    assert "there is another baseline since" in shown("a")
    assert "agree with the baseline**. Of 1 comparison code or baseline has changed since." in shown("a")
    monkeypatch.setattr(sources, "digest", lambda slug, params: "1")
    assert "the code has changed since; there is another baseline since" in shown("a")


def test_a_broken_file_stops_the_book(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.json").write_text("{}")
    with pytest.raises(EvidenceError, match=r"a\.json is no reproduction"):
        shown("a")


def test_the_books_page_is_made_of_the_files(tmp_path: Path) -> None:
    assert ("Reading this book", "reproduction") in catalogue.pages()
    for said in ("No experiment has been run again", "**1 of 1 experiment agree"):
        target = tmp_path / said[:4]
        stage.prose(rows("a"), target)
        for page in ("reproduction.md", "index.md"):
            assert said in (target / page).read_text(), page
        kept("a")
    assert "✓ agrees" in (target / "reproduction.md").read_text()
