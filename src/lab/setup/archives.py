"""Archives among what was fetched: replaced by their content."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from lab.errors import SetupError
from lab.setup.telling import call


def unpack(folder: Path) -> None:
    """Put the content of the one archive in `folder` in the archive's place."""
    (archive,) = folder.glob("*.tar.gz")
    command = ["tar", "-xzf", str(archive), "-C", str(folder), "--no-same-owner"]
    call(command, f"unpacking {archive.name}", "Is there room on the disk?")
    archive.unlink()


def unpack_with(plugins: Collection[str]) -> Callable[[Path], None]:
    """Like `unpack`, but of the folder `plugin` only `plugins` stay. SetupError if one of them is not there."""

    def arrange(folder: Path) -> None:
        unpack(folder)  # whole: files of one plugin may be hard links to another's
        found = {path.name: path for path in folder.glob("*/plugin/*")}
        if missing := sorted(set(plugins) - found.keys()):
            raise SetupError(f"the archive has no plugin {', '.join(missing)}")
        for name in found.keys() - set(plugins):
            shutil.rmtree(found[name])

    return arrange
