"""Workflows of GitHub Actions, step by step as a runner takes them: for tests, since none runs here.

`uses:` steps are left out. A condition or an expression that is not known here is an error, not a guess.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# What a runner calls for `shell:`; without one it does not set pipefail, unlike for `bash`.
SHELLS = {
    None: ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
    "sh": ["sh", "-e"],
}
CONDITIONS: dict[str, Callable[[bool], bool]] = {
    "success()": lambda fine: fine,
    "always()": lambda fine: True,
    "failure()": lambda fine: not fine,
}

KEYS = {"id", "if", "name", "uses", "with", "run", "shell", "env", "working-directory"}

Context = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One `run:` step that was taken. output: standard output and error as they came."""

    name: str
    status: int
    output: str


@dataclass
class Run:
    """One job, for one value of its matrix. summary: what its page on GitHub would show."""

    job: str
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def fine(self) -> bool:
        return all(step.status == 0 for step in self.steps)


def read(path: Path) -> dict[str, Any]:
    """A workflow as GitHub reads it."""
    return yaml.safe_load(path.read_text())


def run_all(path: Path, fresh: Callable[[], tuple[Path, Mapping[str, str]]]) -> Iterator[Run]:
    """Every job after those that it needs, once for each value of its matrix.

    fresh: makes a clone for one job; its folder and the environment of its steps.
    """
    jobs = read(path)["jobs"]
    context: dict[str, str] = {}
    for name in _in_order(jobs):
        for values in matrix(jobs[name], context):
            folder, environment = fresh()
            run = run_job(path, name, folder, environment, context | values)
            context |= {f"needs.{name}.outputs.{key}": value for key, value in run.outputs.items()}
            yield run


def run_job(path: Path, name: str, folder: Path, environment: Mapping[str, str], context: Context) -> Run:
    """The `run:` steps of one job in `folder`, until one fails (and then those that run all the same)."""
    workflow = read(path)
    job = workflow["jobs"][name]
    run = Run(name)
    known = dict(context)
    for number, step in enumerate(job["steps"]):
        assert step.keys() <= KEYS, step
        if "run" not in step or not CONDITIONS[step.get("if", "success()")](run.fine):
            continue
        variables = workflow.get("env", {}) | job.get("env", {}) | step.get("env", {})
        own = {key: resolve(str(value), known) for key, value in variables.items()}
        said = _take(step, number, folder, {**environment, **own}, known, run)
        known |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in said.items()}
    run.outputs = (
        {key: resolve(text, known) for key, text in job.get("outputs", {}).items()} if run.fine else {}
    )
    return run


def _take(
    step: Mapping[str, Any],
    number: int,
    folder: Path,
    environment: Mapping[str, str],
    context: Context,
    run: Run,
) -> dict[str, str]:
    """One step, added to `run`; its outputs."""
    script, output, summary = (
        folder.parent / f"{folder.name}-{kind}-{number}" for kind in ("step", "output", "summary")
    )
    script.write_text(resolve(step["run"], context))
    output.touch()
    summary.touch()
    done = subprocess.run(
        [*SHELLS[step.get("shell")], script],
        cwd=folder / step.get("working-directory", "."),
        env=environment | {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "CI": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    run.steps.append(Step(step.get("name", step["run"].strip()), done.returncode, done.stdout))
    run.summary += summary.read_text()
    return dict(line.split("=", 1) for line in output.read_text().splitlines())


def resolve(text: str, context: Context) -> str:
    """`text` with each ${{ expression }} replaced. KeyError for one that is not in `context`."""
    return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda found: context[found[1]], text)


def matrix(job: Mapping[str, Any], context: Context) -> list[dict[str, str]]:
    """What `matrix.NAME` is in each run of the job; one empty entry without a matrix. At most one name is known here."""
    names = job.get("strategy", {}).get("matrix", {})
    if not names:
        return [{}]
    ((name, values),) = names.items()
    if isinstance(values, str):
        found = re.fullmatch(r"\$\{\{\s*fromJSON\((.+)\)\s*\}\}", values)
        assert found, values
        values = json.loads(context[found[1]])
    return [{f"matrix.{name}": str(value)} for value in values]


def _in_order(jobs: Mapping[str, Any]) -> list[str]:
    """Names of jobs, each after those that it needs."""
    done: list[str] = []
    while left := [name for name in jobs if name not in done]:
        ready = [name for name in left if set(_needs(jobs[name])) <= set(done)]
        assert ready, f"jobs that wait for one another: {left}"
        done += ready
    return done


def _needs(job: Mapping[str, Any]) -> list[str]:
    wanted = job.get("needs", [])
    return [wanted] if isinstance(wanted, str) else wanted
