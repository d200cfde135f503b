"""What is asked often answers at once, with the whole book of thirty experiments."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import scratch
from lab import paths
from lab.report import catalogue

# Stored as if each had just been published, with a notebook of a megabyte and figures; and the book built of them.
PUBLISH = """
import json, sys
from pathlib import Path
from lab import declared, paths
from lab.evidence import sources
from lab.report import site
from lab.report.stage import stage
from lab.runner.place import published
for slug, path in json.loads(sys.argv[1]).items():
    record, place = json.load(open(path)), published(slug)
    record |= {"experiment": slug, "params": declared.defaults(slug)}
    record["provenance"]["source_hash"] = sources.digest(slug, record["params"])
    for folder in (place.records, place.notebooks):
        folder.mkdir(parents=True, exist_ok=True)
    place.record.write_text(json.dumps(record))
    notebook = json.loads(paths.notebook(slug).read_text())
    drawn = {"text/html": ["<svg>", "<path d='M0 0'/>" * 60_000, "</svg>"]}
    shown = {"output_type": "display_data", "data": drawn, "metadata": {}}
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = [shown]
    place.notebook.write_text(json.dumps(notebook))
    (place.records / slug).mkdir()
    for number in range(5):
        (place.records / slug / f"{number}.csv").write_text("a,b\\n" + "1.25,2.5\\n" * 2_000)
stage(site.rows(), paths.build() / "stage")
(paths.build() / "site").mkdir()
(paths.build() / "site" / ".built-from").write_text(site._digest(paths.build() / "stage", Path(site.__file__).parent))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = scratch.project(tmp_path_factory.mktemp("project"))
    slugs = [scratch.SLUG, *catalogue.slugs()]
    records = {slug: str(_some_record(slug)) for slug in slugs}
    command = [sys.executable, "-c", PUBLISH, json.dumps(records)]
    subprocess.run(command, env=scratch.environment(folder), check=True)
    return folder


def _some_record(slug: str) -> Path:
    """That of `slug`, or any."""
    stored = {path.stem: path for path in sorted((paths.PROJECT / "baseline").glob("*.json"))}
    return stored.get(slug) or next(iter(stored.values()))


# For `import pandas`. Our assumption of an ordinary machine, not a measurement: a slower or busier one has longer.
YARDSTICK_S = 0.4


@pytest.mark.parametrize(("command", "limit_s"), [("list", 1), ("check", 1), ("book", 10)])
def test_with_thirty_experiments_and_nothing_changed(project: Path, command: str, limit_s: float) -> None:
    """Seconds of the processor, beside those of a well-known import; the least of a few tries, taken in turn."""
    tries = [(_processor_s(_yardstick), _processor_s(lambda: _ask(project, command))) for _ in range(3)]
    yardstick, taken = (min(column) for column in zip(*tries, strict=True))
    assert taken <= limit_s * max(1, yardstick / YARDSTICK_S)


def _yardstick() -> None:
    subprocess.run([sys.executable, "-c", "import pandas"], check=True)


def _ask(project: Path, command: str) -> None:
    done = scratch.lab(project, command)
    assert done.returncode == 0, done.stderr
    assert "not run" not in done.stdout
    assert done.stdout.count(" pass ") >= 30


def _processor_s(work: Callable[[], None]) -> float:
    """What the processes that `work` starts take of the processor, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
