"""Notebooks that are not this project's, executed for real: every environment's effect, errors, the command, the kit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from lab import environments
from lab.experiments.reproducible_notebook import Params, run
from lab.experiments.reproducible_notebook.kit import FOLDER
from lab.experiments.reproducible_notebook.kit.reproduce import child
from lab.experiments.reproducible_notebook.mechanism import (
    Comparison,
    Environment,
    NotebookError,
    execute,
    reproduce,
    standard,
)
from lab.experiments.reproducible_notebook.params import CHANGES
from lab.setup import golang

# An interpreter with few packages, whose kernels start in half the time.
LIGHT = str(environments.program("notebook_newest", "python"))
BASE, AGAIN = (Environment(name, python=LIGHT) for name in ("base", "again"))
SEED = Environment("seed", "hash seed", "hash", {"PYTHONHASHSEED": "7"}, LIGHT)


def notebook(path: Path, *cells: str, tag: str = "", **metadata: object) -> Path:
    made = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": [tag]} if tag and not number else {},
            "source": source.splitlines(keepends=True),
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(cells)
    ]
    path.write_text(json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def names(made: Comparison) -> set[str]:
    return {pair.artefact for pair in made.differing}


# By the file that each cell writes: what it shows, and which change must be named for it.
SHOWS = {
    "hash seed": "' '.join({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'})",
    "time zone": "time.strftime('%d %H', time.localtime(0))",
    "locale": "locale.getpreferredencoding(False)",
    "working folder": "Path.cwd().name",
    "home": "Path.home().name",
    "user": "os.getuid()",
    "processors": "len(os.sched_getaffinity(0))",
    "file order": "[path.name for path in Path('data').iterdir()]",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A notebook that shows everything which an environment can change, in all of them that need no NumPy."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "data").mkdir()
    for name in ("a", "b", "c d", "e.f"):
        (folder / "data" / name).write_text(name)
    cells = ["import locale, os, time\nfrom pathlib import Path"]
    cells += [f"Path('{name}.txt').write_text(str({shown}))" for name, shown in SHOWS.items()]
    environments = [item for item in standard(python=LIGHT)[0] if item.changes in ("", *SHOWS)]
    return reproduce(notebook(folder / "odd name é.ipynb", *cells), environments, inputs=[folder / "data"])


def test_each_change_shows_in_what_depends_on_it_and_nowhere_else(shown: Comparison) -> None:
    available = {one.environment.changes for one in shown.executions}
    files = {cause.artefact: cause.change for cause in shown.causes if not cause.artefact.startswith("cell ")}
    assert files == {f"{name}.txt": name for name in SHOWS if name in available}
    assert shown.without_effect == []
    assert all(cause.suspects for cause in shown.causes if not cause.artefact.startswith("cell "))


def test_the_same_environment_twice_gives_the_same_bytes(shown: Comparison) -> None:
    again = [pair for pair in shown.pairs if pair.environment == "same again"]
    assert len(again) >= len(SHOWS)
    assert {pair.compared.status for pair in again} == {"same bytes"}


def test_each_artefact_knows_its_cell(shown: Comparison) -> None:
    made = shown.executions[0].artefacts
    assert [made[f"{name}.txt"].cell for name in SHOWS] == list(range(2, len(SHOWS) + 2))
    assert set(shown.executions[0].seconds) == set(range(1, len(SHOWS) + 2))


def test_what_fails_elsewhere_or_has_no_effect_is_told_and_is_no_pass(tmp_path: Path) -> None:
    fails = "if os.environ['PYTHONHASHSEED'] == '7':\n    raise ValueError('|seven|')"
    path = notebook(tmp_path / "n.ipynb", "import os\nprint('fine')", fails, "print(2)")
    idle = Environment("idle", "threads", "threads", {"OMP_NUM_THREADS": "1"}, LIGHT)
    made = reproduce(path, [BASE, idle, SEED, replace(AGAIN, python="/no/such/python")])
    errors = [(pair.artefact, pair.environment, pair.compared.detail) for pair in made.differing]
    assert errors[:2] == [
        (name, "seed", "code cell 2: ValueError: |seven|") for name in ("the execution", "cell 3: printed")
    ]
    assert {name for _, name, said in errors[2:] if "/no/such/python" in said} == {"again"}
    assert {pair.compared.kind for pair in made.differing} == {"error"}
    assert made.without_effect == ["idle"]
    assert "without effect on this notebook: idle" in made.markdown()


@pytest.mark.parametrize(
    ("cell", "said", "timeout_s"),
    [
        ("raise KeyError('x')", "code cell 1: KeyError", 120),
        ("import os\nos.kill(os.getpid(), 9)", "code cell 1: DeadKernelError", 120),
        ("import time\ntime.sleep(120)", "code cell 1: CellTimeoutError", 3),
    ],
)
def test_one_that_fails_in_the_first_environment_is_refused(
    tmp_path: Path, cell: str, said: str, timeout_s: float
) -> None:
    with pytest.raises(NotebookError, match=said):
        reproduce(notebook(tmp_path / "n.ipynb", cell), [BASE], timeout_s=timeout_s)


def test_clock_address_and_random_output_are_named(tmp_path: Path) -> None:
    cells = [
        "from datetime import datetime\nprint(datetime.now())",
        "import random\nrandom.random()",
        "object()",
        "print('fine')",
    ]
    made = reproduce(notebook(tmp_path / "n.ipynb", *cells), [BASE, AGAIN])
    assert [(cause.artefact, cause.change, cause.kinds) for cause in made.causes] == [
        ("cell 1: printed", "from run to run", ("clock",)),
        ("cell 2: text/plain", "from run to run", ("unseeded generator",)),
        ("cell 3: text/plain", "from run to run", ("identity of a process or object",)),
    ]


def test_parameters_are_set_as_papermill_sets_them(tmp_path: Path) -> None:
    cell = "%config Completer.use_jedi = False\nn: None | int = None\nname = 'a'"
    path = notebook(tmp_path / "n.ipynb", cell, "print(n, flush=True)\nprint(name)", tag="parameters")
    given = {"n": 2, "name": "it's “ö”\n"}
    made = reproduce(path, [BASE], parameters=given)
    assert made.executions[0].artefacts["cell 2: printed"].content.decode() == "2\nit's “ö”\n\n"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("no JSON", {}, "is no notebook"),
        ("[]", {}, "is no notebook"),
        ('{"cells": [], "metadata": {"kernelspec": {"language": "R", "name": "ir"}}}', {}, "is in R"),
        ('{"cells": [], "metadata": {}}', {"parameters": {"x": float("nan")}}, "finite JSON value"),
        ('{"cells": [], "metadata": {}}', {"parameters": {"a b": 1}}, "name of Python's"),
        ('{"cells": [], "metadata": {}}', {"parameters": {"class": 1}}, "name of Python's"),
        ('{"cells": [], "metadata": {}}', {"inputs": ["missing"]}, "no such input"),
        ('{"cells": [], "metadata": {}}', {"environments": []}, "at least one environment"),
        ('{"cells": [], "metadata": {}}', {"environments": [BASE, BASE]}, "a name of its own"),
    ],
)
def test_what_can_not_be_executed_is_refused_before_anything_starts(
    tmp_path: Path, text: str, options: dict, said: str
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text)
    with pytest.raises(NotebookError, match=said):
        reproduce(path, **({"environments": [BASE]} | options))


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    path = notebook(tmp_path / "n.ipynb", "n = 1", tag="parameters")
    with pytest.raises(NotebookError, match="no parameter m"):
        reproduce(path, [BASE], parameters={"m": 1})


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="could not be executed"):
        execute(notebook(tmp_path / "n.ipynb"), replace(BASE, python="/no/such/python"), tmp_path / "place")


def test_a_notebook_of_another_project_reproduces_its_picture(tmp_path: Path) -> None:
    found = find_spec("jupyter_book")
    assert found and found.origin
    foreign = Path(found.origin).parent / "book_template" / "notebooks.ipynb"
    made = reproduce(foreign, [replace(one, python=sys.executable) for one in (BASE, SEED)], folder=tmp_path)
    # Its first cell shows what plt.ion() returns, with its address; nothing else differs, the picture least of all.
    (cause,) = made.causes
    assert (cause.change, cause.kinds) == ("from run to run", ("identity of a process or object",))
    assert [pair.compared.status for pair in made.pairs if "image/png" in pair.artefact] == ["same bytes"]


def test_a_readers_own_notebook_is_judged_in_the_runs_environments(tmp_path: Path) -> None:
    path = notebook(
        tmp_path / "own.ipynb", "import time\nprint(list({'a', 'b', 'c', 'd', 'e', 'f'}))", "1 / 3"
    )
    result = run(Params(omit=CHANGES[2:]), path)
    assert (result.observed["same_bytes_twice"].value, result.observed["equal_everywhere"].value) == (0, 1)
    assert "hash seed" in result.observed["equal_everywhere"].detail
    assert set(result.tables["pairs"]["artefact"]) == {"cell 1: printed", "cell 2: text/plain"}


@pytest.mark.parametrize(("ulp", "due"), [(0, 1), (1, 0)])
def test_a_readers_own_numbers_are_held_to_the_runs_steps(tmp_path: Path, ulp: int, due: int) -> None:
    other = "import os\nprint(0.1 if os.environ['PYTHONHASHSEED'] == '0' else 0.10000000000000002)"
    result = run(Params(omit=CHANGES[2:], ulp=ulp), notebook(tmp_path / "own.ipynb", other))
    assert result.observed["equal_everywhere"].value == due


def test_outputs_that_the_author_left_are_not_taken_for_new_ones(tmp_path: Path) -> None:
    path = notebook(tmp_path / "n.ipynb", "", "print('new')")
    stored = json.loads(path.read_text())
    for cell in stored["cells"]:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["old\n"]}]
    path.write_text(json.dumps(stored | {"nbformat_minor": 4}))
    made = reproduce(path, [BASE], parameters={"x": 1})
    assert {one.name: one.content for one in made.executions[0].artefacts.values()} == {
        "cell 2: printed": b"new\n"
    }


def test_a_failure_after_the_last_artefact_and_a_process_left_behind_are_told_at_once(tmp_path: Path) -> None:
    cells = [
        "import os, subprocess\nleft = subprocess.Popen(['sleep', '240'])",
        "assert os.environ['PYTHONHASHSEED'] == '0'",
    ]
    begin = time.monotonic()
    made = reproduce(notebook(tmp_path / "n.ipynb", *cells), [BASE, SEED])
    assert time.monotonic() - begin < 240
    assert [(pair.artefact, pair.compared.kind) for pair in made.differing] == [("the execution", "error")]


def test_odd_inputs_and_another_folder_are_no_obstacle(tmp_path: Path) -> None:
    data = tmp_path / "it's größer"
    data.mkdir()
    (data / "a.csv").write_text("1\n")
    (data / "gone").symlink_to(tmp_path / "nowhere")
    cell = f"""import os, sys
