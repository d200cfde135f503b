"""A result is current only while nothing it depends on has changed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from lab import paths
from lab.evidence import sources

SLUG = "kafka_lag"


def test_what_measures_is_in_it_and_what_only_shows_is_not() -> None:
    names = {str(path.relative_to(paths.PROJECT)) for path in sources.files(SLUG)}
    assert {
        "notebooks/kafka_lag.ipynb",
        "src/lab/experiments/kafka_lag/mechanism.py",
        "src/lab/load/openloop.py",
        "src/lab/services/process.py",
        "env/python/core.lock",
        "env/checksums/kafka.sha256",
    } <= names
    assert not [name for name in names if name.startswith(("src/lab/cli", "src/lab/report"))]
    assert not [
        name
        for name in names
        if "/experiments/" in name and f"/{SLUG}/" not in name and "__init__" not in name
    ]


def test_parameters_are_part_of_it() -> None:
    assert sources.digest(SLUG, {"rate": 1}) != sources.digest(SLUG, {"rate": 2})


@pytest.mark.parametrize("changed", ["cells", "metadata"])
def test_a_notebook_counts_by_its_cells_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    before = sources.digest(SLUG, {})
    notebook = nbformat.read(paths.notebook(SLUG), as_version=4)
    if changed == "cells":
        notebook.cells[0].source += " "
    else:
        notebook.metadata["edited"] = "by JupyterLab"
    copy = tmp_path / f"{SLUG}.ipynb"
    nbformat.write(notebook, copy)
    monkeypatch.setattr(sources, "_content", lambda path, real=sources._content: real(_or(copy, path)))
    assert (sources.digest(SLUG, {}) == before) == (changed == "metadata")


def _or(copy: Path, path: Path) -> Path:
    return copy if path.name == copy.name else path


def test_relative_imports_are_not_taken_for_other_distributions(tmp_path: Path) -> None:
    file = tmp_path / "part.py"
    file.write_text(
        "import numpy\nfrom .batch import Read\nfrom . import lake\nfrom lab.errors import LabError\n"
    )
    assert set(sources.imports(file)) == {"numpy", "lab.errors", "lab.errors.LabError"}
