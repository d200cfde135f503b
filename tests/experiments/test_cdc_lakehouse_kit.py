"""The kit as its user takes it: the files alone, on a Connect, a database and a catalog that know nothing of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cdckit import ROW, bank, check, connected, home_with_extensions, sink, told
from lab import duck
from lab.evidence import sources
from lab.experiments.cdc_lakehouse import KIT
from lab.experiments.cdc_lakehouse.kit.sink.source import tables
from lab.services.commands import run
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.kafka import kafka, tool_command

pytestmark = [
    pytest.mark.service,
    pytest.mark.timeout(300),
]

LAKE = """
CREATE SCHEMA lake.bank;
CREATE TABLE lake.bank.account (id BIGINT, owner VARCHAR, balance DECIMAL(20,2), rate DECIMAL(38,18), opened_on DATE,
    changed_at TIMESTAMPTZ, local_at TIMESTAMP, active BOOLEAN, note VARCHAR);
INSERT INTO lake.bank.account
SELECT n, 'Zoë 😀', 12.30, 0.000000000000000001, NULL, '2024-02-29T23:59:59.999999Z', '2024-03-31 02:30:00.5', NULL, ''
FROM range(1, 4) AS t(n)
"""


def timeout_of(bootstrap: str, producer: str) -> int:
    """After how many ms the broker ends an open transaction of that producer."""
    asked = ("--bootstrap-server", bootstrap, "describe", "--transactional-id", producer)
    command = tool_command("org.apache.kafka.tools.TransactionsCommand", *asked)
    names, values = run(command, "TransactionsCommand").stdout.splitlines()
    return int(dict(zip(names.split(), values.split(), strict=False))["TransactionTimeoutMs"])


@pytest.fixture
def source() -> Iterator[str]:
    with bank() as dsn:
        yield dsn


@pytest.mark.drill
def test_its_configurations_run_as_they_are(source: str, tmp_path: Path) -> None:
    with connected(source, tmp_path) as kit:
        with psycopg.connect(source) as connection:
            connection.execute("TRUNCATE bank.account")
            connection.execute(ROW, (9,))
        # Counted, since the records of two partitions come in any order.
        ops = Counter(one["op"] for one in told(kit.bootstrap, "kit.bank.account", 5))
        assert ops == {"r": 3, "t": 1, "c": 1}
        begin, end = told(kit.bootstrap, "kit.transaction", 2)
        assert (begin["status"], end["status"], end["event_count"]) == ("BEGIN", "END", 2)
        assert timeout_of(kit.bootstrap, "connect-kit-0") == 6000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"--interval": "0"}, "0: must be between 0.1 and 3600"),
        ({"--conf": "nonsense"}, "nonsense: must be NAME=VALUE"),
        ({"--table": "n.t=lake"}, "n.t=lake: must be schema.table or schema.table=namespace.table"),
        ({}, "sink: connection failed"),
    ],
)
def test_the_sink_says_what_is_wrong(given: dict[str, str], words: str, tmp_path: Path) -> None:
    right = {
        "--bootstrap": "k",
        "--prefix": "p",
        "--catalog": "http://c",
        "--table": "n.t",
        "--source": "host=127.0.0.1 port=1",
    }
    done = sink(tmp_path, *[part for pair in (right | given).items() for part in pair])
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr and "Traceback" not in done.stderr


UNUSABLE = """
CREATE TABLE bank.keyless (a int);
CREATE TABLE bank.identity (a int PRIMARY KEY, b int NOT NULL UNIQUE);
ALTER TABLE bank.identity REPLICA IDENTITY USING INDEX identity_b_key;
CREATE TABLE bank.parted (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE bank.part PARTITION OF bank.parted FOR VALUES FROM (1) TO (9);
CREATE TABLE bank.untold (a int PRIMARY KEY, b float8[], c boolean[]);
CREATE TYPE bank.pair AS (x int, y text);
CREATE TABLE bank.never (a int PRIMARY KEY, b bank.pair, c jsonpath, d bit varying(9), e text);
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
    refused = {
        "bank.keyless": "bank.keyless has no primary key",
        "bank.identity": "replica identity without its primary key",
        "bank.part": "bank.part is a partition, whose changes are told as those of the whole table",
        "bank.untold": "Debezium tells NULL for b double precision[], c boolean[] in bank.untold",
        "bank.never": "of b bank.pair, c jsonpath, d bit varying(9) in bank.never Debezium tells nothing",
        "bank.nothing": "the source has no table bank.nothing",
        "bank.account": "Kafka at 127.0.0.1:1 does not answer",
    }
    for table, words in refused.items():
        done = sink(tmp_path, *given, table)
        assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr, done.stderr
    with kafka(heap_mb=256) as broker:
        done = sink(tmp_path, *given[:1], broker.bootstrap, *given[2:], "bank.account")
    assert done.returncode == 2
    assert "has no topic none.bank.account: is the connector running, with this prefix" in done.stderr


def test_a_column_may_be_left_out_but_not_of_the_key(source: str) -> None:
    with psycopg.connect(source) as connection:
        connection.execute(UNUSABLE)  # type: ignore[arg-type]
    (table,) = tables(source, ["bank.never"], [f"bank.never.{name}" for name in "abcd"])
    assert set(table.columns) == {"a", "e"} and table.without == {"b", "c", "d"}


def test_the_sink_has_a_help(tmp_path: Path) -> None:
    done = sink(tmp_path, "--help")
    assert done.returncode == 0
    assert "--until-caught-up" in done.stdout


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
        bare = check(
            home, source, catalog.uri, "--table", "bank.account", "--source-table", "bare", "--key", "id"
        )
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
