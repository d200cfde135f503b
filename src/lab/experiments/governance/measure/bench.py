"""The company's database on a server of its own: faults put in and taken out, sessions opened from two addresses."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lab.errors import NotAvailableError
from lab.experiments.governance.mechanism import Catalogue, parse
from lab.experiments.governance.workload.company import AUDITOR, SCHEMA, SUPERUSER, Books, Company
from lab.experiments.governance.workload.fault import HERE, Fault, Session
from lab.services.postgres import VARIABLE, postgres

DATABASE = "company"
SETTINGS = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_connections": "on",
    "log_disconnections": "on",
    "pgaudit.log": "read, write, ddl, role",
}
LONGEST_WAIT_S = 20


@dataclass(frozen=True)
class Bench:
    """seeder: a superuser's connection that pgaudit does not log, and that was made before any audited time."""

    dsn: str
    version: str
    company: Company
    seeder: psycopg.Connection[Any]

    def as_role(self, role: str, database: str = DATABASE, port: int = 0) -> str:
        """The connection string of a role."""
        return make_conninfo(self.dsn, user=role, dbname=database, **({"port": port} if port else {}))

    @property
    def auditor(self) -> str:
        return self.as_role(AUDITOR)

    def now(self) -> datetime:
        """The server's clock, in a log file of its own from here on."""
        self.seeder.execute("SELECT pg_rotate_logfile()")
        row = self.seeder.execute("SELECT clock_timestamp()").fetchone()
        assert row
        return row[0]

    @contextmanager
    def changed(self, changes: Sequence[Fault]) -> Iterator[datetime]:
        """The database with these changes for the block, and the time before the first of them."""
        since = self.now()
        done: list[Fault] = []
        try:
            for change in changes:
                done.append(change)
                self._run(change.do)
            for change in changes:
                self._open(change.sessions)
            yield since
        finally:
            for change in reversed(done):
                self._run(change.undo)

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.seeder.execute(statement)

    def _open(self, sessions: Sequence[Session]) -> None:
        """Open each turn's sessions together, work in them, and wait until the log tells that they have ended."""
        mark = f"work {uuid.uuid4().hex[:8]}"
        for _, turn in groupby(sessions, key=lambda session: session[2]):
            with ExitStack() as stack:
                opened = [
                    stack.enter_context(self._session(role, address, mark)) for role, address, _ in turn
                ]
                for connection in opened:
                    table = f"{SCHEMA}.events" if connection.info.user == SUPERUSER else "pg_class"
                    connection.execute(f"SELECT count(*) FROM {table}")
        deadline = time.monotonic() + LONGEST_WAIT_S
        while self._ended(mark) < len(sessions):
            if time.monotonic() > deadline:
                raise TimeoutError("the server's log does not tell of sessions that have ended")
            time.sleep(0.02)

    def _ended(self, mark: str) -> int:
        newest = "pg_ls_logdir() WHERE name LIKE '%.json' ORDER BY modification DESC LIMIT 2"
        query = f"SELECT pg_read_file('log/' || name) FROM {newest}"
        lines = (line for (text,) in self.seeder.execute(query) for line in text.splitlines())
        return sum(mark in line and '"disconnection' in line for line in lines)

    @contextmanager
    def _session(self, role: str, address: str, mark: str) -> Iterator[psycopg.Connection[Any]]:
        with ExitStack() as stack:
            port = 0 if address == HERE else stack.enter_context(_relay(address, self.dsn))
            link = psycopg.connect(self.as_role(role, port=port), application_name=mark, autocommit=True)
            yield stack.enter_context(link)


def catalogue(books: Books) -> Catalogue:
    """What the audit is told; the faults' own code does not know how it is read."""
    return parse(books.access, books.datasets.values())


@contextmanager
def bench(company: Company) -> Iterator[Bench]:
    """A server with the company's database for the block. NotAvailableError if PostgreSQL is attached."""
    if os.environ.get(VARIABLE):
        raise NotAvailableError(
            f"this makes roles, superusers and grants on the whole server, and reads its log; unset {VARIABLE} to have one "
            "started for it"
        )
    with postgres(SETTINGS, preload=("pgaudit",)) as server:
        with quiet(server.dsn) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
            _admit_loopback(connection)
        dsn = make_conninfo(server.dsn, dbname=DATABASE)
        with quiet(dsn) as seeder:
            company.install(seeder)
            yield Bench(dsn, server.version, company, seeder)


def quiet(dsn: str) -> psycopg.Connection[Any]:
    """A superuser's connection whose statements pgaudit does not log; that it was made is logged all the same."""
    return psycopg.connect(dsn, autocommit=True, options="-c pgaudit.log=none")


def _admit_loopback(connection: psycopg.Connection[Any]) -> None:
    """Every address of this machine may connect, so that one login can come from two."""
    (path,) = connection.execute("SHOW hba_file").fetchone() or ("",)
    lines = "VALUES ('local all all trust'), ('host all all 127.0.0.0/8 trust')"
    connection.execute(f"COPY ({lines}) TO '{path}'")
    connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _relay(address: str, dsn: str) -> Iterator[int]:
    """A port from which connections go on to the server as if they came from `address` of this machine."""
    target = conninfo_to_dict(dsn)
    with socket.create_server((HERE, 0)) as listener:

        def serve() -> None:
            with suppress(OSError):  # the listener was shut down
                client, _ = listener.accept()
                server = socket.create_connection(
                    (str(target["host"]), int(target["port"] or 0)), source_address=(address, 0)
                )
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()
                client.close()
                server.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(LONGEST_WAIT_S)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
