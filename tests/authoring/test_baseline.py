"""Only a pass of the code as it is now becomes the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths
from lab.authoring import baseline
from lab.errors import EvidenceError
from lab.evidence import record
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PROJECT", tmp_path)


def test_a_pass_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sample_record(GOOD, 0.5)
    monkeypatch.setattr(baseline, "current", lambda slug: made)
    assert record.read(baseline.renew("something")) == made


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "Run: lab run something"), (sample_record(GOOD | {"reached": 1.0}, 0.5), "inconclusive")],
)
def test_nothing_else_is(
    found: record.Record | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "current", lambda slug: found)
    with pytest.raises(EvidenceError, match=said):
        baseline.renew("something")
    assert not (tmp_path / "baseline").exists()
