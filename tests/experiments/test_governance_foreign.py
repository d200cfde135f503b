"""The kit on databases that are not this project's: pgbench's, odd names, row-level security, a server without a log.

Kinds of faults that others have reported, each with an input of our own. Sources, read in November 2026: psycopg2 825 and
peewee 1671 (a percent sign in a name); agent-skills of Supabase 473 (default privileges of named roles); pg_partman 562 and
pg_pathman 51 (partitions with an owner of their own), pg_partman 831 (MAINTAIN); terraform-provider-postgresql 667
(memberships that several roles granted); psycopg 221 and 1251, sqlit 271 (BC, infinity, also in arrays); psycopg 276 and 561,
pgcli 1628 (bytes from SQL_ASCII); amfs 387 (rights of a partition). Of identifiers: see test_governance_classify.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from lab.experiments.governance import KIT, CatalogueError, Finding, OnboardingError, audit, onboard, read
from lab.experiments.governance.kit.governance.state import lacking
from lab.experiments.governance.mechanism import AuditError, parse
from lab.experiments.governance.workload.company import later
from lab.services.postgres import postgres

pytestmark = pytest.mark.service
pytest.importorskip("stdnum")
EMPTY = parse({"people": {}}, [])
PGBENCH = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """As PostgreSQL comes: no pgaudit, no log in JSON, default grants."""
    with postgres() as running:
        yield running.dsn


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = "a b\"'é"
    quoted = '"' + name.replace('"', '""') + '"'
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {quoted}")  # type: ignore[arg-type]
        yield make_conninfo(server, dbname=name)
        connection.execute(f"DROP DATABASE {quoted} WITH (FORCE)")  # type: ignore[arg-type]


def do(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


def told(found: list[Finding], check: str) -> dict[str, str]:
    return {one.subject: one.detail for one in found if one.check == check}


def test_an_empty_database_is_told_its_default_grants_and_what_was_not_checked(database: str) -> None:
    found = audit(database, EMPTY)
    public = told(found, "public_access")
    assert any(subject.startswith("database a b\"'é") for subject in public) and "schema public" in public
    for check in ("superuser_use", "shared_login"):
        assert any(
            "not checked" in subject and "pgaudit" in detail for subject, detail in told(found, check).items()
        )


def test_pgbenchs_tables_are_undeclared_and_can_be_onboarded(database: str, tmp_path: Path) -> None:
    subprocess.run([PGBENCH[-1], "-i", "-q", "-s", "1", database], check=True, capture_output=True)
    found = audit(database, EMPTY)
    tables = {f"public.pgbench_{name}" for name in ("accounts", "branches", "history", "tellers")}
    assert set(told(found, "undeclared_column")) == tables == set(told(found, "orphaned_owner"))
    assert told(found, "unclassified_personal_data") == {}
    folder = catalogue(tmp_path)
    columns = {name: {"label": "none", "class": "internal"} for name in ("tid", "bid", "tbalance", "filler")}
    onboard(database, item("public.pgbench_tellers", columns), folder)
    assert set(told(audit(database, folder), "undeclared_column")) == tables - {"public.pgbench_tellers"}


def catalogue(folder: Path) -> Path:
    access = {
        "people": {"maria": {"name": "M", "trained": "2026-01-01"}},
        "services": {"lab": {"owner": "maria"}},
    }
    (folder / "access.yml").write_text(yaml.safe_dump(access))
    return folder


def item(name: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "dataset": name,
        "description": "A table of somebody else.",
        "owner": "maria",
        "class": "confidential",
        "purpose": "testing",
        "lawful_basis": "contract",
        "retention": {"keep": "it is made up, nobody is in it"},
        "columns": columns,
        "quality": ["there are rows"],
        "access": [],
        **more,
    }


ODD = ['Weird "Name', "select", "ünïcode", "a%s{}"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_onboarded_and_audited(database: str, tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    do(
        database,
        f"CREATE TABLE {quoted} ({quoted} text, at timestamptz)",
        f"INSERT INTO {quoted} VALUES ('ada@example.org', now())",
    )
    folder = catalogue(tmp_path)
    columns = {name: {"label": "none", "class": "internal"}, "at": {"label": "none", "class": "internal"}}
    with pytest.raises(OnboardingError, match="looks like email"):
        onboard(database, item(f"public.{name}", columns), folder)
    assert not (folder / "datasets").exists()
    columns[name] = {"label": "email", "class": "confidential"}
    done = onboard(database, item(f"public.{name}", columns, retention={"days": 1, "column": "at"}), folder)
    assert done.path.is_file() and done.path.parent == folder / "datasets"
    found = audit(database, folder)
    assert not [one for one in found if one.check not in ("public_access", "superuser_use", "shared_login")]


def test_a_name_with_a_path_in_it_stays_in_the_folder(database: str, tmp_path: Path) -> None:
    do(database, 'CREATE TABLE "/x" (a int)')
    done = onboard(
        database, item("public./x", {"a": {"label": "none", "class": "internal"}}), catalogue(tmp_path)
    )
    assert done.path.resolve().parent == (tmp_path / "datasets").resolve()


def test_views_partitions_and_tables_of_every_sort_are_looked_at(database: str) -> None:
    do(
        database,
        "CREATE TABLE p (id int, mail text) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p DEFAULT",
        "INSERT INTO p VALUES (1, 'ada@example.org')",
        "CREATE VIEW v AS SELECT mail AS m FROM p",
        "CREATE MATERIALIZED VIEW mv AS SELECT * FROM p",
        "CREATE TABLE empty ()",
        "CREATE TABLE types (a int[], b jsonb, c bytea, d inet, e interval, f point, g int4range, h xml, i uuid, j money)",
        "INSERT INTO types (a, b, d, e, g) VALUES ('{1}', 'null', '10.0.0.1', '1 day', 'empty')",
        "CREATE TABLE times (at date)",
        "INSERT INTO times VALUES ('infinity'), ('-infinity')",
    )
    found = audit(database, EMPTY)
    personal = told(found, "unclassified_personal_data")
    assert {"public.p.mail", "public.v.m", "public.mv.mail"} <= set(personal)
    assert {"public.p", "public.v", "public.mv", "public.empty"} <= set(told(found, "undeclared_column"))
    assert "public.p1" not in told(found, "undeclared_column")


def test_what_is_made_later_and_parts_of_a_table_have_rights_and_owners_of_their_own(database: str) -> None:
    do(
        database,
        "CREATE ROLE other",
        "CREATE TABLE p (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p DEFAULT",
        "ALTER TABLE p1 OWNER TO other",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO other",
        "GRANT SELECT (id) ON p1 TO other",
    )
    try:
        found = audit(database, parse({"people": {}, "services": {"lab": {"owner": "m"}}}, []))
        assert "owned in the database by other" in told(found, "orphaned_owner")["public.p"]
        assert "other on default privileges of lab on tables" in told(found, "expired_access")
    finally:
        do(database, "DROP OWNED BY other CASCADE", "DROP ROLE other")


def test_rows_that_the_auditor_may_not_see_are_not_checked_rather_than_clean(
    database: str, server: str
) -> None:
    do(
        database,
        "CREATE TABLE t (mail text)",
        "INSERT INTO t VALUES ('ada@example.org')",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE ROLE looker LOGIN",
        "GRANT SELECT ON t TO looker",
        "CREATE TABLE secret (a int)",
    )
    try:
        found = told(audit(make_conninfo(database, user="looker"), EMPTY), "unclassified_personal_data")
        assert "row-level security" in found["not checked: public.t"]
        assert "permission denied" in found["not checked: public.secret"]
    finally:
        do(database, "DROP OWNED BY looker", "DROP ROLE looker")


def test_a_table_that_somebody_else_locks_is_waited_for_no_longer_than_the_server_says(database: str) -> None:
    do(database, "CREATE TABLE t (a text)")
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE t")
        found = audit(
            make_conninfo(database, options="-c lock_timeout=200"),
            EMPTY,
            checks=["unclassified_personal_data"],
        )
        assert "lock timeout" in told(found, "unclassified_personal_data")["not checked: public.t"]


def test_only_what_is_older_than_the_rule_counts_and_null_and_infinity_do_not(database: str) -> None:
    do(
        database,
        "CREATE TABLE t (at timestamptz)",
        "INSERT INTO t VALUES (NULL), ('infinity'), (now()), (now() - interval '9 days'), (now() - interval '11 days')",
    )
    made = parse(
        {"people": {}},
        [
            item(
                "public.t",
                {"at": {"label": "none", "class": "internal"}},
                retention={"days": 10, "column": "at"},
            )
        ],
    )
    assert told(audit(database, made), "missing_retention") == {"public.t": "1 rows are older than 10 days"}


def test_a_retention_that_is_no_time_is_not_checked(database: str) -> None:
    do(database, "CREATE TABLE t (at text)", "INSERT INTO t VALUES ('x')")
    made = parse(
        {"people": {}},
        [
            item(
                "public.t",
                {"at": {"label": "none", "class": "internal"}},
                retention={"days": 10, "column": "at"},
            )
        ],
    )
    assert list(told(audit(database, made), "missing_retention")) == ["not checked: public.t"]


def test_a_refused_onboarding_leaves_grants_as_they_were(database: str, tmp_path: Path) -> None:
    do(database, "CREATE TABLE t (a int)", "GRANT SELECT ON t TO PUBLIC")
    grant = {
        "role": "nobody",
        "privileges": ["SELECT"],
        "reason": "because",
        "approved_by": "maria",
        "until": later(),
    }
    with pytest.raises(OnboardingError, match="there is no role nobody"):
        onboard(
            database,
            item("public.t", {"a": {"label": "none", "class": "internal"}}, access=[grant]),
            catalogue(tmp_path),
        )
    assert "table public.t" in told(audit(database, EMPTY), "public_access")


def test_an_onboarding_that_can_not_be_filed_changes_nothing(database: str, tmp_path: Path) -> None:
    do(database, "CREATE TABLE t (a int)", "GRANT SELECT ON t TO PUBLIC")
    folder = catalogue(tmp_path)
    (folder / "datasets").write_text("a file where a folder should be")
    with pytest.raises(OSError):
        onboard(database, item("public.t", {"a": {"label": "none", "class": "internal"}}), folder)
    assert "table public.t" in told(audit(database, EMPTY), "public_access")


def test_rights_on_a_partition_go_or_the_onboarding_is_refused(database: str, tmp_path: Path) -> None:
    do(
        database,
        "CREATE TABLE t (a int) PARTITION BY LIST (a)",
        'CREATE TABLE "T 1" PARTITION OF t FOR VALUES IN (1) PARTITION BY LIST (a)',
        'CREATE TABLE t_2 PARTITION OF "T 1" DEFAULT',
        'GRANT SELECT ON "T 1" TO pg_monitor',
        "GRANT UPDATE (a) ON t_2 TO PUBLIC",
    )
    columns = {"a": {"label": "none", "class": "internal"}}
    found = told(audit(database, catalogue(tmp_path)), "expired_access")
    assert found.keys() == {"pg_monitor on public.T 1"}
    onboard(database, item("public.t", columns), tmp_path)
    after = audit(database, tmp_path)
    assert [one for one in after if "public.t" in one.subject or "T 1" in one.subject] == []


def test_functions_to_come_are_closed_by_default_privileges_without_a_schema(database: str) -> None:
    def open_ones(name: str) -> list[str]:
        do(database, f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        return [one for one in told(audit(database, EMPTY), "public_access") if one.startswith("function")]

    assert open_ones("f") == ["function public.f()"]
    do(database, "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    # In one schema a default that holds in all can't be taken back, and PostgreSQL does not say so.
    do(database, "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    assert open_ones("g") == ["function public.g()"]
    do(database, "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    do(database, "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    assert open_ones("h") == []


TIMES = [
    ("date", "'infinity'"),
    ("timestamptz", "'-infinity'"),
    ("timestamp", "'0044-03-15 BC'"),
    ("date", "'12000-01-01'"),
    ("timetz", "'24:00+00'"),
    ("date[]", "'{2026-01-01, infinity}'"),
    ("tstzrange", "'[0044-03-15 BC, infinity]'"),
    ("interval", "'400000 years'"),
]


@pytest.mark.parametrize(("kind", "value"), TIMES)
def test_times_that_python_has_not_hide_no_column(database: str, kind: str, value: str) -> None:
    do(
        database,
        f"CREATE TABLE t (at {kind}, who text)",
        f"INSERT INTO t SELECT {value}, 'ada' || n || '@example.org' FROM generate_series(1, 9) n",
    )
    found = told(audit(database, EMPTY), "unclassified_personal_data")
    assert found.keys() == {"public.t.who"}


def test_a_database_without_an_encoding_is_read_as_utf8_or_told(server: str, tmp_path: Path) -> None:
    name = "raw_bytes"
    do(server, f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    raw = make_conninfo(server, dbname=name)
    try:
        do(
            make_conninfo(raw, client_encoding="UTF8"),
            "CREATE TABLE people (who text)",
            "INSERT INTO people SELECT 'zoë' || n || '@example.org' FROM generate_series(1, 9) n",
            "CREATE TABLE old (who bytea, latin text)",
            "SET client_encoding = 'SQL_ASCII'; INSERT INTO old VALUES (NULL, E'caf\\351')",
        )
        found = audit(raw, EMPTY)
        assert "public.people.who" in told(found, "unclassified_personal_data")
        assert "not checked: public.old" in told(found, "unclassified_personal_data")
        with pytest.raises(OnboardingError, match="looks like email"):
            columns = {"who": {"label": "none", "class": "internal"}}
            onboard(raw, item("public.people", columns), catalogue(tmp_path))
    finally:
        do(server, f"DROP DATABASE {name} WITH (FORCE)")


GOOD = {
    "log_destination": "stderr,jsonlog",
    "logging_collector": "on",
    "log_connections": "on",
    "shared_preload_libraries": 'pg_stat_statements, "pgaudit"',
    "pgaudit.log": "read, write, ddl",
}


@pytest.mark.parametrize(
    ("settings", "due"),
    [
        ({}, []),
        ({"log_connections": "all"}, []),
        ({"log_connections": "receipt, authorization"}, []),
        ({"log_connections": "setup_durations"}, ["log_connections lacks on"]),
        ({"pgaudit.log": "none"}, ["pgaudit.log lacks read"]),
        ({"pgaudit.log": "", "shared_preload_libraries": ""}, 2),
        ({"shared_preload_libraries": "not_pgaudit"}, ["shared_preload_libraries lacks pgaudit"]),
        ({"log_destination": "csvlog"}, ["log_destination lacks jsonlog"]),
    ],
)
def test_a_log_that_does_not_tell_is_no_clean_log(settings: dict[str, str], due: list[str] | int) -> None:
    found = lacking(GOOD | settings)
    assert len(found) == due if isinstance(due, int) else found == due


def test_a_wrong_call_is_refused_in_words(database: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no check 'all'"):
        audit(database, EMPTY, checks=["all"])
    with pytest.raises(ValueError, match="need a zone"):
        audit(database, EMPTY, at=datetime(2026, 1, 1))
    with pytest.raises(AuditError, match="can't be audited"):
        audit("host=127.0.0.1 port=1 dbname=x", EMPTY, at=datetime.now(UTC))
    with pytest.raises(CatalogueError, match=r"no access\.yml"):
        audit(database, tmp_path)


def test_the_kit_works_from_an_empty_folder_by_its_readme(database: str, tmp_path: Path) -> None:
    shutil.copytree(KIT, tmp_path / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "governance", *arguments]
        return subprocess.run(program, cwd=tmp_path / "kit", env=environment, capture_output=True, text=True)

    (tmp_path / "kit" / "catalogue" / "datasets").mkdir(parents=True)
    catalogue(tmp_path / "kit" / "catalogue")
    do(
        database,
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.customers (customer_id int, email text, created_at date)",
        "CREATE ROLE analysts",
    )
    try:
        template = (tmp_path / "kit" / "templates" / "dataset.yml").read_text()
        # Filled in: an access that is still to end.
        (tmp_path / "kit" / "new.yml").write_text(re.sub(r"until: [\d-]+", f"until: {later()}", template))
        assert command("coverage").returncode == 0
        assert command("check", "new.yml").stdout == "complete\n"
        done = command("onboard", database, "catalogue", "new.yml")
        assert (done.returncode, done.stderr) == (0, "")
        audited = command("audit", database, "catalogue")
        assert (
            audited.returncode == 1
            and "public_access" in audited.stdout
            and "shop.customers" not in audited.stdout
        )
        assert "Does every dataset have an owner" in command("checklist", database, "catalogue").stdout
        assert command("classify", database, "shop.customers").stdout.splitlines()[1] == "email: email (name)"
        again = command("onboard", database, "catalogue", "new.yml")
        assert again.returncode == 1 and "in the catalogue already" in again.stderr
        assert command("audit", "port=1 host=127.0.0.1", "catalogue").returncode == 2
        assert read(tmp_path / "kit" / "catalogue").datasets["shop.customers"].owner == "maria"
    finally:
        do(database, "DROP OWNED BY analysts", "DROP ROLE analysts")
