"""Progress of long work: a bar for a person, lines for whoever runs the notebook, else nothing.

`lab run` sets LAB_PROGRESS to a file; each step appends a JSON line that the command draws as its own
bar. In a terminal or in JupyterLab a tqdm bar shows; a headless run stays quiet.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm


class Steps:
    """Counts the steps of one piece of work."""

    def __init__(self, bar: tqdm, total: int) -> None:
        self._bar, self._total, self._done = bar, total, 0

    def next(self, what: str) -> None:
        """Say that `what` begins now."""
        self._bar.set_description(what)
        self._bar.update(1 if self._done else 0)
        self._done += 1
        if target := os.environ.get("LAB_PROGRESS"):
            line = {"step": self._done, "of": self._total, "what": what}
            with Path(target).open("a") as file:
                file.write(json.dumps(line) + "\n")


@contextmanager
def steps(total: int) -> Iterator[Steps]:
    """`with steps(3) as work: work.next("load"); ...`"""
    with _bar()(total=total, disable=not _somebody_watches(), leave=False) as bar:
        yield Steps(bar, total)


def _bar() -> type[tqdm]:
    if not _in_jupyter_frontend():
        return tqdm
    # Imported only where it shows: without a front end it warns in the middle of a page.
    from tqdm.notebook import tqdm as widget

    return widget


def _somebody_watches() -> bool:
    if "LAB_PROGRESS" in os.environ or "LAB_HEADLESS" in os.environ:
        return False
    return sys.stderr.isatty() or _in_jupyter_frontend()


def _in_jupyter_frontend() -> bool:
    # papermill starts kernels through jupyter_client without a session name; Jupyter servers set one.
    return "ipykernel" in sys.modules and "JPY_SESSION_NAME" in os.environ
