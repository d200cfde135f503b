"""One thing to have: how it is installed, and how much room it takes once it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """install: has it, and skips what is there. size: bytes on disk, None if it is not there.

    shared: it belongs to the operating system, and other programs may use it too.
    """

    install: Callable[[], None]
    size: Callable[[], int | None]
    shared: bool = False

    def __call__(self) -> None:
        self.install()


def size_of(folder: Path) -> int:
    """Bytes of all files in `folder`, each once under however many names, links not followed; 0 if it is not there."""
    found = (path.lstat() for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sum({(each.st_dev, each.st_ino): each.st_size for each in found}.values())
