"""Java runtimes of this machine, by version."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path


def find(lowest: int, highest: int) -> Path | None:
    """Folder of a Java whose major version lies between these, both included: JAVA_HOME's, the PATH's, any other."""
    return next((path for path in _homes() if lowest <= _major(path) <= highest), None)


def _homes() -> Iterator[Path]:
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parents[1]
    yield from sorted(Path("/usr/lib/jvm").glob("*"))


def _major(home: Path) -> int:
    """Major version as the runtime's own `release` file states it; 0 if that is no Java."""
    note = home / "release"
    text = note.read_text() if note.exists() and (home / "bin" / "java").exists() else ""
    found = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(found[1]) if found else 0
