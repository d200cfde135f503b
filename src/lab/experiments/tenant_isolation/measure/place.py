"""Where it is tried: a database for each installation, with logins of its own, behind one pool."""

from __future__ import annotations

import secrets as random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from lab.errors import ServiceError
from lab.experiments.tenant_isolation.mechanism import FOLDER, POLICIES, audit
from lab.experiments.tenant_isolation.oracle import Truth
from lab.experiments.tenant_isolation.params import ATTACKER, VICTIM, Params
from lab.experiments.tenant_isolation.workload.arms import APP, Arm
from lab.services.pgbouncer import PgBouncer, pgbouncer
from lab.services.postgres import Postgres, postgres
from lab.services.session import session
from lab.services.webapp import web_app

Connection = psycopg.Connection[Any]
GROUPS = ("tenancy_login", "tenancy_service")
SHOP = Path(__file__).parents[1] / "workload" / "shop.sql"
# Statistics change when we say so, nothing has to survive a crash, and the log of changes can be read by who may.
SETTINGS = {"autovacuum": "off", "fsync": "off", "wal_level": "logical", **audit.SETTINGS}


_READS_THE_LOG = (
    "pg_read_server_files TO {}",
    "pg_monitor TO {}",
    "EXECUTE ON FUNCTION pg_read_file(text) TO {}",
    "USAGE ON SCHEMA tenancy TO {}",
    "SELECT ON tenancy.logins TO {}",
)


@dataclass(frozen=True)
class Place:
    """One installation. logins: of attacker and victim, by tenant; url: of its application, "" if it has none."""

    arm: Arm
    truth: Truth
    server: str
    pool: PgBouncer
    database: str
    owner: str
    service: str
    auditor: str
    logins: Mapping[int, str]
    large_object: int
    log: Path
    key: str
    url: str = ""

    def admin(self) -> Connection:
        """A connection of a superuser, whom no policy binds."""
        return psycopg.connect(self._direct(), autocommit=True)

    def direct(self, tenant: int) -> Connection:
        """A connection of who sends SQL for a tenant, past the pool."""
        login = self.service if self.arm.shared else self.logins[tenant]
        connection = psycopg.connect(self._direct(login), autocommit=True)
        if self.arm.shared:
            connection.execute("SELECT set_config('app.tenant', %s, false)", (str(tenant),))
        return connection

    def pooled(self, login: str) -> Connection:
        """A connection through the pool."""
        return psycopg.connect(self.pool.to(self.database, login), autocommit=True, prepare_threshold=None)

    def _direct(self, user: str | None = None) -> str:
        given = {"user": user} if user else {}
        return conninfo.make_conninfo(self.server, dbname=self.database, **given)

    @property
    def environment(self) -> dict[str, str]:
        """What the application is told."""
        return {
            "DATABASE_URL": self.pool.to(self.database, self.service),
            "TENANCY_KEY": self.key,
            "TENANCY_LOG": str(self.log),
            "TENANCY_AUDIT_URL": self._direct(self.auditor),
        }

    def seed(self, connection: Connection) -> None:
        """All rows as the oracle has them, whatever there was. connection: of a superuser, as below."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE shop.customers, shop.orders")
            names = "tenant_id, order_id, customer_id, number, amount, product, note"
            for into, rows in (("customers", self.truth.customers), (f"orders ({names})", self.truth.orders)):
                with cursor.copy(f"COPY shop.{into} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            cursor.execute("ANALYZE shop.customers, shop.orders")

    def digests(self, connection: Connection) -> dict[int, str]:
        """Of each tenant's rows one text that changes with any of them."""
        query = """SELECT tenant_id, md5(string_agg(x, '|' ORDER BY x)) FROM (
            SELECT tenant_id, c::text AS x FROM shop.customers c UNION ALL SELECT tenant_id, o::text FROM shop.orders o) rows
            GROUP BY tenant_id"""
        return dict(connection.execute(query).fetchall())


@contextmanager
def server() -> Iterator[Postgres]:
    """PostgreSQL with pgaudit and a log that can be read as data. ServiceError if an attached one has not."""
    with postgres(SETTINGS, preload=["pgaudit"]) as found:
        with psycopg.connect(found.dsn) as connection:
            query = "SELECT current_setting('log_destination') ~ 'jsonlog' AND current_setting('logging_collector')::bool"
            if connection.execute(query).fetchone() != (True,):
                raise ServiceError(
                    "this PostgreSQL server keeps no log that can be read as data; set log_destination = 'jsonlog', "
                    "logging_collector = on, log_timezone = 'UTC', wal_level = logical and restart it"
                )
        yield found


