"""The tests that concern one experiment, and no other."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from lab import paths
from lab.errors import ParameterError, SetupError
from lab.report import catalogue

# As in `make test`: what measures nothing two at a time, then the small run and its page alone.
_STEPS = (
    ["-n", "2", "--dist", "loadfile", "-m", "not notebook and not browser and not drill"],
    ["-m", "notebook or browser"],
)


def test(slug: str) -> int:
    """Run them; pytest's exit status, of the first step that fails.

    In order: the experiment's own tests and the architecture's, then its small run, and its page in a browser.
    """
    if slug not in catalogue.slugs():
        raise ParameterError(f"no experiment {slug!r}; `lab list` shows those that there are")
    if find_spec("pytest") is None:
        raise SetupError("pytest is not installed; it comes with the tests' packages. Run: make dev")
    tests = paths.PROJECT / "tests"
    shared = [tests / f"test_{name}.py" for name in ("architecture", "wings", "own")]
    files = [*sorted((tests / "experiments").glob(f"test_{slug}*.py")), *shared]
    for options, chosen in zip(_STEPS, (files, [tests / "book"]), strict=True):
        status = _pytest([*options, "--slug", slug, "-rs", *map(str, chosen)])
        if status:
            return status
    return 0


def _pytest(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=paths.PROJECT, check=False).returncode
