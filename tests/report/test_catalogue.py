"""What the table of contents says of pages and experiments."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from lab.evidence import sweeps
from lab.report import catalogue, stage


def test_every_page_of_the_contents_is_there_once_and_in_order() -> None:
    files = re.findall(r"(?:root|file): (\S+)", catalogue.TOC.read_text())
    assert [file for _, file in catalogue.pages()] == files
    assert catalogue.pages()[0] == ("", "index")


def test_experiments_are_the_pages_that_are_notebooks() -> None:
    found = [f"notebooks/{entry.slug}" for entry in catalogue.entries()]
    assert found == [file for _, file in catalogue.pages() if file.startswith("notebooks/")]
    assert all(entry.theme for entry in catalogue.entries())


def test_a_kept_sweep_has_its_page_after_its_experiments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {page for page in stage.pages() if page not in catalogue.pages()}
    assert {file for _, file in written} == {f"sweeps/{path.stem}" for path in sweeps.FOLDER.glob("*.json")}
    shutil.copy(sweeps.FOLDER / "kafka_lag.json", tmp_path)
    monkeypatch.setattr(sweeps, "FOLDER", tmp_path)
    files = [file for _, file in stage.pages()]
    assert files.index("sweeps/kafka_lag") == files.index("notebooks/kafka_lag") + 1
    stage.frame(tmp_path / "stage")
    assert re.findall(r"(?:root|file): (\S+)", (tmp_path / "stage" / "_toc.yml").read_text()) == files
