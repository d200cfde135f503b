"""Only a pass of the code as it is now becomes the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.authoring import keeping
from lab.errors import EvidenceError
from lab.evidence import baseline, record
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "FOLDER", tmp_path / "baseline")


def test_a_pass_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sample_record(GOOD, 0.5)
    monkeypatch.setattr(keeping, "current", lambda slug: made)
    assert record.read(keeping.keep("something")) == made


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "Run: lab run something"), (sample_record(GOOD | {"reached": 1.0}, 0.5), "inconclusive")],
)
def test_nothing_else_is(
    found: record.Record | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "current", lambda slug: found)
    with pytest.raises(EvidenceError, match=said):
        keeping.keep("something")
    assert not (tmp_path / "baseline").exists()
