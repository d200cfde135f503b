"""Programs that come from the operating system: found, installed where we may, else named with the command."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from lab.errors import SetupError
from lab.java import find
from lab.setup.step import Step
from lab.setup.telling import call, doing

_TURN = threading.Lock()  # apt refuses to run twice at once


def _from(name: str) -> Callable[[Callable[[], None]], Step]:
    """A function that has the Debian package `name` as a step that knows how much room that package takes."""
    return lambda install: Step(install, partial(_size, name), shared=True)


def _size(name: str) -> int | None:
    """Bytes of a Debian package without those that it needs; None where it is not installed."""
    query = ["dpkg-query", "-W", "-f=${db:Status-Status} ${Installed-Size}", name]
    try:
        told = subprocess.run(query, capture_output=True, text=True, check=False).stdout.split()
    except FileNotFoundError:
        return None
    return 1024 * int(told[1]) if told[:1] == ["installed"] else None


def package(name: str, program: str, why: str, found: Callable[[], bool] | None = None) -> None:
    """Have `program` from the Debian package `name`; SetupError with the exact command if we may not install it."""
    is_there = found or (lambda: shutil.which(program) is not None)
    with _TURN:
        if not is_there():
            _have(name, program, why)
            if not is_there():
                raise SetupError(f"{name} was installed, but {program} is not to be found")


def _have(name: str, program: str, why: str) -> None:
    command = f"apt-get install -y {name}"
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{program} is missing ({why}); install it with your system's package manager ({name})"
        )
    if os.geteuid() != 0:
        raise SetupError(f"{program} is missing ({why}). Run: sudo {command}")
    with doing(f"{name} from Debian, {why}"):
        _install(name)


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


@_from("openjdk-17-jre-headless")
def java() -> None:
    """A Java runtime that Kafka's servers run on: 17 to 25."""
    package(
        "openjdk-17-jre-headless",
        "a Java between 17 and 25",
        "runs Kafka",
        lambda: find(17, 25) is not None,
    )


@_from("openjdk-17-jre-headless")
def java_17() -> None:
    """A Java runtime that Hadoop's libraries run on: 17 to 21."""
    package(
        "openjdk-17-jre-headless",
        "a Java between 17 and 21",
        "runs Spark",
        lambda: find(17, 21) is not None,
    )


@_from("maven")
def maven() -> None:
    package("maven", "mvn", "fetches Kafka")


@_from("git")
def git() -> None:
    package("git", "git", "keeps the repositories that pushes are tried on")


@_from("jq")
def jq() -> None:
    package("jq", "jq", "reads records in the workflows, which the tests run")


@_from("dash")
def dash() -> None:
    package("dash", "dash", "is the shell of the scripts in the tests")


@_from("chromium")
def chromium() -> None:
    package(
        "chromium",
        "chromium",
        "drives the built site in the tests",
        lambda: _any(["chromium", "google-chrome"]),
    )


@_from("postgresql-15")
def postgres() -> None:
    """PostgreSQL's server programs; Debian's own cluster is neither made nor started."""
    keep_quiet = Path("/etc/postgresql-common/createcluster.conf")
    if not _postgres_found() and os.geteuid() == 0 and not keep_quiet.exists() and shutil.which("apt-get"):
        keep_quiet.parent.mkdir(parents=True, exist_ok=True)
        keep_quiet.write_text("create_main_cluster = false\n")
    package("postgresql-15", "postgres", "PostgreSQL server", _postgres_found)


@_from("pgbouncer")
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


@_from("postgresql-15-pgaudit")
def pgaudit() -> None:
    """The extension that logs who did what, for the newest PostgreSQL there is, which is the one that is started."""
    versions = [int(path.name) for path in Path("/usr/lib/postgresql").glob("[0-9]*") if path.name.isdigit()]
    newest = max(versions, default=15)
    library = Path(f"/usr/lib/postgresql/{newest}/lib/pgaudit.so")
    package(f"postgresql-{newest}-pgaudit", "pgaudit", "PostgreSQL's audit log", library.exists)


@_from("openssl")
def openssl() -> None:
    package("openssl", "openssl", "makes certificates as a kit's README does, and is measured beside")


@_from("redis-server")
def redis() -> None:
    """Redis' server; Debian's own service is not started."""
    _keep_from_starting("redis-server", "redis-server")
    package("redis-server", "redis-server", "keeps features in memory")


@_from("prometheus")
def prometheus() -> None:
    """Prometheus and promtool; Debian's own service is not started."""
    _keep_from_starting("prometheus", "prometheus")
    package("prometheus", "prometheus", "keeps metrics and evaluates alerts")


@_from("prometheus-alertmanager")
def alertmanager() -> None:
    """Alertmanager and amtool; Debian's own service is not started."""
    _keep_from_starting("prometheus-alertmanager", "prometheus-alertmanager")
    package("prometheus-alertmanager", "prometheus-alertmanager", "routes alerts")


def _keep_from_starting(unit: str, program: str) -> None:
    """Have systemd, where it runs, not start a server only because its package is installed (it is masked)."""
    mask = Path(f"/etc/systemd/system/{unit}.service")
    if shutil.which(program) or os.geteuid() != 0 or mask.is_symlink() or not shutil.which("apt-get"):
        return
    mask.parent.mkdir(parents=True, exist_ok=True)
    mask.symlink_to("/dev/null")


def _any(programs: Sequence[str]) -> bool:
    return any(shutil.which(program) for program in programs)
