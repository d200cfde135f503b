"""What is kept of a sweep, and what is no sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from asrun import MODEL, SUMMARY
from lab.errors import EvidenceError
from lab.evidence import record, sweeps
from lab.evidence.record import Record, without_result
from lab.evidence.sweeps import Point, Sweep
from samples import CRITERIA, sample_record


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sweeps, "FOLDER", tmp_path / "sweeps")
    return tmp_path / "sweeps"


def point(rate: int, made: Record | None = None) -> Point:
    return Point({"rate": rate}, made or sample_record({"fast": 0.05}, 0.2), "<figure></figure>")


def test_a_sweep_is_read_as_it_was_kept() -> None:
    assert sweeps.kept("something") is None
    made = Sweep("something", [point(1), point(10), point(10)])
    sweeps.keep(made)
    assert sweeps.kept("something") == made
    assert (made.names, made.values("rate")) == (["rate"], [1, 10])


def test_a_slim_record_is_a_record_with_criteria_and_answer_and_whole_it_stays_as_it_was() -> None:
    full = sample_record({"fast": 0.05}, 0.2, SUMMARY, MODEL)
    made = record.check(sweeps.slim(full))
    assert (made["metrics"], made["model"], made["summary"]["decisions"]) == ([], None, [])
    for name in ("run_id", "verdict", "criteria", "control", "provenance"):
        assert made[name] == full[name]
    assert made["summary"]["headline"] == full["summary"]["headline"]
    assert full["metrics"] and full["model"] and full["summary"]["decisions"]


def test_one_run_or_an_error_makes_no_sweep(folder: Path) -> None:
    with pytest.raises(EvidenceError, match="from two points on"):
        sweeps.keep(Sweep("something", [point(1)]))
    origin = point(1).record["provenance"]
    broken = without_result("something", {}, CRITERIA, origin, "the broker did not start")
    with pytest.raises(EvidenceError, match="the broker did not start"):
        sweeps.keep(Sweep("something", [point(1), point(2, broken)]))
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"points": []}',
        '{"points": [{"at": {}}]}',
        '{"points": [{"at": 1, "record": {}, "figure": ""}]}',
    ],
)
def test_a_broken_sweep_is_named(content: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "something.json").write_text(content)
    with pytest.raises(EvidenceError, match=r"something\.json is no sweep .*lab sweep something"):
        sweeps.kept("something")


def test_the_kept_sweeps_can_be_read_and_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    files = list(sweeps.FOLDER.glob("*.json"))
    assert files
    for path in files:
        found = sweeps.kept(path.stem)
        assert found
        assert all(item.figure for item in found.points)
        assert path.stat().st_size <= 350_000