@contextmanager
def places(found: Postgres, params: Params, arms: Sequence[Arm]) -> Iterator[dict[str, Place]]:
    """Each arm installed, its application served, by name; databases and roles go at the end."""
    prefix = f"tenancy_{uuid.uuid4().hex[:8]}"
    known = [_names(prefix, n) for n in range(len(arms))]
    users = [login for names in known for login in (*names.logins.values(), names.service)]
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(found.dsn, autocommit=True))
        roles = _new_groups(admin)
        stack.callback(_remove, found.dsn, [names.database for names in known], [*_roles(known), *roles])
        pool = stack.enter_context(pgbouncer(found.dsn, users, {"default_pool_size": "1"}))
        folder = session().folder / prefix
        folder.mkdir()
        yield {
            arm.name: stack.enter_context(_installed(found, pool, Truth(params), arm, names, folder))
            for arm, names in zip(arms, known, strict=True)
        }


@dataclass(frozen=True)
class _Names:
    database: str
    owner: str
    service: str
    auditor: str
    logins: Mapping[int, str]


def _names(prefix: str, number: int) -> _Names:
    own = f"{prefix}_{number}"
    logins = {tenant: f"{own}_t{tenant}" for tenant in (ATTACKER, VICTIM)}
    return _Names(own, f"{own}_owner", f"{own}_app", f"{own}_audit", logins)


def _roles(known: Sequence[_Names]) -> list[str]:
    return [name for one in known for name in (*one.logins.values(), one.service, one.auditor, one.owner)]


@contextmanager
def _installed(
    found: Postgres, pool: PgBouncer, truth: Truth, arm: Arm, names: _Names, folder: Path
) -> Iterator[Place]:
    with psycopg.connect(found.dsn, autocommit=True) as connection:
        for login in (*names.logins.values(), names.service, names.auditor):
            _run(connection, "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS", login)
        _run(connection, "CREATE ROLE {} NOLOGIN", names.owner)
        _run(connection, "CREATE DATABASE {}", names.database)
    log = folder / f"{names.database}.jsonl"
    log.touch()
    parts = (names.database, names.owner, names.service, names.auditor, names.logins)
    place = Place(arm, truth, found.dsn, pool, *parts, 0, log, random.token_hex(32))
    place = _fill(place)
    if not arm.application:
        yield place
        return
    where = FOLDER if arm.application == APP else None
    with web_app(arm.application, where, "/health", place.environment) as app:
        yield replace(place, url=app.url)


def _fill(place: Place) -> Place:
    """Policies, tables, rows, logins, and what the arm takes away."""
    with place.admin() as connection:
        for text in (POLICIES.read_text(), SHOP.read_text()):
            connection.execute(text)
        _run(connection, "ALTER SCHEMA shop OWNER TO {}", place.owner)
        for name in ("customers", "orders", "orders_0", "orders_1"):
            _run(connection, f"ALTER TABLE shop.{name} OWNER TO {{}}", place.owner)
        for tenant, login in place.logins.items():
            connection.execute("SELECT tenancy.add_login(%s::name, %s)", (login, str(tenant)))
        _run(connection, "GRANT tenancy_service TO {}", place.service)
        _audits(connection, place)
        note = sorted(place.truth.notes(VICTIM))[0]
        row = connection.execute("SELECT lo_from_bytea(0, %s::text::bytea)", (note,)).fetchone()
        assert row
        place = replace(place, large_object=row[0])
        for statement in place.arm.weaken:
            connection.execute(filled(statement, place))
        place.seed(connection)
        connection.execute("REFRESH MATERIALIZED VIEW shop.sales")
    return place


def _audits(connection: Connection, place: Place) -> None:
    """pgaudit on this database, and a login that may read the log."""
    connection.execute("CREATE EXTENSION IF NOT EXISTS pgaudit")
    for name, value in audit.PER_DATABASE.items():
        _run(connection, f"ALTER DATABASE {{}} SET {name} = '{value}'", place.database)
    for grant in _READS_THE_LOG:
        _run(connection, f"GRANT {grant}", place.auditor)


def filled(statement: str, place: Place, **more: object) -> str:
    """`statement` with this place's names in it."""
    known = {"owner": place.owner, "login": place.logins[ATTACKER], "large_object": place.large_object} | more
    for name, value in known.items():
        statement = statement.replace(f"{{{name}}}", str(value))
    return statement


def _new_groups(admin: Connection) -> list[str]:
    """Roles of the policies that this server did not have before."""
    there = admin.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)", (list(GROUPS),)).fetchall()
    return [name for name in GROUPS if (name,) not in there]


def _remove(dsn: str, databases: Sequence[str], roles: Sequence[str]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for database in databases:
            _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        for role in roles:
            _run(connection, "DROP ROLE IF EXISTS {}", role)


def _run(connection: Connection, statement: str, name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
