"""(b) The price of the harness: wall time of a small run against the time inside its mechanism."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
import yaml

from bench import limits
from bench.budget import Budget, Found
from bench.runs import SMALL, by_class, longest
from lab.report import catalogue
from lab.runner.execute import run
from lab.runner.place import Place

PARAMETERS = Path(__file__).parents[1] / "tests" / "experiments"


@dataclass(frozen=True)
class Took:
    """Seconds of one small run: by the clock outside, of its record, and of the cells that run the experiment."""

    wall: float
    record: float
    inside: float


def main() -> dict[Budget, Found]:
    took = {slug: found for slug in catalogue.slugs() if (found := _took(slug))}
    origin = "small runs of this bench, one at a time"
    beside = {slug: each.wall - each.inside for slug, each in took.items()}
    return {
        limits.OVERHEAD: longest(limits.OVERHEAD, beside, origin),
        **by_class(SMALL, {slug: each.record for slug, each in took.items()}, origin),
    }


def _took(slug: str) -> Took | None:
    """None if the run came to no verdict: it is said why, and what it took tells nothing."""
    parameters = yaml.safe_load((PARAMETERS / f"{slug}.small.yaml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        made = run(slug, parameters, Place(slug, Path(folder), Path(folder)))
        wall = time.monotonic() - begin
        if made.record["verdict"] in ("error", "not run"):
            print(f"{slug}: {made.record['verdict']}: {'; '.join(made.record['reasons'])}")
            return None
        took = Took(wall, made.record["duration_s"], mechanism_s(made.place.notebook))
    print(
        f"{slug}: wall {wall:.1f} s, mechanism {took.inside:.1f} s, overhead {wall - took.inside:.1f} s, "
        f"ratio {wall / took.inside:.2f}"
    )
    return took


def mechanism_s(notebook: Path) -> float:
    """Time of the cells that call the experiment's run."""
    cells = nbformat.read(notebook, as_version=4).cells
    return sum(
        _seconds(cell) for cell in cells if cell.cell_type == "code" and "experiment.run" in cell.source
    )


def _seconds(cell: nbformat.NotebookNode) -> float:
    times = cell.metadata.papermill
    return (
        datetime.fromisoformat(times["end_time"]) - datetime.fromisoformat(times["start_time"])
    ).total_seconds()
