"""A database with three domains: schemas and roles of their own, a dbt project each, the publisher's in a git repository."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from lab.errors import ServiceError
from lab.experiments.data_mesh import oracle
from lab.experiments.data_mesh.measure.seen import Attempt, Result
from lab.experiments.data_mesh.mechanism import FOLDER, Broker, Expectation, Publication, expectation, grants
from lab.experiments.data_mesh.params import NOW
from lab.experiments.data_mesh.workload.domains import (
    BASE,
    CONSUMERS,
    DATASET,
    PRIVATE,
    PUBLISHER,
    Version,
    private_rows,
)
from lab.services import git
from lab.services.dbt import Dbt, Told

ENVIRONMENT = "production"
DOMAINS = (PUBLISHER, *CONSUMERS)
_VARIABLES = {"now": NOW.isoformat()}
_FLAGS = ("--quiet", "--no-write-json")


@dataclass(frozen=True)
class Roles:
    """Roles of the domains in the whole server, by domain, and their password."""

    names: Mapping[str, str]
    password: str


@contextmanager
def roles(dsn: str) -> Iterator[Roles]:
    """A role for each domain for the block; names and password are new each time, as the server may be anybody's."""
    tag = uuid.uuid4().hex
    made = Roles({domain: f"{domain}_{tag[:8]}" for domain in DOMAINS}, tag)
    with psycopg.connect(dsn, autocommit=True) as server:
        for role in made.names.values():
            server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{tag}'")
        try:
            yield made
        finally:
            for role in made.names.values():
                server.execute(f"DROP ROLE {role}")


@dataclass(frozen=True)
class Published:
    """A commit of the publisher's that was built. failing: its own tests that did."""

    commit: str
    failing: tuple[str, ...]
    seconds: float


@dataclass
class Mesh:
    """dsn: of the database, with all rights. clone: of the publisher's repository. due: the oracle's results, by consumer."""

    dsn: str
    roles: Roles
    warm: Dbt
    folder: Path
    broker: Broker
    clone: git.Clone
    due: Mapping[str, list[oracle.Row]]

    def connect(self, domain: str = "") -> psycopg.Connection:
        """As a domain, or with all rights."""
        own = {"user": self.roles.names[domain], "password": self.roles.password} if domain else {}
        made = psycopg.connect(conninfo.make_conninfo(self.dsn, **own), autocommit=True)
        made.execute("SET TimeZone = 'UTC'")
        return made

    def dbt(self, command: Sequence[str], project: Path, parse_once: bool) -> Told:
        """dbt as the domain whose profile `project` has."""
        known = conninfo.conninfo_to_dict(self.dsn)
        place = {name: str(known.get(key) or "") for name, key in _PLACE.items()} | {"PGTZ": "UTC"}
        names = {f"{domain.upper()}_ROLE": role for domain, role in self.roles.names.items()}
        words = {f"{domain.upper()}_PASSWORD": self.roles.password for domain in self.roles.names}
        # Away from the project, whose files are under version control.
        apart = (
            "--target-path",
            str(self.folder / "target" / project.name),
            "--log-path",
            str(self.folder / "logs"),
        )
        return self.warm.invoke(
            [*command, *_FLAGS, *apart], project, _VARIABLES, place | names | words, parse_once
        )

    def publish(self, version: Version, message: str) -> Published:
        """Commit `version` on top of the main branch and build it, as a pipeline does for a branch."""
        self.clone.git("reset", "--quiet", "--hard", "origin/main")
        commit = self.clone.commit(version.files(), message)
        told = self.dbt(["build"], self.clone.folder, parse_once=False)
        models = [node for node in told.nodes if node.kind == "model"]
        if told.error or [node.status for node in models] != ["success"]:
            said = told.error or "; ".join(node.message for node in models)
            raise ServiceError(f"the publisher's model was not built ({message}): {said}")
        self.grant([expectation(consumer) for consumer in CONSUMERS])
        failing = tuple(node.name for node in told.nodes if node.status in ("fail", "error"))
        return Published(commit, failing, told.seconds)

    def publication(self, connection: psycopg.Connection, version: str) -> Publication:
        return Publication(PUBLISHER, version, connection, PUBLISHER, NOW)

    def grant(self, expectations: Sequence[Expectation]) -> None:
        """Let each consumer read the fields that it has stated; PostgreSQL has forgotten it with the table before."""
        with self.connect(PUBLISHER) as connection:
            for consumer in CONSUMERS:
                own = [each for each in expectations if each.consumer == consumer]
                for statement in grants(self.publication(connection, ""), own, self.roles.names[consumer]):
                    connection.execute(statement)

    def consume(self, consumer: str, project: Path | None = None) -> Result:
        """The consumer's own project, run as its own role on what is published now, against the oracle."""
        told = self.dbt(["run"], project or self.folder / consumer, parse_once=True)
        if told.error:
            raise ServiceError(f"dbt failed ({consumer}): {told.error}")
        with self.connect(consumer) as connection:  # which fails where the server is gone: that is no break
            if not told.success:
                failed = next(node for node in told.nodes if node.status not in ("success", "skipped"))
                return Result(None, failed.message)
            found = connection.execute(f"SELECT * FROM {consumer}.{CONSUMERS[consumer]}").fetchall()
        return Result(oracle.differing(found, self.due[consumer]))


