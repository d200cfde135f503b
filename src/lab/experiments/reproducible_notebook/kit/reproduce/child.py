"""Executes one notebook, in the environment in which it is started. Needs nbclient and ipykernel, and nothing of this package.

python child.py REQUEST RESULT: both JSON. REQUEST: notebook (path, executed in place), folder, parameters, timeout_s,
cpus. RESULT: error, start_s, lost_s (in a start of the kernel that failed), cells (number, seconds, files that it wrote), facts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

IGNORED = {"__pycache__", ".ipynb_checkpoints"}


def main(request: dict[str, Any]) -> dict[str, Any]:
    begin = time.perf_counter()
    if request["cpus"]:
        os.sched_setaffinity(0, request["cpus"])
    import nbformat
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    path, folder = Path(request["notebook"]), Path(request["folder"])
    notebook = nbformat.read(path, as_version=4)
    injected = _inject(notebook, request["parameters"])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # what the author's own execution left is not this one's
    result: dict[str, Any] = {"error": "", "cells": [], "facts": {}}
    with _kernel(notebook, folder, request["timeout_s"]) as (client, lost_s):
        result |= {"lost_s": lost_s, "start_s": time.perf_counter() - begin - lost_s}
        before, number = _files(folder), 0
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            number += index != injected
            cell.metadata["reproduce"] = number if index != injected else 0
            started = time.perf_counter()
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                result["error"] = f"code cell {number}: {_said(cell, error)}"
            after = _files(folder)
            written = [name for name, state in after.items() if before.get(name) != state]
            seconds = time.perf_counter() - started
            result["cells"].append({"number": number, "seconds": seconds, "files": written})
            before = after
            if result["error"]:
                break
        else:
            result["facts"] = _probe(client, nbformat.v4.new_code_cell)
    nbformat.write(notebook, path)
    return result


@contextmanager
def _kernel(notebook: Any, folder: Path, timeout_s: float) -> Iterator[Any]:
    """A client whose kernel is up, and s that an earlier one took to fail. One that does not come up is started once more.

    Its ports are chosen, freed and bound only then (jupyter_client): of two that start at once one may find its own taken.
    """
    from nbclient import NotebookClient

    options: dict[str, Any] = {"timeout": timeout_s, "kernel_name": "python3", "shutdown_kernel": "immediate"}
    lost_s, begin = 0.0, time.perf_counter()
    with ExitStack() as stack:
        for again in (True, False):
            client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}, **options)
            try:
                stack.enter_context(client.setup_kernel())
                break
            except RuntimeError:  # no answer, or died before one
                if not again:
                    raise
                lost_s = time.perf_counter() - begin
        yield client, lost_s


def _inject(notebook: Any, parameters: dict[str, Any]) -> int:
    """As papermill does: a cell after the one with the tag `parameters`, else before all. Its index, -1 for none."""
    if not parameters:
        return -1
    from nbformat.v4 import new_code_cell

    tagged = [i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    index = tagged[0] + 1 if tagged else 0
    lines = ["# Parameters", *(f"{name} = {value!r}" for name, value in parameters.items())]
    cell = new_code_cell("\n".join(lines), metadata={"tags": ["injected-parameters"]})
    if notebook.nbformat_minor < 5:  # cells had no ids then
        cell.pop("id", None)
    notebook.cells.insert(index, cell)
    return index


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """State of every file below `folder`, by its name there."""
    found = {}
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in IGNORED]
        for name in names:
            path = Path(here, name)
            if path.is_file():
                state = path.stat()
                found[path.relative_to(folder).as_posix()] = (state.st_mtime_ns, state.st_size)
    return found


def _said(cell: Any, error: Exception) -> str:
    errors = [item for item in cell.get("outputs", []) if item["output_type"] == "error"]
    return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else f"{type(error).__name__}: {error}"


def _probe(client: Any, new_code_cell: Any) -> dict[str, Any]:
    cell = new_code_cell(Path(__file__).with_name("probe.py").read_text(encoding="utf-8"))
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1)
        return json.loads("".join(item.get("text", "") for item in cell.outputs))
    except Exception:  # what the notebook did to its kernel is its own affair
        return {}
    finally:
        client.nb.cells.pop()


if __name__ == "__main__":
    made = main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Path(sys.argv[2]).write_text(json.dumps(made), encoding="utf-8")
