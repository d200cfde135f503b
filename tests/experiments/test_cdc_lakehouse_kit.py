"""The kit as its user takes it: the files alone, on a Connect, a database and a catalog that know nothing of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import psycopg
import pytest
from confluent_kafka import Consumer

from lab import duck
from lab.evidence import sources
from lab.experiments.cdc_lakehouse import KIT
from lab.paths import tools
from lab.services import http, jvm, sparkjvm
from lab.services.commands import run
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.kafka import kafka, tool_command
from lab.services.ports import free_ports
from lab.services.postgres import postgres
from lab.services.process import Process, running

pytestmark = [
    pytest.mark.service,
    pytest.mark.timeout(300),
]

ROW = (
    "INSERT INTO bank.account (id, owner, balance, rate, changed_at, local_at, active, note) VALUES "
    "(%s, 'Zoë 😀', 12.30, 0.000000000000000001, '2024-02-29T23:59:59.999999Z', '2024-03-31 02:30:00.5', NULL, '')"
)
LAKE = """
CREATE SCHEMA lake.bank;
CREATE TABLE lake.bank.account (id BIGINT, owner VARCHAR, balance DECIMAL(20,2), rate DECIMAL(38,18), opened_on DATE,
    changed_at TIMESTAMPTZ, local_at TIMESTAMP, active BOOLEAN, note VARCHAR);
