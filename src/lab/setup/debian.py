"""Programs that come from the operating system: found, installed where we may, else named with the command."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.errors import SetupError
from lab.java import find
from lab.setup.telling import call, doing


def package(name: str, program: str, why: str, found: Callable[[], bool] | None = None) -> None:
    """Have `program` from the Debian package `name`; SetupError with the exact command if we may not install it."""
    is_there = found or (lambda: shutil.which(program) is not None)
    if is_there():
        return
    command = f"apt-get install -y {name}"
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{program} is missing ({why}); install it with your system's package manager ({name})"
        )
    if os.geteuid() != 0:
        raise SetupError(f"{program} is missing ({why}). Run: sudo {command}")
    with doing(f"{name} from Debian, {why}"):
        _install(name)
    if not is_there():
        raise SetupError(f"{name} was installed, but {program} is not to be found")


def _install(name: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    hint = "Is there a network? Run the same command again."
    install = ["apt-get", "install", "-y", "-q", "-o", "Dpkg::Options::=--force-confold", name]
    try:
        call(install, f"apt-get install {name}", hint, environment)
    except SetupError:
        # A fresh image has no package lists, an old one lists versions that are gone.
        call(["apt-get", "update", "-q"], "apt-get update", hint, environment)
        call(install, f"apt-get install {name}", hint, environment)


def java() -> None:
    """A Java runtime, 17 or later."""
    home = os.environ.get("JAVA_HOME", "")
    package(
        "openjdk-17-jre-headless",
        "java",
        "runs Kafka",
        lambda: bool(shutil.which("java") or shutil.which("java", path=f"{home}/bin")),
    )


def java_17() -> None:
    """A Java runtime that Hadoop's libraries run on: 17 to 21."""
    package(
        "openjdk-17-jre-headless",
        "a Java between 17 and 21",
        "runs Spark",
        lambda: find(17, 21) is not None,
    )


def maven() -> None:
    package("maven", "mvn", "fetches Kafka")


def git() -> None:
    package("git", "git", "keeps the repositories that pushes are tried on")


def jq() -> None:
    package("jq", "jq", "reads records in the workflows, which the tests run")


def dash() -> None:
    package("dash", "dash", "is the shell of the scripts in the tests")


def chromium() -> None:
    package(
        "chromium",
        "chromium",
        "drives the built site in the tests",
        lambda: _any(["chromium", "google-chrome"]),
    )


def postgres() -> None:
    """PostgreSQL's server programs; Debian's own cluster is neither made nor started."""
    keep_quiet = Path("/etc/postgresql-common/createcluster.conf")
    if not _postgres_found() and os.geteuid() == 0 and not keep_quiet.exists() and shutil.which("apt-get"):
        keep_quiet.parent.mkdir(parents=True, exist_ok=True)
        keep_quiet.write_text("create_main_cluster = false\n")
    package("postgresql-15", "postgres", "PostgreSQL server", _postgres_found)


def pgbouncer() -> None:
    """PgBouncer's program; Debian's own service is not started."""
    keep_quiet = Path("/etc/default/pgbouncer")
    if not _pgbouncer_found() and os.geteuid() == 0 and not keep_quiet.exists() and shutil.which("apt-get"):
        keep_quiet.write_text("START=0\n")
    package("pgbouncer", "pgbouncer", "pools connections to PostgreSQL", _pgbouncer_found)


def _pgbouncer_found() -> bool:
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


def _postgres_found() -> bool:
    return bool(list(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or shutil.which("postgres"))


def pgaudit() -> None:
    """The extension that logs who did what, for the newest PostgreSQL there is, which is the one that is started."""
    versions = [int(path.name) for path in Path("/usr/lib/postgresql").glob("[0-9]*") if path.name.isdigit()]
    newest = max(versions, default=15)
    library = Path(f"/usr/lib/postgresql/{newest}/lib/pgaudit.so")
    package(f"postgresql-{newest}-pgaudit", "pgaudit", "PostgreSQL's audit log", library.exists)


def _any(programs: Sequence[str]) -> bool:
    return any(shutil.which(program) for program in programs)
