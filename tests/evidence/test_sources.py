"""A result is current only while nothing it depends on has changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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


LIBRARY = paths.PROJECT / "src" / "lab"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("kafka_lag", "__init__.py"),
        ("kafka_lag", "services/__init__.py"),
        ("kafka_lag", "evidence/__init__.py"),
        ("kafka_lag", "experiments/__init__.py"),
        ("kafka_lag", "services/log4j2.properties"),
        ("cdc_lakehouse", "services/icebergcatalog.xml"),
    ],
)
def test_a_file_that_decides_a_measurement_makes_its_result_stale(
    monkeypatch: pytest.MonkeyPatch, slug: str, name: str
) -> None:
    before = sources.digest(slug, {})
    touched = LIBRARY / name
    monkeypatch.setattr(
        sources, "_content", lambda path, real=sources._content: real(path) + b"#" * (path == touched)
    )
    assert sources.digest(slug, {}) != before


def test_every_data_file_of_the_library_is_named_by_a_module_beside_it() -> None:
    """That is how one is found to count."""
    folders = {path.parent for path in LIBRARY.rglob("*.py")}
    for folder in (folder for folder in folders if LIBRARY / "experiments" not in folder.parents):
        named = {file for module in folder.glob("*.py") for file in sources.data_files(module)}
        assert {path for path in folder.iterdir() if path.is_file() and path.suffix != ".py"} == named


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


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in LIBRARY.rglob("*.py")}), ids=lambda path: path.name
)
def test_every_import_of_the_library_is_found(folder: Path) -> None:
    for path in folder.glob("*.py"):
        assert set(_as_parsed(path)) - set(sources.imports(path)) == set(), path


def _as_parsed(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_a_program_of_ours_that_is_started_by_name_counts_like_one_that_is_imported() -> None:
    """The one who starts it names it by its import, not by a text that the digest does not see."""
    named = {
        (path.relative_to(LIBRARY).as_posix(), program)
        for folder in ("services", "load", "faults", "experiments")
        for path in (LIBRARY / folder).rglob("*.py")
        for program in re.findall(r'"-m", "lab\.([\w.]+)"', path.read_text())
        if path != LIBRARY / f"{program.replace('.', '/')}.py"  # it starts itself
    }
    assert named == {("services/session.py", "services.reaper")}  # which only tidies up
