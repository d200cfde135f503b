"""Where things are: the project's own folders, found from the package, whatever the working directory."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def build() -> Path:
    """Folder of everything that is generated; `LAB_BUILD` moves it."""
    return Path(os.environ.get("LAB_BUILD", PROJECT / "build")).resolve()


def records() -> Path:
    """Folder of the published record of each experiment."""
    return build() / "records"


def tools() -> Path:
    """Folder of what set-up fetched beside Python (JVM artefacts, Go programs); `LAB_TOOLS` moves it."""
    return Path(os.environ.get("LAB_TOOLS", PROJECT / ".tools")).resolve()


def notebook(slug: str) -> Path:
    """The experiment's notebook as a reader opens it."""
    return PROJECT / "notebooks" / f"{slug}.ipynb"


def data(slug: str) -> Path:
    """Small committed inputs of one experiment."""
    return PROJECT / "data" / slug


def shown(path: Path) -> Path:
    """`path` as a person would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
