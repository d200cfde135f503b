"""Records are whole or not there, fit their schema, and can be compared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.errors import EvidenceError
from lab.evidence import record
from lab.evidence.compare import compare
from lab.files import write_atomically
from lab.report.drift import report
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


def test_round_trip(tmp_path: Path) -> None:
    made = sample_record(GOOD, 0.2)
    assert record.read(record.write(made, tmp_path)) == made


def test_a_half_written_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", '{"experiment": "x"}', "[]"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=r"x\.json|schema"):
        record.read(path)


def test_a_missing_record_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="lab run x"):
        record.read(tmp_path / "x.json")


def test_drift_names_what_moved() -> None:
    before, after = sample_record(GOOD, 0.2), sample_record(GOOD | {"fast": 0.5}, 0.5)
    after["metrics"][0]["value"] = 6.0
    drift = compare(before, after)
    assert drift.regressed
    assert [change.name for change in drift.outcomes] == ["fast"]
    assert [(change.name, change.judged) for change in drift.metrics] == [("latency", "worse")]
    assert "× 2.00" in report([drift])


def test_two_experiments_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same experiment"):
        compare(sample_record(GOOD, 0.2), sample_record(GOOD, 0.2) | {"experiment": "other"})
