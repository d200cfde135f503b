"""Workflows, container files and the README say what is so."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import paths
from lab.authoring import pictures, readme
from lab.cli import cli
from lab.report import catalogue
from lab.setup import golang

WORKFLOWS = sorted((paths.PROJECT / ".github" / "workflows").glob("*.yml"))
BIN = Path(sys.executable).parent
PAGES = ("run-it-yourself", "add-an-experiment", "reproduction")  # that name commands


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    done = subprocess.run(
        [golang.program("actionlint"), "-no-color", *WORKFLOWS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_fits_the_schema(path: Path) -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def _job(workflow: str, name: str) -> tuple[dict[str, Any], str]:
    """A job of a workflow, and all that its steps run."""
    job = yaml.safe_load((paths.PROJECT / ".github" / "workflows" / f"{workflow}.yml").read_text())["jobs"][
        name
    ]
    return job, "\n".join(step.get("run", "") for step in job["steps"])


def test_experiments_run_as_a_matrix_of_the_books_notebooks() -> None:
    _, listing = _job("experiments", "list")
    assert "_toc.yml" in listing
    run, commands = _job("experiments", "run")
    assert run["strategy"] == {
        "fail-fast": False,
        "matrix": {"slug": "${{ fromJSON(needs.list.outputs.slugs) }}"},
    }
    assert 'papermill "notebooks/$SLUG.ipynb"' in commands
    # What the listing's pattern takes of the contents.
    found = re.findall(r"notebooks/(\w+)", catalogue.TOC.read_text())
    assert found == catalogue.slugs()
    assert {path.stem for path in (paths.PROJECT / "notebooks").glob("*.ipynb")} == set(found)


def test_every_week_all_is_run_again_the_history_grows_and_drills_are_done() -> None:
    path = paths.PROJECT / ".github" / "workflows" / "reproduce.yml"
    (when,) = yaml.safe_load(path.read_text())[True]["schedule"]  # YAML 1.1 takes `on` for a truth
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
    assert "lab book --force" in _job("reproduce", "reproduce")[1]
    assert "lab history --append" in _job("reproduce", "reproduce")[1]
    # A book that broke off leaves experiments without a record, of which no drift report tells.
    assert re.search(r"lab compare baseline.*^\S+lab check$", _job("reproduce", "reproduce")[1], re.S | re.M)
    append, commands = _job("reproduce", "append")
    assert (append["needs"], append["permissions"]) == ("reproduce", {"contents": "write"})
    assert "git add history" in commands
    _, drills = _job("reproduce", "drills")
    assert re.search("^make drills", drills, re.M)
    assert "KILLS" not in drills  # as many as by hand
    assert "\nKILLS ?= 10\n" in (paths.PROJECT / "Makefile").read_text()


def test_the_dev_container_builds_a_target_that_there_is() -> None:
    asked = json.loads((paths.PROJECT / ".devcontainer" / "devcontainer.json").read_text())["build"]
    assert f" AS {asked['target']}\n" in (paths.PROJECT / "env" / "Dockerfile").read_text()


def test_every_compose_image_has_a_target() -> None:
    compose = yaml.safe_load((paths.PROJECT / "env" / "compose.yaml").read_text())
    dockerfile = (paths.PROJECT / "env" / "Dockerfile").read_text()
    for service in compose["services"].values():
        assert f" AS {service['build']['target']}\n" in dockerfile
        assert service["healthcheck"]["test"]


def _commands(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("page", ["README.md", *(f"book/{name}.md" for name in PAGES)])
def test_every_command_that_a_page_names_is_there(page: str) -> None:
    makefile = (paths.PROJECT / "Makefile").read_text()
    commands = _commands((paths.PROJECT / page).read_text())
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        if program == "make":
            assert f"\n{arguments[0]}:" in makefile, command
        elif program == "lab":
            assert arguments[0] in cli.commands, command
            # Refuses an argument or an option that the command does not have.
            cli.commands[arguments[0]].make_context(arguments[0], arguments[1:])
        else:
            assert program == "papermill", command
            assert (paths.PROJECT / arguments[0]).exists(), command


def test_a_folder_with_a_space_in_its_name_costs_nobody_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "one two"
    folder.mkdir()
    shutil.copy(paths.PROJECT / "Makefile", folder)
    told = subprocess.run(["make", "-n", "test"], cwd=folder, capture_output=True, text=True, check=True)
    commands = [shlex.split(line) for line in told.stdout.splitlines()]
    removed = [
        takewhile(lambda word: word != "&&", words[2:]) for words in commands if words[:2] == ["rm", "-rf"]
    ]
    places = [Path(word) for words in removed for word in words]
    assert len(places) == 3
    assert [place for place in places if not place.is_relative_to(folder)] == []


def test_the_readme_fits_a_page_and_names_the_licences() -> None:
    text = (paths.PROJECT / "README.md").read_text()
    assert len(text.splitlines()) <= 66
    assert (paths.PROJECT / "LICENSE").exists()
    assert (paths.PROJECT / "LICENSE-TEXT").exists()


def test_the_readmes_table_is_that_of_the_contents_and_the_baseline() -> None:
    text = readme.README.read_text()
    assert all(f"(notebooks/{slug}.ipynb)" in readme.table() for slug in catalogue.slugs())
    assert readme.filled(text) == text, "run: lab readme"


def test_the_readmes_pictures_are_there_and_small() -> None:
    named = re.findall(r"\((\S+\.webp)\)", readme.README.read_text())
    assert named
    for name in named:
        assert 0 < (paths.PROJECT / name).stat().st_size <= pictures.LARGEST
    assert {Path(name).stem for name in named} == set(pictures.PAGES)


def test_every_variable_that_attaches_to_a_server_is_told() -> None:
    told = (paths.PROJECT / "book" / "run-it-yourself.md").read_text()
    modules = (paths.PROJECT / "src" / "lab" / "services").glob("*.py")
    known = [name for path in modules for name in re.findall(r'^VARIABLE = "(\w+)"', path.read_text(), re.M)]
    assert known
    assert [name for name in known if f"`{name}`" not in told] == []


def test_the_citation_is_readable() -> None:
    assert yaml.safe_load((paths.PROJECT / "CITATION.cff").read_text())["cff-version"] == "1.2.0"


def test_no_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "env", "Makefile", "*.toml"],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in tracked.stdout.split():
        text = (paths.PROJECT / name).read_text()
        assert not re.search(
            r"index-url|repositories>|<repository>|GOPROXY=", text.replace("--no-emit-index-url", "")
        ), name
