"""`papermill NOTEBOOK -p NAME VALUE` works as typed in a terminal, from any directory; else it is papermill itself."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import json
import logging
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

import scratch
from lab.runner import papermill

pytestmark = pytest.mark.notebook
OURS = [sys.executable, "-m", "lab.runner.papermill"]
ITSELF = [sys.executable, "-m", "papermill"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scratch.project(tmp_path_factory.mktemp("project"))


def _terminal(command: list[str], project: Path, cwd: Path, until: str = "") -> tuple[int, str]:
    """Status and screen of `command`, typed in a terminal in `cwd`; Ctrl-C as soon as it shows `until`."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=scratch.environment(project),
        start_new_session=True,
        preexec_fn=_take_the_terminal,
    )
    os.close(theirs)
    screen = b""
    while part := _read(ours):
        screen += part
        if until and until.encode() in screen:  # a sign may still be half there
            os.write(ours, b"\x03")
            until = ""
    os.close(ours)
    return running.wait(60), screen.decode().replace("\r\n", "\n")


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way to say that nobody writes any more
        return b""


def _exploratory(project: Path, slug: str = "quick") -> set[Path]:
    return set(project.glob(f"build/exploratory/{slug}/*"))


def test_as_typed_in_a_terminal_in_another_directory(project: Path, tmp_path: Path) -> None:
    command = [*OURS, str(project / "notebooks" / "quick.ipynb"), "-p", "rate", "20", "-y", "arms: [a, b]"]
    status, screen = _terminal(command, project, tmp_path)
    assert status == 0, screen
    (folder,) = _exploratory(project)
    assert "rate=20" in folder.name
    told = screen.splitlines()[-4:]
    assert told[0].startswith("quick: pass in ")
    assert told[1:] == ["exploratory, not in the book", *_told(folder / "quick.ipynb", folder / "quick.json")]
    assert json.loads((folder / "quick.json").read_text())["params"]["arms"] == ["a", "b"]
    assert (folder / "quick" / "wait.csv").exists()
    assert not (project / "build" / "records").exists()


def _told(notebook: Path, record: Path) -> list[str]:
    return [f"notebook: {notebook}", f"record: {record}"]


def test_with_the_notebooks_own_parameters_it_is_published(project: Path, tmp_path: Path) -> None:
    before = _exploratory(project)
    status, screen = _terminal([*OURS, "../quick.ipynb"], project, _inside(project))
    assert status == 0, screen
    build = project / "build"
    assert screen.splitlines()[-2:] == _told(build / "notebooks/quick.ipynb", build / "records/quick.json")
    assert _exploratory(project) == before
    assert "✓ pass" in scratch.lab(project, "list").stdout.splitlines()[0]


def _inside(project: Path) -> Path:
    (project / "notebooks" / "mine").mkdir(exist_ok=True)
    return project / "notebooks" / "mine"


def test_a_run_that_breaks_says_where_its_notebook_is(project: Path, tmp_path: Path) -> None:
    before = _exploratory(project)
    command = [*OURS, str(project / "notebooks" / "quick.ipynb"), "-p", "rate", "999"]
    status, screen = _terminal(command, project, tmp_path)
    (folder,) = _exploratory(project) - before
    assert status == 1
    assert "quick: error in" in screen
    assert "too fast for this machine" in json.loads((folder / "quick.json").read_text())["reasons"][0]
    assert screen.splitlines()[-2:] == _told(folder / "quick.ipynb", folder / "quick.json")


def test_ctrl_c_leaves_no_record(project: Path, tmp_path: Path) -> None:
    before = _exploratory(project)
    command = [*OURS, str(project / "notebooks" / "quick.ipynb"), "-p", "rate", "899", "--log-output"]
    status, screen = _terminal(command, project, tmp_path, until="waiting")
    (folder,) = _exploratory(project) - before
    assert status == 1, screen
    assert [path.name for path in folder.iterdir()] == ["quick.ipynb"]
    assert screen.splitlines()[-1] == f"notebook: {folder / 'quick.ipynb'}"


