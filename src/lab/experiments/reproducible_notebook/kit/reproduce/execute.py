"""One execution of a notebook: a process, a kernel, a home and a working folder of its own, and what came of it."""

from __future__ import annotations

import ast
import base64
import json
import keyword
import math
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .causes import parsed
from .environment import INHERITED, PINNED, Environment

HERE = Path(__file__).parent
MARK = b"FOLDER"  # in the place of the execution's own temporary folder
_BESIDE_S = 180.0  # beside the cells: a kernel may be given up after a minute and started once more; the process, the files
RANDOM_IDS = "application/vnd.jupyter.widget"  # outputs that name a widget of this very kernel


class NotebookError(Exception):
    """The notebook can't be executed as asked; the message says why."""


@dataclass(frozen=True)
class Artefact:
    """A file that the notebook wrote, or an output of a cell. cell: the code cell that made it, counted from 1."""

    name: str
    content: bytes
    cell: int


@dataclass(frozen=True)
class Execution:
    """What came of one execution. error: empty, or which cell ended in what. start_s: until the kernel was ready.

    took_s: in all, with the process. lost_s: in a start of the kernel that failed, in neither. seconds: of each code cell.
    facts: what the kernel told of its environment. notebook: as executed, JSON.
    """

    environment: Environment
    artefacts: Mapping[str, Artefact] = field(default_factory=dict)
    error: str = ""
    start_s: float = 0.0
    took_s: float = 0.0
    lost_s: float = 0.0
    seconds: Mapping[int, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notebook: str = ""


def execute(
    notebook: Path,
    environment: Environment,
    place: Path,
    inputs: Sequence[Path] = (),
    parameters: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
    timeout_s: float = 600,
) -> Execution:
    """Execute `notebook` in `environment`, in the empty folder `place`.

    inputs: files and folders that are copied beside the notebook. parameters: set as papermill sets them. variables: for
    every environment's process. timeout_s: for each cell, and three minutes more for all. NotebookError if it can't be started or
    comes to no end; what a cell raises is told in `error`.
    """
    begin = time.perf_counter()
    work, home = place / environment.folder, place / environment.home
    _fill(work, home, environment, inputs)
    copy = home / "executed.ipynb"  # not among the artefacts, and a name that every locale can spell
    shutil.copyfile(notebook, copy)
    request, answer = place / "request.json", home / "answer.json"
    asked = {
        "notebook": str(copy),
        "folder": str(work),
        "parameters": dict(parameters or {}),
        "timeout_s": timeout_s,
        "cpus": list(environment.cpus),
    }
    request.write_text(json.dumps(asked), encoding="utf-8")
    _hand_over(place, environment.user)
    command = [environment.python, str(HERE / "child.py"), str(request), str(answer)]
    said = _run(command, environment, _variables(environment, home, variables or {}), work, timeout_s)
    if not answer.exists():  # the child itself failed
        raise NotebookError(f"{notebook.name} could not be executed in “{environment.name}”: {said}")
    text = copy.read_text(encoding="utf-8")
    made = _read(environment, place, text, json.loads(answer.read_text(encoding="utf-8")))
    return replace(made, took_s=time.perf_counter() - begin - made.lost_s)


def check(notebook: Path, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The notebook as JSON. NotebookError if it is none in Python, or has no such parameter."""
    try:
        found = json.loads(notebook.read_text(encoding="utf-8"))
        cells, metadata = found["cells"], found["metadata"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotebookError(f"{notebook} is no notebook of format 4: {error}") from None
    language = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    if language and str(language).lower() not in ("python", "ipython"):
        raise NotebookError(f"{notebook} is in {language}; only Python is executed here")
    for name, value in parameters.items():
        if not name.isidentifier() or keyword.iskeyword(name) or not _is_plain(value):
            raise NotebookError(
                f"{name} = {value!r}: a parameter has a name of Python's and a finite JSON value"
            )
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", ())]
    unknown = sorted(set(parameters) - _assigned("".join(tagged[0]["source"]))) if tagged else []
    if unknown:
        raise NotebookError(f"no parameter {', '.join(unknown)} in the notebook's cell of parameters")
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or (
        isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))
    )


def _assigned(source: str) -> set[str]:
    names = (node for node in ast.walk(parsed(source)) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _fill(work: Path, home: Path, environment: Environment, inputs: Sequence[Path]) -> None:
    for folder in (work, home, home / "tmp"):
        folder.mkdir(parents=True)
    for source in inputs:
        if source.is_dir():
            shutil.copytree(source, work / source.name, ignore_dangling_symlinks=True)
        else:
            shutil.copyfile(source, work / source.name)
    if environment.reversed_files:
        startup = home / ".ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        shutil.copyfile(HERE / "reversed_files.py", startup / "00-reversed-files.py")


def _hand_over(place: Path, user: int | None) -> None:
    if user is None:
        return
    place.chmod(0o711)
    for path in (place, *place.rglob("*")):
        os.chown(path, user, user)


def _variables(environment: Environment, home: Path, common: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's environment but where programs are, and what REPRODUCE_INHERIT names."""
    names = (*INHERITED, *os.environ.get("REPRODUCE_INHERIT", "").split())
    kept = {name: os.environ[name] for name in names if name in os.environ}
    kept["PATH"] = f"{Path(environment.python).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {
        **kept,
        **PINNED,
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        **common,
        **environment.variables,
    }


def _run(
    command: Sequence[str], environment: Environment, variables: dict[str, str], work: Path, timeout_s: float
) -> str:
    """The end of what the process printed. It is killed if it takes too long."""
    user: dict[str, Any] = {}
    if environment.user is not None:
        user = {"user": environment.user, "group": environment.user, "extra_groups": []}
    log = work.parent / "log.txt"  # no pipe: what the notebook leaves running would hold it open
    try:
        with log.open("wb") as sink:
            child = subprocess.Popen(
                command,
                env=variables,
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                **user,
            )
    except OSError as error:
        return str(error)
    try:
        child.wait(timeout_s + _BESIDE_S)
    except subprocess.TimeoutExpired:
        return f"not done after {timeout_s + _BESIDE_S:g} s"
    finally:
        child.kill()  # if it still runs; its kernel then ends by itself
        child.wait()
    return log.read_text(errors="replace").strip()[-500:]


def _read(environment: Environment, place: Path, notebook: str, answer: Mapping[str, Any]) -> Execution:
    made = [*_outputs(json.loads(notebook)), *_written(place / environment.folder, answer["cells"])]
    own = os.fsencode(place)
    artefacts = {one.name: Artefact(one.name, one.content.replace(own, MARK), one.cell) for one in made}
    seconds = {cell["number"]: cell["seconds"] for cell in answer["cells"] if cell["number"]}
    error = answer["error"].replace(str(place), MARK.decode())
    start_s, lost_s = answer["start_s"], answer["lost_s"]
    return Execution(environment, artefacts, error, start_s, 0.0, lost_s, seconds, answer["facts"], notebook)


def _written(folder: Path, cells: Sequence[Mapping[str, Any]]) -> Iterator[Artefact]:
    maker = {name: cell["number"] for cell in cells for name in cell["files"]}
    for name, cell in sorted(maker.items()):
        if (folder / name).is_file():  # it may be gone again
            yield Artefact(name, (folder / name).read_bytes(), cell)


def _outputs(notebook: Mapping[str, Any]) -> Iterator[Artefact]:
    """Each cell's standard output as one artefact, each shown value by its kinds. Warnings on standard error are left out."""
    for cell in notebook["cells"]:
        number = cell["metadata"].get("reproduce", 0)
        if cell["cell_type"] != "code" or not number:
            continue
        printed = "".join(_text(item["text"]) for item in cell["outputs"] if item.get("name") == "stdout")
        if printed:
            yield Artefact(f"cell {number}: printed", printed.encode(), number)
        shown = [item["data"] for item in cell["outputs"] if "data" in item]
        for place, data in enumerate(shown):
            for kind, value in data.items():
                is_fallback = kind == "text/plain" and len(data) > 1  # for who can't show the other kinds
                if not kind.startswith(RANDOM_IDS) and not is_fallback:
                    name = f"cell {number}: {kind}" + (f" #{place + 1}" if len(shown) > 1 else "")
                    yield Artefact(name, _content(kind, value), number)


def _content(kind: str, value: Any) -> bytes:
    if kind.startswith("image/") and kind != "image/svg+xml":
        return base64.b64decode(_text(value))
    return (_text(value) if isinstance(value, (str, list)) else json.dumps(value, sort_keys=True)).encode()


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)
