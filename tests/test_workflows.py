"""Every step of every workflow runs to its end, in a scratch clone of the project.

Stand-ins (tests/standins) take the place of what is not to be had or takes long; what they were called with is
checked afterwards. Scripts of the project run by dash, which is `sh` on the runners.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

import workflows
from clones import BIN, Clone, clone
from lab import declared, paths
from lab.cli import cli
from lab.report import catalogue

FOLDER = paths.PROJECT / ".github" / "workflows"


@dataclass(frozen=True)
class Done:
    """A job that has run, and where."""

    run: workflows.Run
    clone: Clone


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Done]]:
    """All jobs of the workflow of that name, run once for all tests."""

    @cache
    def run(name: str) -> list[Done]:
        clones: list[Clone] = []

        def fresh() -> tuple[Path, Mapping[str, str]]:
            clones.append(clone(tmp_path_factory.mktemp(name)))
            return clones[-1].folder, clones[-1].environment

        runs = list(workflows.run_all(FOLDER / f"{name}.yml", fresh))
        return [Done(*pair) for pair in zip(runs, clones, strict=True)]

    return run


NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_step_ends_well(name: str, done: Callable[[str], list[Done]]) -> None:
    steps = [step for item in done(name) for step in item.run.steps]
    assert steps
    assert not [step for step in steps if step.status]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_step_calls_is_there(name: str, done: Callable[[str], list[Done]]) -> None:
    for item in done(name):
        _check(item.clone)


def test_the_check_before_a_change_lands_runs_to_its_end(tmp_path: Path) -> None:
    place = clone(tmp_path)
    finished = place.run(".ci/run")
    assert finished.returncode == 0, finished.stderr
    assert place.calls[0] == ["make", "test"]
    _check(place)


def _check(place: Clone) -> None:
    with chdir(place.folder):
        for call in place.calls:
            CHECKS[call[0]](call[1:])


def _is_a_lab_command(arguments: list[str]) -> None:
    command = cli.commands[arguments[0]]
    command.make_context(arguments[0], arguments[1:])  # click.UsageError for an option that there is not


def _is_an_image(arguments: list[str]) -> None:
    option = dict(zip(arguments[1:-1:2], arguments[2:-1:2], strict=True))
    assert (arguments[0], arguments[-1]) == ("build", ".")
    assert f" AS {option['--target']}\n" in Path(option["-f"]).read_text()
    assert option["-t"] in _images()


def _is_a_command(arguments: list[str]) -> None:
    """A line that make would run: its program is there, and `lab` takes what it is given."""
    words = shlex.split(arguments[0], comments=True)
    while words and re.fullmatch(r"\w+=.*", words[0]):
        del words[0]
    program = Path(words[0])
    if program.parent == Path(".venv/bin"):
        assert (BIN / program.name).exists(), arguments
    else:
        assert shutil.which(program), arguments
    if program.name == "lab":
        _is_a_lab_command(words[1:])


def _installs(arguments: list[str]) -> None:
    assert arguments == ["update"] or arguments[:2] == ["install", "-y"]


CHECKS: dict[str, Callable[[list[str]], object]] = {
    "apt-get": _installs,
    "command": _is_a_command,
    "docker": _is_an_image,
    "lab": _is_a_lab_command,
    "make": lambda arguments: None,  # make itself has looked: it printed what it would do
    "papermill": lambda arguments: None,  # its stand-in has copied the notebook
}


@cache
def _images() -> dict[str, str]:
    """Image -> target, for each service of the compose file."""
    compose = yaml.safe_load((paths.PROJECT / "env" / "compose.yaml").read_text())
    return {service["image"]: service["build"]["target"] for service in compose["services"].values()}


def test_the_matrix_runs_every_experiment_on_its_own_images(done: Callable[[str], list[Done]]) -> None:
    listed, *runs = done("experiments")
    slugs = json.loads(listed.run.outputs["slugs"])
    assert slugs == catalogue.slugs()
    for slug, item in zip(slugs, runs, strict=True):
        built = {call[-2] for call in item.clone.calls if call[0] == "docker"}
        assert built == {image for image, target in _images().items() if target in declared.needs(slug)}
        assert item.run.summary == f"{slug}: pass\n"
        assert (item.clone.folder / f"{slug}.executed.ipynb").exists()


@pytest.mark.parametrize(
    ("verdict", "status", "said"),
    [("pass", 0, ""), ("inconclusive", 0, "::warning::"), ("fail", 1, ""), ("error", 1, "")],
)
def test_a_verdict_decides_a_job(tmp_path: Path, verdict: str, status: int, said: str) -> None:
    place = clone(tmp_path, verdict)
    context = {"matrix.slug": "kafka_lag"}
    run = workflows.run_job(FOLDER / "experiments.yml", "run", place.folder, place.environment, context)
    assert [step.status for step in run.steps[:-1]] == [0] * (len(run.steps) - 1)
    assert run.steps[-1].status == status
    assert run.steps[-1].output.startswith(said)
    assert bool(run.steps[-1].output) == bool(said)
    assert run.summary == f"kafka_lag: {verdict}\n"


def test_a_regression_fails_the_weekly_run_and_is_reported(tmp_path: Path) -> None:
    place = clone(tmp_path, "fail")
    run = workflows.run_job(FOLDER / "reproduce.yml", "reproduce", place.folder, place.environment, {})
    assert [step.status for step in run.steps[:-1]] == [0] * (len(run.steps) - 1)
    assert run.steps[-1].status == 1
    assert "kafka_lag" in run.summary


def test_the_weekly_run_appends_to_the_history_once(tmp_path: Path) -> None:
    place = clone(tmp_path)
    for _ in range(2):
        run = workflows.run_job(FOLDER / "reproduce.yml", "append", place.folder, place.environment, {})
        assert run.fine, run.steps
    log = place.run(
        "git", "--git-dir", str(tmp_path / "origin.git"), "log", "--format=%s", "--name-only", "main"
    )
    subject, _, *names = log.stdout.splitlines()
    assert subject == "Append the weekly runs to the history"
    assert names
    assert all(name.startswith("history/") for name in names)


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        (["env/containers", "build", "no_such"], {}, "no experiment 'no_such'"),
        (["env/containers", "build"], {"ENGINE": "no-such"}, "there is no no-such"),
        (["env/containers", "build"], {"ENGINE": "false"}, "false could not build the image lab-"),
        (["env/containers", "no_such"], {}, "env/containers build"),
        (["env/bootstrap"], {"PYTHON": "no-such"}, "Python is missing"),
    ],
)
def test_a_script_that_fails_says_why(
    tmp_path: Path, command: list[str], environment: dict[str, str], said: str
) -> None:
    finished = clone(tmp_path).run(*command, **environment)
    assert finished.returncode
    assert said in finished.stdout + finished.stderr


def test_an_experiment_without_servers_needs_no_image(tmp_path: Path) -> None:
    place = clone(tmp_path)
    finished = place.run("env/containers", "build", "private_aggregates")
    assert (finished.returncode, place.calls) == (0, [])
    assert finished.stdout == "no images needed: private_aggregates\n"
