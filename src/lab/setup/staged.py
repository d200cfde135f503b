"""Install a folder whole or not at all: fetched aside, verified file by file, then renamed into place."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lab import paths
from lab.errors import SetupError
from lab.setup.step import size_of
from lab.setup.telling import doing

STAMP = ".verified"


def install(
    name: str,
    what: str,
    pin: Path,
    fetch: Callable[[Path], None],
    verify: Callable[[Path], None],
    arrange: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Fill `tools()/name` by `fetch`, unless it was verified against the same content of `pin` before.

    arrange: makes of what was verified what is used, such as the content of an archive.
    """
    target, wanted = paths.tools() / name, hashlib.sha256(pin.read_bytes()).hexdigest()
    if _stamp(target) == wanted:
        return
    with doing(what):
        paths.tools().mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=paths.tools()))
        try:
            fetch(staging)
            verify(staging)
            arrange(staging)
            (staging / STAMP).write_text(wanted)
            staging.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            staging.rename(target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def size(name: str) -> int | None:
    """Bytes of `tools()/name`, None if it has not been installed."""
    folder = paths.tools() / name
    return size_of(folder) if _stamp(folder) else None


def matches(checksums: Path) -> Callable[[Path], None]:
    """A check that a folder holds exactly the files of a `sha256sum` list, each with its content."""

    def verify(folder: Path) -> None:
        wanted = parse(checksums.read_text())
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        wrong = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
        if wrong:
            raise SetupError(
                f"checksum differs from {checksums.name} for {', '.join(wrong)}: the download is broken or was "
                "tampered with; nothing was installed. Delete the file from the local cache and run again."
            )
        if wanted.keys() != found.keys():
            missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
            raise SetupError(f"not the files of {checksums.name}: missing {missing}, unexpected {extra}")

    return verify


def parse(text: str) -> dict[str, str]:
    """File name -> SHA-256 from lines of `sha256sum`."""
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in text.splitlines() if line)}


def _stamp(folder: Path) -> str:
    path = folder / STAMP
    return path.read_text() if path.exists() else ""
