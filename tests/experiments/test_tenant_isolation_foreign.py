"""Policies and lint on databases that are not this experiment's: other types, odd names, other faults.

Kinds of faults that others have reported, each with an input of our own: amfs 387 and gpdb 16869 (partitions by themselves,
policies of leaves and of levels between); psycopg 276 and 561 (bytes from a database without an encoding).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from lab.experiments.tenant_isolation import KIT, POLICIES, lint
from lab.services.postgres import postgres

pytestmark = pytest.mark.service

CLINIC = """
CREATE SCHEMA "The Clinic";
CREATE TABLE "The Clinic"."Vis.its" ("Clinic Id" uuid NOT NULL, n int, note text, PRIMARY KEY ("Clinic Id", n));
CREATE TABLE codes (tenant_id varchar(3) NOT NULL, code text, UNIQUE (tenant_id, code)) PARTITION BY LIST (tenant_id);
CREATE TABLE codes_a PARTITION OF codes FOR VALUES IN ('a') PARTITION BY LIST (code);
CREATE TABLE codes_a1 PARTITION OF codes_a DEFAULT;
CREATE TABLE codes_rest PARTITION OF codes DEFAULT;
"""
ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        with postgres() as found:
            yield found.dsn


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """A database with the clinic's tables and the policies, which is thrown away."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS clinic WITH (FORCE)")
        admin.execute("CREATE DATABASE clinic")
        dsn = conninfo.make_conninfo(server, dbname="clinic")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(CLINIC)  # type: ignore[call-overload]
            for _ in range(2):
                connection.execute(POLICIES.read_text())  # type: ignore[call-overload]
        yield dsn
        admin.execute("DROP DATABASE clinic WITH (FORCE)")
        roles = admin.execute(
            "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname ~ '^odd'"
        ).fetchall()
        for (statement,) in roles:
            admin.execute(statement)


