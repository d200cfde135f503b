"""Records are whole or not there, fit their schema, and can be compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import paths
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


@pytest.mark.parametrize(
    "path", sorted((paths.PROJECT / "baseline").glob("*.json")), ids=lambda path: path.stem
)
def test_the_schema_is_one_to_any_validator(path: Path) -> None:
    jsonschema.validate(record.read(path), record.schema())


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


def _judged(before: Any, after: Any, better: str) -> tuple[str, str]:
    """What a figure's change is called, and the line of the report."""
    records = sample_record(GOOD, 0.2), sample_record(GOOD, 0.2)
    for made, value in zip(records, (before, after), strict=True):
        made["metrics"][0] |= {"value": value, "better": better}
    drift = compare(*records)
    return drift.metrics[0].judged, report([drift])


@pytest.mark.parametrize(
    ("before", "after", "lower", "ratio"),
    [
        (0, 500, "worse", "from 0"),
        (0, -500, "better", "from 0"),
        (0.0, 0, "about the same", ""),
        (500, 0, "better", "× 0.00"),
        (-500, 0, "worse", "× 0.00"),
        (-10, -5, "worse", "× 0.50"),
        (-5, -10, "better", "× 2.00"),
        (-100, -95, "about the same", ""),
        (-5, 5, "worse", ""),
        (100, 109, "about the same", ""),
        (False, True, "worse", ""),
        (True, False, "better", ""),
        (True, True, "about the same", ""),
        (None, 5, "changed", ""),
        (5, None, "changed", ""),
        (None, None, "about the same", ""),
        (None, False, "changed", ""),
        (True, 1, "changed", ""),
        (0, False, "changed", ""),
    ],
)
def test_a_change_of_any_kind_is_judged(before: Any, after: Any, lower: str, ratio: str) -> None:
    judged, said = _judged(before, after, "lower")
    assert judged == lower
    assert ratio in said
    opposite = {"better": "worse", "worse": "better"}
    assert _judged(before, after, "higher")[0] == opposite.get(lower, lower)
    assert _judged(before, after, "")[0] == ("changed" if lower in opposite else lower)


figures = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9))


@given(figures, figures, st.sampled_from(["lower", "higher"]))
def test_what_gets_better_gets_worse_on_the_way_back(before: Any, after: Any, better: str) -> None:
    there, back = _judged(before, after, better)[0], _judged(after, before, better)[0]
    # Small is a share of where it began, so one of the two ways may be about the same.
    assert {there, back} not in ({"better"}, {"worse"})
    if there in ("better", "worse"):
        assert (there == "better") == ((after > before) == (better == "higher"))
    if (type(before) is bool) != (type(after) is bool) or (before is None) != (after is None):
        assert there == back == "changed"


def test_two_experiments_are_not_compared() -> None:
    with pytest.raises(EvidenceError, match="same experiment"):
        compare(sample_record(GOOD, 0.2), sample_record(GOOD, 0.2) | {"experiment": "other"})


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    picture = tmp_path / "kafka_lag.json"
    picture.write_bytes(b"RIFF\xff\xfe")
    with pytest.raises(EvidenceError, match=r"is not JSON .*lab run kafka_lag"):
        record.read(picture)