os.mkdir("sub")
os.chdir("sub")
open("ö x.csv", "w").write(open({f"../{data.name}/a.csv"!r}).read())
print("not a result", file=sys.stderr)"""
    made = reproduce(notebook(tmp_path / "n.ipynb", cell), [BASE], inputs=[data])
    assert {name: one.content for name, one in made.executions[0].artefacts.items()} == {
        "sub/ö x.csv": b"1\n"
    }


def test_what_programs_leave_among_the_expected_artefacts_is_none(tmp_path: Path) -> None:
    expected = tmp_path / "expected"
    (expected / "sub" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in (".DS_Store", "sub/.gitkeep", "sub/.ipynb_checkpoints/out.csv"):
        (expected / name).write_text("left")
    path = notebook(tmp_path / "n.ipynb", "open('out.csv', 'w').write('1\\n')")
    with pytest.raises(NotebookError, match="no expected artefacts"):
        reproduce(path, [BASE], expected=expected)
    (expected / "out.csv").write_text("1\n")
    assert reproduce(path, [BASE], expected=expected).equal


def test_the_workflow_has_no_fault_that_actionlint_knows() -> None:
    command = [str(golang.program("actionlint")), "-no-color", str(FOLDER / "workflow.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_kit_works_from_an_empty_folder(tmp_path: Path) -> None:
    shutil.copytree(
        FOLDER / "reproduce", tmp_path / "reproduce", ignore=shutil.ignore_patterns("__pycache__")
    )
    cells = ["months = 2", "from pathlib import Path\nPath('out.csv').write_text(f'{months / 3}\\n')"]
    notebook(tmp_path / "own.ipynb", *cells, tag="parameters")

    def command(*arguments: str) -> tuple[int, str]:
        whole = [LIGHT, "-m", "reproduce", "own.ipynb", *arguments]
        done = subprocess.run(whole, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert command("--only", "same again", "--write", "expected")[0] == 0
    assert (tmp_path / "expected" / "out.csv").read_text() == "0.6666666666666666\n"
    status, said = command(
        "--only", "hash seed", "--expected", "expected", "-p", "months=3", "--summary", "s.md"
    )
    assert status == 1
    assert "since the expected artefacts were made" in said
    assert "| out.csv | base | differs | numbers" in (tmp_path / "s.md").read_text()
    changed = ("--only", "same again", "--expected", "expected", "-p", "months=3")
    for empty in ("", "*.csv=0"):
        assert command(*changed, "--ulp", empty)[0] == 1
    assert command(*changed, "--ulp", "out.csv=4e15")[0] == 0
    assert (
        "no artefact has such a name; there are out.csv"
        in command(*changed, "--ulp", "year=2013/out.csv=4")[1]
    )
    for wrong in ("*.csv", "=4", "*.csv=-1", "*.csv=NaN", "*.csv=inf", "*.csv=true"):
        status, said = command(*changed, "--ulp", wrong)
        assert (status, f"'{wrong}': " in said) == (2, True)
    assert command("-p", "mnths=3") == (2, "no parameter mnths in the notebook's cell of parameters\n")
    assert command("--only", "nothing")[0] == 2


DEAF_S = 0.2


@pytest.mark.parametrize(("deaf", "answers"), [(1, True), (2, False)])
def test_a_kernel_that_never_answers_is_started_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: int, answers: bool
) -> None:
    path, starts, setup = tmp_path / "a.ipynb", [], NotebookClient.setup_kernel
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")]), path)

    def sometimes(client: NotebookClient) -> Any:
        starts.append(client)
        if len(starts) <= deaf:
            time.sleep(DEAF_S)
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        return setup(client)

    monkeypatch.setattr(NotebookClient, "setup_kernel", sometimes)
    request = {"notebook": str(path), "folder": str(tmp_path), "parameters": {}, "timeout_s": 60, "cpus": []}
    with nullcontext() if answers else pytest.raises(RuntimeError, match="didn't respond"):
        begin = time.perf_counter()
        made = child.main(request)
        assert made["error"] == ""
        assert made["lost_s"] >= DEAF_S  # told, and not as time that a kernel takes to start
        assert made["start_s"] + made["lost_s"] <= time.perf_counter() - begin
    assert len(starts) == 2