def test_after_ctrl_c_no_task_tells_of_a_dead_kernel(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def died() -> None:
        raise RuntimeError("Kernel died")

    def interrupted(*_: object, **__: object) -> None:
        loop = asyncio.new_event_loop()
        task = loop.create_task(died())
        loop.run_until_complete(asyncio.wait([task]))
        loop.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(papermill.cli.papermill, "main", interrupted)
    caplog.set_level(logging.ERROR, logger="asyncio")  # as it was, after the test
    assert papermill._papermill([]) is None
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_ctrl_c_that_something_swallowed_comes_again() -> None:
    with pytest.raises(KeyboardInterrupt), papermill._insisting([], every_s=0.2):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        time.sleep(20)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_real_notebook_refuses_a_wrong_value_before_anything_is_started(
    project: Path, tmp_path: Path
) -> None:
    command = [*OURS, str(project / "notebooks" / "kafka_lag.ipynb"), "-p", "rate", "abc"]
    status, screen = _terminal(command, project, tmp_path)
    (folder,) = _exploratory(project, "kafka_lag")
    assert status == 1
    assert "parameter rate = 'abc'" in screen
    assert "Missing argument" not in screen
    assert [path.name for path in folder.iterdir()] == ["kafka_lag.ipynb"]
    assert screen.splitlines()[-1] == f"notebook: {folder / 'kafka_lag.ipynb'}"


def test_a_notebook_of_ones_own_lands_in_build_too(project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text((project / "notebooks" / "quick.ipynb").read_text())
    status, screen = _terminal([*OURS, "mine.ipynb", "--prepare-only"], project, tmp_path)
    (folder,) = _exploratory(project, "mine")
    assert status == 0, screen
    assert screen.splitlines()[-1] == f"notebook: {folder / 'mine.ipynb'}"


def test_with_an_output_path_it_is_papermill(project: Path, tmp_path: Path) -> None:
    options = ["notebooks/quick.ipynb", str(tmp_path / "out.ipynb"), "-r", "rate", "20", "--prepare-only"]
    before = _exploratory(project)
    made = []
    for program in (OURS, ITSELF):
        status, screen = _terminal([*program, *options], project, project)
        made.append((status, screen, _cells((tmp_path / "out.ipynb").read_text())))
    assert made[0] == made[1]
    assert _exploratory(project) == before


@pytest.mark.parametrize("output", [[], ["-"]])
def test_in_a_pipe_it_is_papermill(project: Path, output: list[str]) -> None:
    options = ["notebooks/quick.ipynb", *output, "-p", "rate", "20", "--prepare-only"]
    before = _exploratory(project)
    made = [
        subprocess.run(
            [*program, *options],
            cwd=project,
            env=scratch.environment(project),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.decode()
        for program in (OURS, ITSELF)
    ]
    assert _cells(made[0]) == _cells(made[1])
    assert _exploratory(project) == before


def test_a_notebook_from_a_pipe_goes_where_papermill_puts_it(project: Path, tmp_path: Path) -> None:
    for program in (OURS, ITSELF):
        subprocess.run(
            [*program, "-", "--prepare-only"],
            input=(project / "notebooks" / "quick.ipynb").read_bytes(),
            cwd=tmp_path,
            env=scratch.environment(project),
            stdout=subprocess.PIPE,
            check=True,
        )
        (tmp_path / "-").unlink(missing_ok=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        [],
        ["--frobnicate"],
        ["notebooks/none.ipynb"],
        ["--help-notebook", "notebooks/quick.ipynb"],
    ],
)
def test_what_papermill_says_it_says(project: Path, arguments: list[str]) -> None:
    ours, itself = (_terminal([*program, *arguments], project, project) for program in (OURS, ITSELF))
    if arguments == [
        "notebooks/none.ipynb"
    ]:  # papermill misses the output path before it misses the notebook
        assert "No such file" in ours[1]
        assert ours[0] == 1
    else:
        assert _unnamed(ours[1]) == _unnamed(itself[1])
        assert ours[0] == itself[0]


def _unnamed(screen: str) -> str:
    """Without the program's name, which `python -m` makes of where it stands."""
    return screen.replace("python -m papermill", "papermill").replace("__main__.py", "papermill")


def _cells(notebook: str) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in nbformat.reads(notebook, as_version=4).cells]