INSERT INTO lake.bank.account
SELECT n, 'Zoë 😀', 12.30, 0.000000000000000001, NULL, '2024-02-29T23:59:59.999999Z', '2024-03-31 02:30:00.5', NULL, ''
FROM range(1, 4) AS t(n)
"""


def filled(name: str, **values: object) -> str:
    """A file of the kit with its variables replaced, as `envsubst` does."""
    return Template((KIT / name).read_text()).substitute(values)


@pytest.fixture
def source() -> Iterator[str]:
    with postgres({"wal_level": "logical"}) as database:
        with psycopg.connect(database.dsn) as connection:
            connection.execute((KIT / "source.sql").read_text())
            for key in (1, 2, 3):
                connection.execute(ROW, (key,))
        yield database.dsn


def worker(settings: Path, port: int) -> Process:
    return Process(
        name="Kafka Connect",
        command=jvm.java(
            "kafka", "org.apache.kafka.connect.cli.ConnectDistributed", str(settings), heap_mb=256
        ),
        ready=lambda: http.call("GET", f"http://127.0.0.1:{port}/health"),
        log=settings.with_suffix(".log"),
        ports=[port],
        timeout_s=120,
    )


def told(bootstrap: str, topic: str, count: int) -> list[dict]:
    """The first `count` committed records of a topic."""
    settings = {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    consumer = Consumer(settings | {"isolation.level": "read_committed"})
    consumer.subscribe([topic])
    found: list[dict] = []
    deadline = time.monotonic() + 90
    while len(found) < count and time.monotonic() < deadline:
        for message in consumer.consume(10, 1.0):
            if message.error() is None and message.value():
                found.append(json.loads(message.value()))
    consumer.close()
    return found


def timeout_of(bootstrap: str, producer: str) -> int:
    """After how many ms the broker ends an open transaction of that producer."""
    asked = ("--bootstrap-server", bootstrap, "describe", "--transactional-id", producer)
    command = tool_command("org.apache.kafka.tools.TransactionsCommand", *asked)
    names, values = run(command, "TransactionsCommand").stdout.splitlines()
    return int(dict(zip(names.split(), values.split(), strict=False))["TransactionTimeoutMs"])


@contextmanager
def connected(source: str, folder: Path, tables: str = "bank.account", **more: str) -> Iterator[str]:
    """Kafka, and the kit's Connect worker and connector on it, prefix `kit`; the broker's address. more: of its settings."""
    (port,) = free_ports(1)
    with kafka(heap_mb=256) as broker:
        text = filled(
            "connect.properties",
            BOOTSTRAP=broker.bootstrap,
            PLUGINS=tools() / "debezium",
            REPLICATION=1,
            LISTENER=f"http://127.0.0.1:{port}",
        )
        settings = folder / "connect.properties"
        settings.write_text(text)
        with running(worker(settings, port)):
            with psycopg.connect(source) as connection:
                place = connection.info
                config = filled(
                    "connector.json",
                    SLOT="kit",
                    TABLES=tables,
                    PREFIX="kit",
                    PARTITIONS=2,
                    REPLICATION=1,
                    PGHOST=place.host,
                    PGPORT=place.port,
                    PGUSER=place.user,
                    PGPASSWORD=place.password,
                    PGDATABASE=place.dbname,
                )
            settings_of = json.loads(config) | {
                name.replace("__", "."): value for name, value in more.items()
            }
            http.call("PUT", f"http://127.0.0.1:{port}/connectors/kit/config", settings_of, 30)
            assert {one["op"] for one in told(broker.bootstrap, "kit.bank.account", 3)} == {"r"}
            yield broker.bootstrap


@pytest.mark.drill
def test_its_configurations_run_as_they_are(source: str, tmp_path: Path) -> None:
    with connected(source, tmp_path) as bootstrap:
        with psycopg.connect(source) as connection:
            connection.execute("TRUNCATE bank.account")
            connection.execute(ROW, (9,))
        # Counted, since the records of two partitions come in any order.
        ops = Counter(one["op"] for one in told(bootstrap, "kit.bank.account", 5))
        assert ops == {"r": 3, "t": 1, "c": 1}
        begin, end = told(bootstrap, "kit.transaction", 2)
        assert (begin["status"], end["status"], end["event_count"]) == ("BEGIN", "END", 2)
        assert timeout_of(bootstrap, "connect-kit-0") == 6000


def command(folder: Path, *given: str) -> dict[str, Any]:
    """`python -m sink` in a copy of the kit, as subprocess takes it."""
    if not (kit := folder / "kit").exists():
        shutil.copytree(KIT, kit)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | sparkjvm.environment()
    return {"args": [sys.executable, "-m", "sink", *given], "cwd": kit, "env": environment, "text": True}


def sink(folder: Path, *given: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(folder, *given), capture_output=True, timeout=timeout_s)


OTHER = """
CREATE TABLE bank.debezium_signal (id text PRIMARY KEY, type text, data text);
CREATE TABLE bank.order_lines (
    region text, "line.no" uuid, "e-mail" text, "o'clock" time(3), amount numeric, born date, at timestamp(3),
    tags text[], marks int[], doc jsonb, blob bytea, padded char(3000), made int GENERATED ALWAYS AS (7) STORED,
    PRIMARY KEY (region, "line.no")
);
ALTER TABLE bank.order_lines ALTER tags SET STORAGE EXTERNAL, ALTER marks SET STORAGE EXTERNAL, ALTER doc SET STORAGE EXTERNAL,
    ALTER blob SET STORAGE EXTERNAL, ALTER padded SET STORAGE EXTERNAL
"""
LINES = """
INSERT INTO bank.order_lines SELECT 'north', md5(x::text)::uuid, 'q@x' || x, '10:11:12.5', 1.500, '0044-03-15 BC',
    '2024-01-01 00:00:01.234', ARRAY(SELECT 'Zoë "' || md5(y::text) FROM generate_series(1, 200) y),
    ARRAY(SELECT y FROM generate_series(1, 2000) y), to_jsonb(ARRAY(SELECT md5(y::text) FROM generate_series(1, 200) y)),
    decode(repeat(md5(x::text), 200), 'hex'), 'ab'
