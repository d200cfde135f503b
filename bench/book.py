"""(c) `lab book` with nothing changed. Run `make book` before: what has changed is not run here, it takes long."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench import limits
from bench.budget import Budget, Found
from lab.report import catalogue
from lab.runner.current import current


def main() -> dict[Budget, Found]:
    if changed := [slug for slug in catalogue.slugs() if current(slug) is None]:
        return {limits.UNCHANGED: Found(None, f"{len(changed)} experiments have changed. Run: make book")}
    _book()  # which builds the site, if that is not of the same pages
    begin = time.monotonic()
    status = _book()
    took = time.monotonic() - begin
    if status:  # a book that breaks off is quick
        return {limits.UNCHANGED: Found(None, f"the book ended with status {status}. Run: make book")}
    print(f"book, nothing changed: {took:.1f} s")
    return {limits.UNCHANGED: Found(took, "measured here")}


def _book() -> int:
    """Its exit status."""
    lab = Path(sys.executable).with_name("lab")
    quiet = subprocess.DEVNULL
    return subprocess.run([str(lab), "book"], stdout=quiet, stderr=quiet, check=False).returncode