def _rows(dsn: str, query: str, user: str | None = None) -> list[Any]:
    given = {"user": user} if user else {}
    with psycopg.connect(conninfo.make_conninfo(dsn, **given), autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def _login(dsn: str, name: str, tenant: str) -> None:
    _rows(dsn, f'CREATE ROLE "{name}" LOGIN')
    _rows(dsn, f"SELECT tenancy.add_login('{name}', '{tenant}')")


def test_a_tenant_of_another_type_in_a_column_and_a_table_with_odd_names(database: str) -> None:
    table = '"The Clinic"."Vis.its"'
    _rows(database, f"INSERT INTO {table} VALUES ('{ONE}', 1, 'x'), ('{TWO}', 1, 'y')")
    _rows(database, f"SELECT tenancy.protect('{table}', 'Clinic Id')")
    _login(database, "odd One", ONE)
    _rows(database, f'GRANT USAGE ON SCHEMA "The Clinic" TO "odd One"; GRANT ALL ON {table} TO "odd One"')
    assert _rows(database, f"SELECT note FROM {table}", "odd One") == [("x",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        _rows(database, f"INSERT INTO {table} VALUES ('{TWO}', 2, 'z')", "odd One")
    assert {finding.code for finding in lint(database, "Clinic Id")} == {"truncate and the like"}


def test_partitions_of_partitions_are_closed(database: str) -> None:
    _rows(database, "SELECT tenancy.protect('codes')")
    _rows(database, "INSERT INTO codes VALUES ('a', '1'), ('b', '2')")
    _login(database, "odd_a", "a")
    _rows(database, "GRANT SELECT ON codes, codes_a, codes_a1, codes_rest TO odd_a")
    assert _rows(database, "SELECT code FROM codes", "odd_a") == [("1",)]
    for part in ("codes_a", "codes_a1", "codes_rest"):
        assert _rows(database, f"SELECT code FROM {part}", "odd_a") == []


def test_nobody_sees_anything_whose_tenant_is_not_known(database: str) -> None:
    _rows(database, "SELECT tenancy.protect('codes'); INSERT INTO codes VALUES ('a', '1'), ('', '2')")
    _rows(
        database,
        "CREATE ROLE odd_app LOGIN; GRANT tenancy_service TO odd_app; GRANT SELECT ON codes TO odd_app, PUBLIC",
    )
    _rows(database, "CREATE ROLE odd_stranger LOGIN")
    assert _rows(database, "SELECT code FROM codes", "odd_app") == []
    assert _rows(database, "SELECT code FROM codes", "odd_stranger") == []
    with psycopg.connect(conninfo.make_conninfo(database, user="odd_app"), autocommit=True) as connection:
        with connection.transaction():
            connection.execute("SELECT set_config('app.tenant', 'a', true)")
            assert connection.execute("SELECT code FROM codes").fetchall() == [("1",)]
        # The setting is an empty text now, not NULL, and must not be the tenant ''.
        assert connection.execute("SELECT code FROM codes").fetchall() == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT tenancy.protect('codes', 'code')", "NOT NULL"),
        ("SELECT tenancy.protect('codes', 'none')", "NOT NULL"),
        ("CREATE VIEW v AS TABLE codes; SELECT tenancy.protect('v')", "no table"),
        ("SELECT tenancy.add_login('lab', '7')", "above row-level security"),
        (
            "CREATE ROLE odd_app LOGIN; GRANT tenancy_service TO odd_app; SELECT tenancy.add_login('odd_app', '7')",
            "service",
        ),
        ("SELECT tenancy.add_login('nobody at all', '7')", "does not exist"),
    ],
)
def test_what_can_not_be_protected_is_refused_in_words(database: str, statement: str, said: str) -> None:
    with pytest.raises(psycopg.Error, match=said):
        _rows(database, statement)


def test_a_tenant_can_not_change_who_it_is(database: str) -> None:
    _login(database, "odd_a", "a")
    for statement in (
        "UPDATE tenancy.logins SET tenant = 'b'",
        "SELECT tenancy.add_login('odd_a', 'b')",
        "SELECT tenancy.protect('codes')",
        "ALTER FUNCTION tenancy.tenant() IMMUTABLE",
        "SET pgaudit.log = 'none'; LOAD 'pgaudit'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _rows(database, statement, "odd_a")


def test_the_lint_sees_a_database_without_policies_and_names_each_fault(database: str) -> None:
    _rows(database, "CREATE TABLE plain (id int PRIMARY KEY, tenant_id int, up int REFERENCES plain)")
    _rows(
        database,
        "CREATE ROLE odd_owner LOGIN; ALTER TABLE plain OWNER TO odd_owner; GRANT SELECT ON codes_rest TO PUBLIC",
    )
    found = {(finding.code, finding.object) for finding in lint(database)}
    assert found >= {
        ("not enabled", "plain"),
        ("not enabled", "codes"),
        ("partition open", "codes_rest"),
        ("owner logs in", "odd_owner for plain"),
        ("key across tenants", "plain_pkey"),
        ("reference across tenants", "plain, plain_up_fkey"),
    }
    assert all(finding.why and finding.fix for finding in lint(database))


def test_the_lint_changes_nothing_and_refuses_what_it_can_not_read(database: str, server: str) -> None:
    with pytest.raises(ValueError, match="no table has a column 'no_such'"):
        lint(database, "no_such")
    with psycopg.connect(database) as connection:
        lint(connection)
        assert connection.execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)


def test_the_lint_is_a_program_too(database: str) -> None:
    program = [sys.executable, str(KIT / "tenancy" / "lint.py"), database]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "leak: codes: not enabled." in done.stdout, done.stderr


def test_a_view_on_a_view_and_a_restrictive_policy_are_seen_for_what_they_are(database: str) -> None:
    _rows(database, "SELECT tenancy.protect('codes')")
    _rows(database, "CREATE POLICY narrow ON codes AS RESTRICTIVE USING (code <> '')")
    _rows(
        database,
        "CREATE VIEW inner_view WITH (security_invoker) AS TABLE codes; CREATE VIEW outer_view AS TABLE inner_view",
    )
    assert {finding.code for finding in lint(database)} == set()
    _rows(database, "GRANT SELECT ON inner_view, outer_view TO PUBLIC")
    assert [(finding.code, finding.object) for finding in lint(database)] == [
        ("view of its owner", "outer_view")
    ]


def test_a_column_whose_name_is_a_part_of_the_tenants_is_not_taken_for_it(database: str) -> None:
    _rows(database, "CREATE TABLE parts (tenant_id int NOT NULL, old_tenant_id int, PRIMARY KEY (tenant_id))")
    _rows(database, "SELECT tenancy.protect('parts'); CREATE POLICY old ON parts USING (old_tenant_id = 1)")
    found = {(finding.code, finding.object) for finding in lint(database)}
    assert {("reads all", "parts, policy old"), ("writes all", "parts, policy old")} <= found


def test_a_foreign_table_which_can_have_no_policies_is_named(database: str) -> None:
    _rows(database, "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
    _rows(database, "CREATE FOREIGN TABLE far (tenant_id int) SERVER files OPTIONS (filename '/dev/null')")
    assert ("not enabled", "far") in {(finding.code, finding.object) for finding in lint(database)}


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        ("CREATE POLICY all_rows ON codes USING (true)", True),
        ("CREATE POLICY own ON codes TO odd_tenant USING (tenant_id = current_user)", True),
        ("CREATE POLICY part ON codes_a1 FOR SELECT TO PUBLIC USING (true)", True),
        ("CREATE POLICY narrow ON codes AS RESTRICTIVE USING (code <> '')", False),
        ("CREATE POLICY support ON codes TO odd_support USING (true)", False),
    ],
)
def test_a_policy_that_was_there_before_and_shows_more_is_refused(
    database: str, policy: str, refused: bool
) -> None:
    _rows(database, "CREATE ROLE odd_support; CREATE ROLE odd_tenant LOGIN")
    _rows(database, "SELECT tenancy.add_login('odd_tenant', 'a')")
    _rows(database, policy)
    if not refused:
        _rows(database, "SELECT tenancy.protect('codes'); SELECT tenancy.protect('codes')")
        return
    with pytest.raises(psycopg.errors.RaiseException, match="permissive policies of its own"):
        _rows(database, "SELECT tenancy.protect('codes')")
    enabled = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relname ~ '^codes'"
    assert _rows(database, enabled) == [(0,)]