_PLACE = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname"}


@contextmanager
def mesh(server: str, roles: Roles, warm: Dbt, folder: Path, orders: int) -> Iterator[Mesh]:
    """A database of its own for the block, in which nothing is published yet."""
    database = f"mesh_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as everything:
        everything.execute(f"CREATE DATABASE {database}")
        try:
            dsn = conninfo.make_conninfo(server, dbname=database)
            rows = private_rows(orders)
            _fill(dsn, roles, rows)
            due = {consumer: oracle.RESULTS[consumer](rows) for consumer in CONSUMERS}
            yield Mesh(dsn, roles, warm, folder, Broker(folder / "broker.db"), _repository(folder), due)
        finally:
            everything.execute(f"DROP DATABASE {database} WITH (FORCE)")


def _fill(dsn: str, roles: Roles, rows: Sequence[Mapping[str, Any]]) -> None:
    owner = roles.names[PUBLISHER]
    with psycopg.connect(dsn) as connection:
        for domain, role in roles.names.items():
            connection.execute(f"CREATE SCHEMA {domain} AUTHORIZATION {role}")
        connection.execute(f"CREATE SCHEMA {PUBLISHER}_private AUTHORIZATION {owner}")
        for consumer in CONSUMERS:
            connection.execute(f"GRANT USAGE ON SCHEMA {PUBLISHER} TO {roles.names[consumer]}")
        connection.execute(f"SET ROLE {owner}")
        columns = ", ".join(f"{name} {type_}" for name, type_ in PRIVATE.items())
        connection.execute(f"CREATE TABLE {PUBLISHER}_private.raw_orders ({columns})")
        with connection.cursor().copy(f"COPY {PUBLISHER}_private.raw_orders FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))


def _repository(folder: Path) -> git.Clone:
    """The publisher's project in a repository whose hook asks the broker."""
    server = git.bare(folder / "orders.git")
    clone = server.clone(folder / PUBLISHER)
    project = FOLDER / PUBLISHER
    files = {
        str(path.relative_to(project)): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and not {"target", "logs"} & set(path.relative_to(project).parts)
    }
    clone.commit(files, "The dataset orders")
    clone.push()
    command = [sys.executable, "-m", "mesh", "gate", str(folder / "broker.db"), PUBLISHER, ENVIRONMENT]
    server.hook(command, {"PYTHONPATH": str(FOLDER)})
    return clone


def deploy(made: Mesh) -> None:
    """The first version of each domain, forced: what is right about it the run itself tells."""
    published = made.publish(BASE, "Nothing is changed")
    for consumer in CONSUMERS:
        shutil.copytree(FOLDER / consumer, made.folder / consumer)
    made.broker.add(PUBLISHER, published.commit)
    made.broker.deploy(PUBLISHER, published.commit, ENVIRONMENT, force=True)
    for consumer in CONSUMERS:
        made.broker.add(consumer, "1", [expectation(consumer)])
        made.broker.deploy(consumer, "1", ENVIRONMENT, force=True)


def attempts(made: Mesh) -> list[Attempt]:
    """What a consumer's role must not be able to do, tried; both consumers' own tables are there."""
    private, published = f"{PUBLISHER}_private.raw_orders", f"{PUBLISHER}.{DATASET}"
    tried = [
        *((consumer, f"SELECT count(*) FROM {private}") for consumer in CONSUMERS),
        *((consumer, f"SELECT note FROM {published}") for consumer in CONSUMERS),
        *((consumer, f"SELECT * FROM {published}") for consumer in CONSUMERS),
        *((consumer, f"DELETE FROM {published}") for consumer in CONSUMERS),
        ("finance", f"SELECT channel FROM {published}"),
        ("marketing", f"SELECT total FROM {published}"),
        ("finance", "SELECT count(*) FROM marketing.customer_activity"),
        ("marketing", "SELECT count(*) FROM finance.daily_revenue"),
        (PUBLISHER, "SELECT count(*) FROM finance.daily_revenue"),
        ("finance", f"CREATE TABLE {PUBLISHER}.mine (x integer)"),
    ]
    return [Attempt(domain, statement, _refused(made, domain, statement)) for domain, statement in tried]


def _refused(made: Mesh, domain: str, statement: str) -> str:
    with made.connect(domain) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as error:
            return str(error).splitlines()[0]
    return ""
