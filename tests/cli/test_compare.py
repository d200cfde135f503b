"""`lab compare` says what it did not compare, and refuses what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lab.cli.evidence import compare
from lab.errors import EvidenceError
from lab.evidence import record
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


def _written(folder: Path, *slugs: str) -> Path:
    for slug in slugs:
        made = sample_record(GOOD, 0.2)
        made["provenance"]["machine"] = {"cpu": "Some CPU", "cores": 2, "memory_gib": 24}
        record.write(made | {"experiment": slug}, folder)
    return folder


def test_an_experiment_of_which_the_new_folder_has_no_record_is_named(tmp_path: Path) -> None:
    old, new = _written(tmp_path / "old", "a", "b", "c"), _written(tmp_path / "new", "b", "d")
    done = CliRunner().invoke(compare, [str(old), str(new)])
    assert done.exit_code == 0, done.output
    assert done.output.count("\n## ") == 1
    assert done.output.endswith(f"Not compared, for {new} has no record of: a, c\n")
    assert (
        "Not compared" not in CliRunner().invoke(compare, [str(new / "b.json"), str(old / "b.json")]).output
    )
    _written(new, "a", "c")
    assert "Not compared" not in CliRunner().invoke(compare, [str(old), str(new)]).output


def test_records_of_two_experiments_are_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = _written(tmp_path, "a", "b")
    with pytest.raises(EvidenceError, match="a and b are not the same experiment"):
        CliRunner().invoke(compare, [str(folder / "a.json"), str(folder / "b.json")], catch_exceptions=False)
