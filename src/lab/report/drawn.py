"""Figures that the report draws itself, kept from one building of the book to the next: drawing takes its time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from lab import charts, paths
from lab.files import write_atomically


def drawn(shows: str, draw: Callable[[], str]) -> str:
    """What `draw` makes of `shows`, made anew only if either that or the code that draws has changed."""
    name = hashlib.sha256(f"{_code()}\0{shows}".encode()).hexdigest()
    place = paths.build() / "drawn" / f"{name}.html"
    if not place.exists():
        write_atomically(place, draw())
    return place.read_text()


@cache
def _code() -> str:
    folders = (Path(__file__).parent, Path(charts.__file__).parent)
    files = sorted(path for folder in folders for path in folder.glob("*.*") if path.is_file())
    total = hashlib.sha256()
    for path in files:
        total.update(path.read_bytes())
    return total.hexdigest()
