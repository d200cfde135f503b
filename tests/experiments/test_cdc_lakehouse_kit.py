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
def connected(source: str, folder: Path) -> Iterator[str]:
    """Kafka, and the kit's Connect worker and connector on it, prefix `kit`; the broker's address."""
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
                    PREFIX="kit",
                    PARTITIONS=2,
                    REPLICATION=1,
                    PGHOST=place.host,
                    PGPORT=place.port,
                    PGUSER=place.user,
                    PGPASSWORD=place.password,
                    PGDATABASE=place.dbname,
                )
            http.call("PUT", f"http://127.0.0.1:{port}/connectors/kit/config", json.loads(config), 30)
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


def sink(folder: Path, *given: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """`python -m sink` in a copy of the kit."""
    if not (kit := folder / "kit").exists():
        shutil.copytree(KIT, kit)
    return subprocess.run(
        [sys.executable, "-m", "sink", *given],
        cwd=kit,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)} | sparkjvm.environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


CHANGES = """
ALTER TABLE bank.account ADD COLUMN tier text;
UPDATE bank.account SET id = 11, tier = 'gold' WHERE id = 1;
DELETE FROM bank.account WHERE id = 2;
UPDATE bank.account SET owner = 'another' WHERE id = 3;
"""


@pytest.mark.drill
def test_the_whole_kit_makes_a_lake_that_equals_the_source(source: str, tmp_path: Path) -> None:
    home = home_with_extensions(tmp_path)
    jars = ",".join(map(str, sorted((tools() / "spark").glob("*.jar"))))
    with iceberg_catalog() as catalog, connected(source, tmp_path) as bootstrap:
        given = ["--bootstrap", bootstrap, "--prefix", "kit", "--catalog", catalog.uri]
        given += ["--table", "lake.account", "--until-caught-up", "--jars", jars]
        with psycopg.connect(source) as connection:
            connection.execute("UPDATE bank.account SET note = repeat('a long note ', 1000) WHERE id < 3")
        told(bootstrap, "kit.transaction", 2)
        place = ["--table", "lake.account", "--source-table", "bank.account"]
        for changes in ("SELECT 1", CHANGES):
            with psycopg.connect(source) as connection:
                connection.execute(changes)
            told(bootstrap, "kit.transaction", 2 if changes == "SELECT 1" else 4)
            done = sink(tmp_path, *given)
            assert done.returncode == 0, done.stderr
            equal = check(home, source, catalog.uri, *place)
            assert equal.returncode == 0, equal.stdout + equal.stderr
        assert "4 changes of 1 transactions, 4 rows" in done.stdout


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"--interval": "0"}, "0: must be between 0.1 and 3600"),
        ({"--conf": "nonsense"}, "nonsense: must be NAME=VALUE"),
        ({"--bootstrap": "127.0.0.1:1"}, "sink: Kafka at 127.0.0.1:1 does not answer"),
    ],
)
def test_the_sink_says_what_is_wrong(given: dict[str, str], told: str, tmp_path: Path) -> None:
    right = {"--bootstrap": "k", "--prefix": "p", "--catalog": "http://c", "--table": "n.t"}
    done = sink(tmp_path, *[part for pair in (right | given).items() for part in pair])
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_topic_that_is_not_there_is_named(tmp_path: Path) -> None:
    with kafka(heap_mb=256) as broker:
        given = [
            "--bootstrap",
            broker.bootstrap,
            "--prefix",
            "none",
            "--catalog",
            "http://c",
            "--table",
            "n.t",
        ]
        done = sink(tmp_path, *given)
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
