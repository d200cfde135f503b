"""How long policies take, by their form, with and without an index; and how long planning takes with many partitions."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pandas as pd
import psycopg
from psycopg import conninfo, sql

from lab.experiments.tenant_isolation.measure.place import GROUPS, Connection
from lab.experiments.tenant_isolation.mechanism import POLICIES
from lab.experiments.tenant_isolation.params import VICTIM, Params
from lab.load.interleave import interleaved
from lab.services.postgres import Postgres

WRITTEN, SETTING, EACH, ONCE, MEMBERS = (
    "written into the query",
    "setting",
    "function for each row",
    "function in a sub-select",
    "table of logins",
)
FORMS = {
    WRITTEN: "true",
    SETTING: "tenant_id = current_setting('app.tenant')::bigint",
    EACH: "tenant_id = tenancy.tenant()::bigint",
    ONCE: "tenant_id = (SELECT tenancy.tenant()::bigint)",
    MEMBERS: "tenant_id IN (SELECT tenant::bigint FROM timed.members WHERE login = session_user)",
}
INDEXES = {"with an index": "indexed", "without": "plain"}
ALONE, NAMED = "policy alone", "tenant in the query too"
_PARTITIONED = """
CREATE TABLE timed.parts_{count} (tenant_id bigint NOT NULL, id bigint, amount numeric, PRIMARY KEY (tenant_id, id))
    PARTITION BY LIST (tenant_id);
GRANT SELECT ON timed.parts_{count} TO tenancy_login;
DO $$ BEGIN
    FOR n IN 1..{count} LOOP
        EXECUTE format('CREATE TABLE timed.parts_{count}_%s PARTITION OF timed.parts_{count} FOR VALUES IN (%s)', n, n);
    END LOOP;
END $$;
SELECT tenancy.protect('timed.parts_{count}')"""
REPEATS = {"with an index": 30, "without": 1}  # of a query within one round


@contextmanager
def timed(found: Postgres) -> Iterator[dict[str, Connection]]:
    """A database of its own, with a connection for each form, and one of the superuser's ("")."""
    prefix = f"tenancy_{uuid.uuid4().hex[:8]}"
    logins = {form: f"{prefix}_{number}" for number, form in enumerate(FORMS)}
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(found.dsn, autocommit=True))
        there = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles").fetchall()}
        stack.callback(
            _remove, found.dsn, prefix, [*logins.values(), *(name for name in GROUPS if name not in there)]
        )
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(prefix)))
        dsn = conninfo.make_conninfo(found.dsn, dbname=prefix)
        own = stack.enter_context(psycopg.connect(dsn, autocommit=True))
        own.execute(POLICIES.read_text())
        own.execute(
            "CREATE SCHEMA timed; CREATE TABLE timed.members (login name PRIMARY KEY, tenant text NOT NULL)"
        )
        own.execute(
            "GRANT USAGE ON SCHEMA timed TO tenancy_login; GRANT SELECT ON timed.members TO tenancy_login"
        )
        for login in logins.values():
            own.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
            own.execute("SELECT tenancy.add_login(%s::name, %s)", (login, str(VICTIM)))
        own.execute("INSERT INTO timed.members SELECT login, tenant FROM tenancy.logins")
        connections = {"": own}
        for form, login in logins.items():
            connections[form] = stack.enter_context(
                psycopg.connect(conninfo.make_conninfo(dsn, user=login), autocommit=True)
            )
            connections[form].execute("SELECT set_config('app.tenant', %s, false)", (str(VICTIM),))
        yield connections


def by_form(connections: Mapping[str, Connection], params: Params) -> pd.DataFrame:
    """Columns form, index, round, ms: of the sum over one tenant's rows."""
    own = connections[""]
    for name in INDEXES.values():
        own.execute(
            f"CREATE TABLE timed.{name} AS SELECT n % {params.shares} + 1 AS tenant_id, n AS id, n * 0.5 AS amount, "
            f"repeat('x', 100) AS note FROM generate_series(1::bigint, {params.rows}) n"
        )
        own.execute(f"GRANT SELECT ON timed.{name} TO tenancy_login")
        own.execute(f"ALTER TABLE timed.{name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        for number, (form, condition) in enumerate(FORMS.items()):
            to = connections[form].info.user
            own.execute(f'CREATE POLICY form_{number} ON timed.{name} TO "{to}" USING ({condition})')
    own.execute("CREATE INDEX ON timed.indexed (tenant_id)")
    own.execute("VACUUM ANALYZE timed.indexed, timed.plain")
    cells = [(form, index) for form in FORMS for index in INDEXES]
    for form, index in cells:
        _sum(connections, form, index)  # planned once, and the pages are in memory
    return pd.DataFrame(
        [
            (form, index, number, _milliseconds(connections, form, index))
            for number, (form, index) in interleaved(cells, params.rounds, params.seed)
        ],
        columns=["form", "index", "round", "ms"],
    )


def _milliseconds(connections: Mapping[str, Connection], form: str, index: str) -> float:
    """Mean over the repeats of one round."""
    begun = time.perf_counter()
    for _ in range(REPEATS[index]):
        _sum(connections, form, index)
    return (time.perf_counter() - begun) * 1e3 / REPEATS[index]


def _sum(connections: Mapping[str, Connection], form: str, index: str) -> object:
    where = f"WHERE tenant_id = {VICTIM}" if form == WRITTEN else ""
    query = f"SELECT count(*), sum(amount) FROM timed.{INDEXES[index]} {where}"
    return connections[form].execute(query).fetchone()


def by_partitions(connections: Mapping[str, Connection], params: Params) -> pd.DataFrame:
    """Columns partitions, query, round, ms: time to plan one tenant's sum, a partition for each tenant."""
    own, reader = connections[""], connections[ONCE]
    for count in params.partitions:
        own.execute(_PARTITIONED.replace("{count}", str(count)))
    cells = [(count, query) for count in params.partitions for query in (ALONE, NAMED)]
    for count, query in cells:
        _planning(reader, count, query)  # what there is of the tables is in the session's memory
    return pd.DataFrame(
        [
            (count, query, number, statistics.median(_planning(reader, count, query) for _ in range(3)))
            for number, (count, query) in interleaved(cells, params.rounds, params.seed)
        ],
        columns=["partitions", "query", "round", "ms"],
    )


def _planning(reader: Connection, count: int, query: str) -> float:
    where = f"WHERE tenant_id = {min(VICTIM, count)}" if query == NAMED else ""
    row = reader.execute(
        f"EXPLAIN (SUMMARY, FORMAT json) SELECT sum(amount) FROM timed.parts_{count} {where}"
    ).fetchone()
    assert row
    return float(row[0][0]["Planning Time"])


def _remove(dsn: str, database: str, roles: list[str]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )
        for role in roles:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
