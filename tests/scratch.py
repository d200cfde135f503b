"""A project of a test's own: a copy of this one, with a quick experiment in it, on which commands are tried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from lab import paths
from lab.report import catalogue

COPIED = ("src", "notebooks", "book", "env", "_toc.yml", "_config.yml")
SLUG = "quick"
DEFAULTS = """rate = 10  # messages/s
share = 0.5  # of one
arms = ("first",)  # what is compared"""
RUN = """params = parameters(experiment.Params)
treatment, controls = experiment.run_with_controls(params)
publish(experiment, treatment, controls)"""


def copy(folder: Path, names: Iterable[str] = COPIED) -> Path:
    """A copy of the project in `folder`."""
    for name in names:
        source = paths.PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def project(folder: Path) -> Path:
    """A copy of the project in `folder`, with the experiment `quick` as the first of the book."""
    copy(folder)
    package = folder / "src" / "lab" / "experiments" / SLUG
    package.mkdir()
    shutil.copy(Path(__file__).with_name("quickexperiment.py"), package / "__init__.py")
    (folder / "notebooks" / f"{SLUG}.ipynb").write_text(notebook())
    toc = folder / "_toc.yml"
    first = "      - file: notebooks/"
    toc.write_text(toc.read_text().replace(first, f"{first}{SLUG}\n{first}", 1))
    return folder


def notebook() -> str:
    """The notebook of `quick`."""
    made = new_notebook(
        cells=[
            new_markdown_cell("# Quick"),
            new_code_cell(
                "from lab.experiments import quick as experiment\nfrom lab.notebook import parameters, publish"
            ),
            new_code_cell(DEFAULTS, metadata={"tags": ["parameters"]}),
            new_code_cell(RUN),
        ]
    )
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return writes(made)


def thirty(folder: Path) -> list[str]:
    """Fill the project in `folder` up to thirty experiments with copies of the real ones; all their slugs."""
    real = catalogue.slugs()
    copies = [f"{slug}_{number}" for number in range(1, 30) for slug in real]
    made = copies[: max(0, 30 - len(real) - 1)]
    for slug in made:
        _copy(folder, slug.rpartition("_")[0], slug)
    return [SLUG, *real, *made]


def _copy(folder: Path, slug: str, copy: str) -> None:
    package, notebooks = folder / "src" / "lab" / "experiments", folder / "notebooks"
    shutil.copytree(package / slug, package / copy)
    shutil.copy(notebooks / f"{slug}.ipynb", notebooks / f"{copy}.ipynb")
    for path in [*(package / copy).rglob("*.py"), notebooks / f"{copy}.ipynb"]:
        text = path.read_text().replace(f"lab.experiments.{slug}", f"lab.experiments.{copy}")
        path.write_text(text.replace(f"experiments import {slug} ", f"experiments import {copy} "))
    toc = folder / "_toc.yml"
    line = f"      - file: notebooks/{slug}\n"
    toc.write_text(toc.read_text().replace(line, line + line.replace(slug, copy)))


def environment(folder: Path) -> dict[str, str]:
    """The environment in which the copy in `folder` is the project."""
    mine = {name: value for name, value in os.environ.items() if name not in ("LAB_BUILD", "LAB_RECORDS")}
    return mine | {"PYTHONPATH": str(folder / "src")}


def lab(folder: Path, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """`lab ARGUMENTS` in the project in `folder`."""
    return subprocess.run(
        [sys.executable, "-c", "from lab.cli import main; main()", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
