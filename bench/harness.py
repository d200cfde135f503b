"""(b) The price of the harness: wall time of a notebook run against the time inside its mechanism."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat
import yaml

from lab.report import catalogue
from lab.runner.execute import run
from lab.runner.place import Place

LIMIT_S = 6
SMALL = Path(__file__).parents[1] / "tests" / "experiments"


def main() -> None:
    for slug in catalogue.slugs():
        parameters = yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text())
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            made = run(slug, parameters, Place(slug, Path(folder), Path(folder)))
            wall = time.monotonic() - begin
            inside = mechanism_s(made.place.notebook)
        print(
            f"{slug}: wall {wall:.1f} s, mechanism {inside:.1f} s, overhead {wall - inside:.1f} s "
            f"(target at most {LIMIT_S} s), ratio {wall / inside:.2f}"
        )


def mechanism_s(notebook: Path) -> float:
    """Time of the cells that call the experiment's run."""
    cells = nbformat.read(notebook, as_version=4).cells
    return sum(_took(cell) for cell in cells if cell.cell_type == "code" and "experiment.run" in cell.source)


def _took(cell: nbformat.NotebookNode) -> float:
    times = cell.metadata.papermill
    return (
        datetime.fromisoformat(times["end_time"]) - datetime.fromisoformat(times["start_time"])
    ).total_seconds()