FROM generate_series(%(first)s::int, %(last)s::int) x
"""
ACTIONS = """
WITH told AS (SELECT pg_logical_emit_message(true, 'app', 'in a transaction')) UPDATE bank.account SET owner = 'told' FROM told;
UPDATE bank.order_lines SET amount = 2.50, "e-mail" = NULL WHERE "e-mail" < 'q@x3';
UPDATE bank.order_lines SET region = 'south' WHERE "e-mail" = 'q@x4';
DELETE FROM bank.order_lines WHERE "e-mail" = 'q@x5';
UPDATE bank.account SET id = id + 10 WHERE id = 1
"""
SIGNAL = """INSERT INTO bank.debezium_signal VALUES ('more', 'execute-snapshot',
    '{"type": "incremental", "data-collections": ["bank.account", "bank.order_lines"]}')"""


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_two_tables_of_different_keys_are_followed_through_all_that_a_stream_may_hold(
    source: str, tmp_path: Path
) -> None:
    """Names, composite keys, logical messages, values not logged, incremental snapshots, TRUNCATE: equal after each."""
    home = home_with_extensions(tmp_path)
    jars = ",".join(map(str, sorted((tools() / "spark").glob("*.jar"))))
    with psycopg.connect(source, autocommit=True) as own:
        for sql in OTHER.split(";"):
            own.execute(sql)
        own.execute(LINES, {"first": 1, "last": 9})
        tables = "bank.account,bank.order_lines,bank.debezium_signal"
        more = {"signal__data__collection": "bank.debezium_signal", "incremental__snapshot__chunk__size": "4"}
        with iceberg_catalog() as catalog, connected(source, tmp_path, tables, **more) as bootstrap:
            own.execute("UPDATE bank.account SET owner = 'first' WHERE id = 2")
            told(bootstrap, "kit.transaction", 2)
            given = f"--bootstrap {bootstrap} --prefix kit --catalog {catalog.uri} --source {source} --interval 1".split()
            followed = ["--table", "bank.account", "--table", 'bank.order_lines=sales."lines.all"']
            run = command(tmp_path, *given, *followed, "--jars", jars)
            lines = [
                "--table",
                'sales."lines.all"',
                "--source-table",
                "bank.order_lines",
                "--without",
                "made",
            ]
            with subprocess.Popen(**run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as following:

                def equal() -> None:
                    for place in (["--table", "bank.account"], lines):
                        _until_equal(following, home, source, catalog.uri, *place)

                try:
                    equal()
                    own.execute(ACTIONS)
                    own.execute("SELECT pg_logical_emit_message(true, 'app', 'alone')")
                    equal()
                    own.execute(
                        "ALTER TABLE bank.account ADD COLUMN tier text DEFAULT 'basic', ADD COLUMN since date"
                    )
                    own.execute(
                        """ALTER TABLE bank.order_lines ADD COLUMN "first name" text DEFAULT 'none'"""
                    )
                    own.execute(SIGNAL)
                    for _ in range(5):
                        own.execute(
                            """UPDATE bank.order_lines SET amount = amount + 1 WHERE "e-mail" = 'q@x6'"""
                        )
                        time.sleep(0.2)
                    equal()
                    own.execute("""TRUNCATE bank.order_lines """)
                    own.execute(LINES, {"first": 8, "last": 12})
                    equal()
                    following.terminate()
                    assert following.wait(60) == 0
                finally:
                    following.kill()
                    print(following.stdout.read() if following.stdout else "")


def _until_equal(
    following: subprocess.Popen[str],
    home: Path,
    source: str,
    catalog: str,
    *place: str,
    patience_s: float = 240,
) -> None:
    deadline = time.monotonic() + patience_s
    while (found := check(home, source, catalog, *place)).returncode:
        assert following.poll() is None, "the sink has ended"
        assert time.monotonic() < deadline, found.stdout + found.stderr
        time.sleep(1)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"--interval": "0"}, "0: must be between 0.1 and 3600"),
        ({"--conf": "nonsense"}, "nonsense: must be NAME=VALUE"),
        ({"--table": "n.t=lake"}, "n.t=lake: must be schema.table or schema.table=namespace.table"),
        ({}, "sink: connection failed"),
    ],
)
def test_the_sink_says_what_is_wrong(given: dict[str, str], told: str, tmp_path: Path) -> None:
    right = {
        "--bootstrap": "k",
        "--prefix": "p",
        "--catalog": "http://c",
        "--table": "n.t",
        "--source": "host=127.0.0.1 port=1",
    }
    done = sink(tmp_path, *[part for pair in (right | given).items() for part in pair])
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr and "Traceback" not in done.stderr


UNUSABLE = """
CREATE TABLE bank.keyless (a int);
CREATE TABLE bank.identity (a int PRIMARY KEY, b int NOT NULL UNIQUE);
ALTER TABLE bank.identity REPLICA IDENTITY USING INDEX identity_b_key;
CREATE TABLE bank.untold (a int PRIMARY KEY, b float8[], c boolean[]);
"""


def test_what_can_not_be_followed_is_named_before_anything_is_changed(source: str, tmp_path: Path) -> None:
    with psycopg.connect(source) as connection:
        connection.execute(UNUSABLE)
    given = [
        "--bootstrap",
        "127.0.0.1:1",
        "--prefix",
        "none",
        "--catalog",
        "http://c",
        "--source",
        source,
        "--table",
    ]
    told = {
        "bank.keyless": "bank.keyless has no primary key",
        "bank.identity": "replica identity without its primary key",
        "bank.untold": "Debezium tells NULL for b double precision[], c boolean[] in bank.untold",
        "bank.nothing": "the source has no table bank.nothing",
        "bank.account": "Kafka at 127.0.0.1:1 does not answer",
    }
    for table, words in told.items():
        done = sink(tmp_path, *given, table)
        assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr, done.stderr
    with kafka(heap_mb=256) as broker:
        done = sink(tmp_path, *given[:1], broker.bootstrap, *given[2:], "bank.account")
    assert done.returncode == 2
    assert "has no topic none.bank.account: is the connector running, with this prefix" in done.stderr


def test_the_sink_has_a_help(tmp_path: Path) -> None:
    done = sink(tmp_path, "--help")
    assert done.returncode == 0
    assert "--until-caught-up" in done.stdout


def home_with_extensions(folder: Path) -> Path:
    """A home folder in which DuckDB finds what it would otherwise fetch."""
    (platform,) = duckdb.sql("PRAGMA platform").fetchone() or ("",)
    place = folder / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / platform
    place.mkdir(parents=True)
    for name in ("iceberg", "avro", "httpfs"):
        file = duck._file(name)
        (place / file.name).symlink_to(file)
    return folder


def check(home: Path, source: str, catalog: str, *more: str) -> subprocess.CompletedProcess[str]:
    """verify.py in an empty folder, by a Python that is not told where `lab` is."""
    command = [sys.executable, "-P", str(KIT / "verify.py"), "--source", source, "--catalog", catalog, *more]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60)


def test_verify_tells_equal_from_different_from_broken(source: str, tmp_path: Path) -> None:
    home = home_with_extensions(tmp_path)
    with iceberg_catalog() as catalog:
        with duck.connect("iceberg") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            duck.attach_iceberg(connection, "lake", catalog.uri)
            connection.execute(LAKE)
        equal = check(home, source, catalog.uri, "--table", "bank.account")
        assert equal.returncode == 0, equal.stderr
        assert "source 3 rows, lake 3; 100.0000% of the keys agree" in equal.stdout

        with psycopg.connect(source) as connection:
            connection.execute("CREATE TABLE public.bare AS TABLE bank.account")
        bare = check(home, source, catalog.uri, "--table", "bank.account", "--source-table", "bare")
        assert bare.returncode == 0, bare.stderr

        with psycopg.connect(source) as connection:
            connection.execute("UPDATE bank.account SET note = NULL WHERE id = 1")
            connection.execute("DELETE FROM bank.account WHERE id = 2")
            connection.execute(ROW, (7,))
        wrong = check(home, source, catalog.uri, "--table", "bank.account")
        assert wrong.returncode == 1
        assert "missing 1, extra 1, different 1" in wrong.stdout
        assert "'missing': ['7'], 'extra': ['2'], 'different': ['1']" in wrong.stdout

        broken = check(home, source, catalog.uri, "--table", "bank.nothing")
        assert broken.returncode == 2
        assert "verify: bank.nothing: can't compare a table that is not there" in broken.stderr


def test_the_kit_does_not_import_this_project() -> None:
    for file in KIT.rglob("*.py"):
        assert not [name for name in sources.imports(file) if name.partition(".")[0] == "lab"], file
