"""The kit's workflow, its `run:` steps as they are written, in a folder as a runner would check it out."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import yaml

from lab.experiments.reproducible_notebook import workload
from lab.experiments.reproducible_notebook.kit import FOLDER
from lab.experiments.reproducible_notebook.measure.seen import Step, Workflow
from lab.experiments.reproducible_notebook.mechanism import (
    Artefact,
    Environment,
    Execution,
    Pair,
    Rule,
    conclude,
)
from lab.services.session import MARK, session

WORKFLOW = FOLDER / "workflow.yml"
NEEDS_NETWORK = "pip install"
LIMIT_S = 300


def run(weather: Path, folder: Path, rules: Mapping[str, Rule]) -> Workflow:
    """Each step in order, until one fails. folder: new, with nothing in it but what belongs into the repository.

    rules: by which what the steps made is held against the expected artefacts.
    """
    _check_out(weather, folder)
    plan = yaml.safe_load(WORKFLOW.read_text())
    (job,) = plan["jobs"].values()
    steps, left_out, made = [item for item in job["steps"] if "run" in item], [], list[Step]()
    for step in steps:
        if NEEDS_NETWORK in step["run"]:
            left_out.append(step["name"])
        elif not made or made[-1].status == 0:
            made.append(_taken(step["name"], step["run"], plan["env"], folder))
    report = folder / "report.html"
    return Workflow(
        made, left_out, _against_expected(folder, rules), report.read_text() if report.exists() else ""
    )


def _check_out(weather: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copyfile(workload.ANALYSIS, folder / workload.ANALYSIS.name)
    for source in (weather, workload.EXPECTED, FOLDER / "reproduce"):
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))


def _taken(name: str, script: str, variables: dict[str, str], folder: Path) -> Step:
    """As GitHub's runner takes it: bash that ends at the first error."""
    home = folder.with_name(f"{folder.name}-home")
    home.mkdir(exist_ok=True)
    path = f"{Path(sys.prefix) / 'bin'}:{session().environment()['PATH']}"
    # By its mark nothing outlives a run that is killed, by its place no folder does.
    marked = {"REPRODUCE_INHERIT": MARK, "TMPDIR": str(home), "PYTHONPATH": ""}
    own = {"PATH": path, "HOME": str(home), "GITHUB_STEP_SUMMARY": str(home / "summary.md")}
    begin = time.perf_counter()
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=session().environment({**own, **marked, **variables}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Step(name, done.returncode, time.perf_counter() - begin, done.stdout.strip()[-500:])


def _against_expected(folder: Path, rules: Mapping[str, Rule]) -> list[Pair]:
    """What papermill's execution left beside the notebook, against what is committed."""
    names = [
        path.relative_to(workload.EXPECTED).as_posix() for path in sorted(workload.EXPECTED.rglob("*.*"))
    ]
    expected, made = (
        Execution(Environment(name), _artefacts(place, names))
        for name, place in (("committed", workload.EXPECTED), ("workflow", folder))
    )
    return list(conclude([expected, made], [], rules).pairs)


def _artefacts(folder: Path, names: list[str]) -> dict[str, Artefact]:
    there = [name for name in names if (folder / name).is_file()]
    return {name: Artefact(name, (folder / name).read_bytes(), 0) for name in there}