def test_a_table_that_only_refers_to_a_tenants_rows_is_named_once_somebody_may_read_it(database: str) -> None:
    _rows(database, "SELECT tenancy.protect('codes'); CREATE TABLE \"Li nes\" (a varchar(3), b text)")
    _rows(database, 'ALTER TABLE "Li nes" ADD FOREIGN KEY (a, b) REFERENCES codes (tenant_id, code)')
    assert lint(database) == []
    _rows(database, 'GRANT SELECT (b) ON "Li nes" TO PUBLIC')
    found = [(finding.code, finding.object) for finding in lint(database)]
    assert found == [("tenant's column missing", '"Li nes"')]


def test_names_in_a_database_without_an_encoding_are_text(server: str) -> None:
    raw = conninfo.make_conninfo(server, dbname="raw")
    _rows(server, "CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        told = conninfo.make_conninfo(raw, client_encoding="UTF8")
        _rows(told, "CREATE TABLE größe (tenant_id int NOT NULL)")
        assert {finding.object for finding in lint(raw) if finding.code == "not enabled"} == {'"größe"'}
    finally:
        _rows(server, "DROP DATABASE raw WITH (FORCE)")


def test_the_kit_protects_a_database_by_its_readme_with_psql(database: str) -> None:
    """Lines of the README, on pgbench's tables and a column of another name."""
    _rows(database, "CREATE TABLE invoices (tenant_id int NOT NULL, n int, PRIMARY KEY (tenant_id, n))")
    _rows(database, "INSERT INTO invoices VALUES (7, 1), (8, 1)")
    lines = [
        f"\\i {KIT / 'tenancy' / 'policies.sql'}",
        "SELECT tenancy.protect('public.invoices');",
        "CREATE ROLE odd_acme LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON invoices TO odd_acme;",
        "SELECT tenancy.add_login('odd_acme', '7');",
    ]
    for _ in range(2):
        command = ["psql", "-v", "ON_ERROR_STOP=1", "-qd", database]
        done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        lines[2] = ""
    assert _rows(database, "SELECT * FROM invoices", "odd_acme") == [(7, 1)]
    assert _rows(database, "UPDATE invoices SET n = 5 RETURNING tenant_id", "odd_acme") == [(7,)]
    _rows(database, "REVOKE tenancy_login FROM odd_acme; DELETE FROM tenancy.logins WHERE login = 'odd_acme'")
    assert _rows(database, "SELECT * FROM invoices", "odd_acme") == []
