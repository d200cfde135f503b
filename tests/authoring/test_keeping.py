"""Only a pass of the code as it is now becomes the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.authoring import keeping, readme
from lab.errors import EvidenceError
from lab.evidence import baseline, history, record
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "FOLDER", tmp_path / "baseline")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text("# Book\n")
    monkeypatch.setattr(history, "FOLDER", tmp_path / "history")


def test_a_pass_is_kept_and_becomes_part_of_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sample_record(GOOD, 0.5)
    monkeypatch.setattr(keeping, "current", lambda slug: made)
    assert record.read(keeping.keep("something")) == made
    assert len(list((tmp_path / "history").glob("*/something/*.json"))) == 1


def test_a_pass_that_breaks_the_rules_of_brevity_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sample_record(GOOD, 0.5)
    monkeypatch.setattr(keeping, "current", lambda slug: made)
    monkeypatch.setattr(keeping, "flaws", lambda found: ["a condition has 179 characters"])
    with pytest.raises(EvidenceError, match="179 characters"):
        keeping.keep("something")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


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
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
