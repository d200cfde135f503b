"""Build the site with Jupyter Book, unless nothing that it shows has changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab import declared, paths
from lab.errors import LabError
from lab.evidence.record import Record
from lab.report import catalogue
from lab.report.mend import mend
from lab.report.row import Row
from lab.report.stage import stage
from lab.runner.current import current
from lab.runner.place import Place, published

_STAMP = ".built-from"


def build(rows: Sequence[Row]) -> Path:
    """The site of `rows` in `build/site`; its folder. LabError with the builder's last lines if it fails.

    Of two at once the second waits: both would lay out their pages in one place.
    """
    with _alone():
        return _built(rows)


@contextmanager
def _alone() -> Iterator[None]:
    """While no other process builds here; the kernel lets go of the lock of one that was killed."""
    paths.build().mkdir(parents=True, exist_ok=True)
    with (paths.build() / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _built(rows: Sequence[Row]) -> Path:
    staging, site = paths.build() / "stage", paths.build() / "site"
    stage(rows, staging)
    digest = _digest(staging, Path(__file__).parent)  # what the pages are made of, and by
    stamp = site / _STAMP
    if stamp.exists() and stamp.read_text() == digest:
        return site
    made = pages(staging)
    (made / _STAMP).write_text(digest)
    shutil.rmtree(site, ignore_errors=True)
    made.rename(site)
    shutil.rmtree(staging / "_build", ignore_errors=True)
    return site


def rows() -> list[Row]:
    """Every experiment of the book with its published record, if that is current."""
    return [row(entry, current(entry.slug), published(entry.slug)) for entry in catalogue.entries()]


def row(entry: catalogue.Entry, record: Record | None, place: Place) -> Row:
    """An experiment as the book shows it, by a run whose results are in `place`."""
    return Row(entry, declared.title(entry.slug), declared.question(entry.slug), record, place)


def pages(staging: Path) -> Path:
    """The pages of what was laid out in `staging`, mended; their folder. LabError as in `build`."""
    made = _jupyter_book(staging)
    mend(made)
    return made


def _jupyter_book(staging: Path) -> Path:
    # Built clean each time: an incremental build leaves pages stale that quote others.
    # -W: a warning (dead link, unknown term, bad cell) fails the build.
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", str(staging), "-W", "-n", "--keep-going", "--all"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"}
    )
    if done.returncode:
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        tail = "\n".join(re.findall(r".*(?:WARNING|ERROR|Error).*", said)[-20:] or said.splitlines()[-20:])
        raise LabError(f"the book could not be built:\n{tail}")
    return staging / "_build" / "html"


def _digest(*folders: Path) -> str:
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(_files(folder)):
            total.update(f"{path.relative_to(folder)}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
