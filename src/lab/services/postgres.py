"""PostgreSQL: attached by DATABASE_URL, or started on a free loopback port with data of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo

from lab.errors import NotAvailableError, ServiceError
from lab.services import compose
from lab.services.commands import run
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session
from lab.services.tls import Identity

VARIABLE = "DATABASE_URL"
USER = "lab"
# Enough memory for the default experiments on a small machine; an experiment overrides what it studies.
SETTINGS = {"shared_buffers": "256MB", "max_connections": "50", "listen_addresses": "127.0.0.1"}
_PRELOAD = "shared_preload_libraries"
_TLS_INSIDE = Path("/tls")  # where the container's entry point puts what POSTGRES_TLS holds
_INSTALL = "On Debian: apt-get install postgresql-15"


@dataclass(frozen=True)
class Postgres:
    """A server that answers. dsn: connection string with all rights. secure: the same by TLS, where it was asked for:
    the server's certificate and name must be right (verify-full)."""

    dsn: str
    version: str
    node: Node
    secure: str = ""


@contextmanager
def postgres(
    settings: Mapping[str, str] | None = None,
    preload: Sequence[str] = (),
    tls: Identity | None = None,
    variable: str = VARIABLE,
) -> Iterator[Postgres]:
    """A PostgreSQL server for the block. settings: lines of postgresql.conf, not applied when attached.

    preload: libraries that it loads at its start, such as pgaudit; an attached server must have loaded them (ServiceError).
    tls: what the server shows its clients. NotAvailableError where it is attached, for its files can't be given to it.
    variable: of the environment, by which one is attached.
    """
    if tls is not None and os.environ.get(variable):
        raise NotAvailableError(
            f"certificates are made for a PostgreSQL that is started here; unset {variable}"
        )
    asked, libraries = dict(settings or {}), ",".join(preload)
    if url := os.environ.get(variable):
        version = attached("PostgreSQL", variable, lambda: _version(url))
        _loaded(url, preload)
        yield Postgres(url, version, Attached("PostgreSQL", variable))
    elif compose.chosen():
        with _container(asked, libraries, tls) as (dsn, node):
            yield Postgres(dsn, _version(dsn), node, _secure(dsn, tls) if tls else "")
    else:
        own = {_PRELOAD: libraries} if preload else {}
        with running(_local(SETTINGS | own | asked, tls)) as process:
            dsn = _dsn(process.ports[0])
            yield Postgres(dsn, _version(dsn), process, _secure(dsn, tls) if tls else "")


def _secure(dsn: str, tls: Identity) -> str:
    return conninfo.make_conninfo(dsn, sslmode="verify-full", sslrootcert=str(tls.authority))


@contextmanager
def _container(
    asked: Mapping[str, str], libraries: str, tls: Identity | None
) -> Iterator[tuple[str, compose.Service]]:
    (port,) = free_ports(1)
    dsn, own = _dsn(port), dict(asked)
    variables: dict[str, object] = {"POSTGRES_PORT": port}
    if tls:
        folder = session().folder / f"postgres-{port}"
        folder.mkdir()
        tls.copied(folder)
        variables["POSTGRES_TLS"] = folder
        own |= _encrypting(tls.moved(_TLS_INSIDE))
    with compose.one("postgres", lambda: _version(dsn), variables) as node:
        # Settings of a library are unknown until it is loaded.
        _apply(dsn, node, {_PRELOAD: libraries} if libraries else {})
        _apply(dsn, node, own)
        yield dsn, node


def _loaded(dsn: str, preload: Sequence[str]) -> None:
    with psycopg.connect(dsn, connect_timeout=2) as connection:
        row = connection.execute(f"SHOW {_PRELOAD}").fetchone()
    there = {name.strip() for name in str(row[0] if row else "").split(",")}
    if missing := [name for name in preload if name not in there]:
        raise ServiceError(
            f"the PostgreSQL of {VARIABLE} has not loaded {', '.join(missing)}. Install it there, add it to "
            f"{_PRELOAD} in postgresql.conf and restart; or unset {VARIABLE}."
        )


