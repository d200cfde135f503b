"""PgBouncer before a PostgreSQL server: attached by PGBOUNCER_URL, or started on a free loopback port.

Who connects is not asked for a password, as on the server itself: both listen on the loopback address alone.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg import conninfo

from lab.errors import ServiceError
from lab.services import compose
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.postgres import USER, unprivileged
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "PGBOUNCER_URL"
SETTINGS = {"pool_mode": "transaction", "default_pool_size": "2", "max_client_conn": "400"}
_INSTALL = "On Debian: apt-get install pgbouncer"


@dataclass(frozen=True)
class PgBouncer:
    """A pool that answers. version: as it says itself."""

    dsn: str
    version: str
    node: Node

    def to(self, database: str, user: str) -> str:
        """Connection string of a database of the server's, through the pool."""
        return conninfo.make_conninfo(self.dsn, dbname=database, user=user)


@contextmanager
def pgbouncer(
    server: str, users: Sequence[str], settings: Mapping[str, str] | None = None
) -> Iterator[PgBouncer]:
    """A pool for the block, before the server that the connection string `server` names, whatever the database.

    users: who may connect. settings: lines of its configuration. Neither applies when attached: that pool must let
    them in itself, and lead to the same server.
    """
    if url := os.environ.get(VARIABLE):
        version = attached("PgBouncer", VARIABLE, partial(_answers, url))
        yield PgBouncer(url, version, Attached("PgBouncer", VARIABLE))
    else:
        (port,) = free_ports(1)
        dsn = f"postgresql://{USER}@127.0.0.1:{port}/pgbouncer"
        with _own(port, dsn, _configuration(port, server, users, SETTINGS | dict(settings or {}))) as node:
            yield PgBouncer(dsn, _version(dsn), node)


def _own(port: int, dsn: str, file: Path) -> AbstractContextManager[Node]:
    ready = partial(_version, dsn)
    if compose.chosen():
        return compose.one("pgbouncer", ready, {"PGBOUNCER_PORT": port, "PGBOUNCER_FILE": file})
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise ServiceError(f"PgBouncer is not installed. {_INSTALL}")
    return running(
        Process(
            name="PgBouncer",
            command=[*unprivileged(file.parent), program, str(file)],
            ready=ready,
            log=file.with_suffix(".log"),
            ports=[port],
            hint=_INSTALL,
        )
    )


def _configuration(port: int, server: str, users: Sequence[str], settings: Mapping[str, str]) -> Path:
    """Its file, in a folder of its own that another user may read."""
    known = conninfo.conninfo_to_dict(server)
    folder = session().folder / f"pgbouncer-{port}"
    folder.mkdir()
    names = folder / "users"
    names.write_text("".join('"{}" ""\n'.format(user.replace('"', '""')) for user in (USER, *users)))
    own = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "trust",
        "auth_file": str(names),
        "admin_users": USER,
    }
    lines = [f"{name} = {value}" for name, value in (own | dict(settings)).items()]
    file = folder / "pgbouncer.ini"
    place = f"* = host={known['host']} port={known.get('port', 5432)}"
    file.write_text("\n".join(["[databases]", place, "[pgbouncer]", *lines, ""]))
    return file


def _version(dsn: str) -> str:
    """Asked of its console, which takes plain text alone and knows no transaction."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as connection:
        row = connection.execute("SHOW VERSION").fetchone()
    found = re.search(r"[\d.]+", str(row))
    return found.group() if found else "unknown"


def _answers(url: str) -> str:
    """A pool of somebody else's need not open its console to us."""
    psycopg.connect(url, connect_timeout=2).close()
    return "attached, version unknown"
