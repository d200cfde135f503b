"""One run: papermill in a child process, a staging folder, and at the end a record and a notebook in place.

Nothing lands in `build/` until the run has ended: a run that is killed before leaves the last good record as it
was, and the reaper takes the child, the kernel, the services and the staging folder away. Where it lands
follows from its parameters (see `lab.runner.place`).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import yaml

from lab import __version__, declared, paths
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence import provenance, record, sources
from lab.evidence.record import Record
from lab.files import write_atomically
from lab.runner.place import Place, changes, exploratory, published
from lab.runner.watch import watch
from lab.services.session import session


@dataclass(frozen=True)
class Run:
    """What a run left: its record (verdict `error` if it came to no end), and where it is with all else."""

    record: Record
    place: Place


def experiment(slug: str) -> ModuleType:
    """The experiment's package; ParameterError if there is none."""
    if not slug.isidentifier() or not (paths.PROJECT / "src" / "lab" / "experiments" / slug).is_dir():
        raise ParameterError(f"no experiment {slug!r}; `lab list` shows those that there are")
    return import_module(f"lab.experiments.{slug}")


def check_parameters(slug: str, given: Mapping[str, Any]) -> parameters.Parameters:
    """What the notebook makes of `given`, checked; ParameterError before anything is started."""
    model = experiment(slug).Params
    own = {name: value for name, value in declared.defaults(slug).items() if name in model.model_fields}
    return parameters.parse(model, own | dict(given))


def run(slug: str, given: Mapping[str, Any], place: Place | None = None) -> Run:
    """Run `slug` and keep what it leaves in `place`; by default it is published, or exploratory, by its parameters."""
    checked = check_parameters(slug, given)
    staging = session().folder / f"run-{uuid.uuid4().hex[:8]}"
    staging.mkdir()
    begin = time.monotonic()
    status = _papermill(slug, given, staging)
    staged = Place(slug, staging, staging)
    result = outcome(staged, checked, status, time.monotonic() - begin)
    made = keep(staged, result, place or _place(slug, result))
    shutil.rmtree(staging, ignore_errors=True)
    return made


def outcome(staged: Place, checked: parameters.Parameters, status: int, seconds: float) -> Record:
    """The record that a run left in `staged`; one of the error that ended it, after `seconds`, if it left none."""
    if status == 0 and staged.record.exists():
        return record.read(staged.record)
    return _error(staged.slug, checked, _reason(staged.notebook, status), seconds)


def keep(staged: Place, result: Record, place: Place) -> Run:
    """Put what papermill left in `staged` into `place`: notebook, figures' data, pages and, when all is there, the record.

    All is written beside it first: a disk that is full ends this before anything of an earlier run is touched. While
    files are put in place there is no record: an earlier run's would be told beside this one's notebook.
    """
    made = {place.records / staged.slug / path.name: path for path in (*staged.figures, *staged.pages)}
    if staged.notebook.exists():
        made[place.notebook] = staged.notebook
    place.records.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{staged.slug}.", dir=place.records) as beside:
        arrived = [
            write_atomically(Path(beside, str(number)), source.read_bytes())
            for number, source in enumerate(made.values())
        ]
        judged = record.write(result, Path(beside))
        place.record.unlink(missing_ok=True)
        for source, path in zip(arrived, made, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            source.replace(path)
        for path in (*place.figures, *place.pages):
            if path not in made:  # of an earlier run: it would be offered as this one's
                path.unlink()
        judged.replace(place.record)
    return Run(result, place)


def _place(slug: str, result: Record) -> Place:
    changed = changes(slug, result["params"])
    return exploratory(slug, changed) if changed else published(slug)


def _papermill(slug: str, given: Mapping[str, Any], staging: Path) -> int:
    chosen = staging / "parameters.yaml"
    chosen.write_text(yaml.safe_dump(dict(given)))
    progress = staging / "progress.jsonl"
    environment = {"LAB_RECORDS": str(staging), "LAB_PROGRESS": str(progress), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "lab.runner.papermill", "--no-progress-bar", "--log-level", "ERROR"]
    files = [str(paths.notebook(slug)), str(staging / f"{slug}.ipynb")]
    log = staging / "papermill.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [*command, *files, "-f", str(chosen)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=session().environment(environment),
            start_new_session=True,  # Ctrl-C reaches it through us, once
        )
    try:
        return watch(slug, child, progress)
    except BaseException:
        _end(child)
        raise


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask papermill's whole group to stop; its kernel and services go with the session at the latest."""
    try:
        os.killpg(child.pid, signal.SIGINT)
        child.wait(10)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        child.kill()


def _reason(notebook: Path, status: int) -> str:
    """What the executed notebook says went wrong."""
    try:
        cells = json.loads(notebook.read_text())["cells"]
    except (OSError, json.JSONDecodeError):
        return f"papermill ended with status {status} and left no notebook"
    for cell in cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return f"{output['ename']}: {output['evalue']}"
    return f"papermill ended with status {status}; the notebook published no record"


def _error(slug: str, checked: parameters.Parameters, reason: str, duration_s: float) -> Record:
    module = experiment(slug)
    origin = {
        "machine": provenance.fingerprint(),
        "services": {},
        "libraries": {},
        "source_hash": sources.digest(slug, checked.model_dump(mode="json")),
        "version": __version__,
    }
    params = checked.model_dump(mode="json")
    return record.without_result(slug, params, module.CRITERIA, origin, reason, duration_s)
