"""JVM artefacts: one pom, a profile for each need, every file verified."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab import paths
from lab.setup import staged
from lab.setup.step import Step
from lab.setup.telling import call

POM = paths.PROJECT / "env" / "pom.xml"
_TURN = threading.Lock()  # two at once may spoil what Maven keeps of its downloads


def step(profile: str, arrange: Callable[[Path], None] = lambda folder: None) -> Step:
    """A step that has the artefacts of `profile`, verified and then arranged, in `tools()/profile`."""
    checksums = paths.PROJECT / "env" / "checksums" / f"{profile}.sha256"

    def fetch_all() -> None:
        what = f"{profile}: {len(checksums.read_text().splitlines())} files by Maven"
        verify = staged.matches(checksums)
        staged.install(profile, what, checksums, partial(_fetch, profile), verify, arrange)

    return Step(fetch_all, partial(staged.size, profile))


def _fetch(profile: str, folder: Path) -> None:
    maven = [
        "mvn",
        "-q",
        "-B",
        "-ntp",
        "-P",
        profile,
        f"-Dtarget={folder}",
        "-f",
        str(POM),
        "generate-resources",
    ]
    hint = "Is there a network? What was fetched is kept; run the same command again."
    with _TURN:
        call(maven, f"Maven, fetching {profile}", hint)