def _local(settings: Mapping[str, str], tls: Identity | None = None) -> Process:
    (port,) = free_ports(1)
    folder = session().folder / f"postgres-{port}"
    folder.mkdir()
    data = folder / "data"
    prefix = unprivileged(folder)
    programs = _programs()
    target = ["-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    run([*prefix, str(programs / "initdb"), *target], "PostgreSQL's initdb")
    options = dict(settings) | {"port": str(port), "unix_socket_directories": str(folder)}
    options |= _encrypting(tls.copied(folder, _given if prefix else None)) if tls else {}
    lines = [f"-c{name}={value}" for name, value in options.items()]
    dsn = _dsn(port)
    return Process(
        name="PostgreSQL",
        command=[*prefix, str(programs / "postgres"), "-D", str(data), *lines],
        ready=lambda: _version(dsn),
        log=folder / "postgres.log",
        ports=[port],
        hint=_INSTALL,
    )


def _given(file: Path) -> None:
    """PostgreSQL takes no key that others may read, and reads it as the user that it runs as."""
    shutil.chown(file, "postgres", "postgres")


def _encrypting(own: Identity) -> dict[str, str]:
    """Settings for TLS, with files as the server sees them."""
    files = {"ssl_cert_file": own.certificate, "ssl_key_file": own.key, "ssl_ca_file": own.authority}
    return {"ssl": "on", "ssl_min_protocol_version": "TLSv1.3"} | {
        name: str(file) for name, file in files.items()
    }


def _programs() -> Path:
    """The folder with `postgres` and `initdb`; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_major)
    if found:
        return found[-1].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise ServiceError(f"PostgreSQL is not installed. {_INSTALL}")


def _major(path: Path) -> int:
    number = re.search(r"\d+", str(path))
    return int(number.group()) if number else 0


def unprivileged(folder: Path) -> list[str]:
    """The beginning of a command that runs as the user postgres, to whom `folder` is given, if we are root."""
    # PostgreSQL and PgBouncer refuse to run as root; the user comes with the package.
    if os.geteuid() != 0:
        return []
    try:
        shutil.chown(folder, "postgres", "postgres")
    except LookupError:
        raise ServiceError(
            f"PostgreSQL does not run as root and there is no user postgres. {_INSTALL}"
        ) from None
    prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    for each in (*reversed(folder.resolve().parents), folder):
        if not _enters(prefix, each):
            raise ServiceError(
                f"PostgreSQL and PgBouncer do not run as root, and their user postgres can't enter {each}: "
                "set TMPDIR to a folder that everybody may enter, such as /tmp"
            )
    return prefix


def _enters(prefix: list[str], folder: Path) -> bool:
    try:
        tried = subprocess.run([*prefix, "test", "-x", folder], capture_output=True, text=True)
    except FileNotFoundError:
        raise ServiceError(
            "there is no setpriv to start PostgreSQL as its own user: install util-linux"
        ) from None
    if tried.returncode > 1:  # no answer of `test`
        raise ServiceError(f"root may not start PostgreSQL as the user postgres here: {tried.stderr.strip()}")
    return tried.returncode == 0


def _dsn(port: int) -> str:
    return f"postgresql://{USER}@127.0.0.1:{port}/postgres"


def _version(dsn: str) -> str:
    with psycopg.connect(dsn, connect_timeout=2) as connection:
        return str(connection.info.parameter_status("server_version"))


def _apply(dsn: str, node: Node, settings: Mapping[str, str]) -> None:
    if not settings:
        return
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in settings.items():
            # A list in one pair of quotes would be the name of one library.
            quoted = f"'{value}'" if name != _PRELOAD else value
            connection.execute(f"ALTER SYSTEM SET {name} = {quoted}")
    node.restart()
