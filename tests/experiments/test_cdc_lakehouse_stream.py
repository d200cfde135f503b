"""The kit's sink beside a real Debezium: two tables of different keys, through all that a stream may hold."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cdckit import bank, check, command, connected, home_with_extensions, told
from lab.paths import tools
from lab.services.icebergcatalog import iceberg_catalog

pytest.importorskip("pyspark", reason="Spark is not installed; lab setup cdc_lakehouse")
pytestmark = [pytest.mark.service, pytest.mark.drill, pytest.mark.timeout(900)]

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
INSERT INTO bank.order_lines SELECT 'north', md5(x::text)::uuid, 'q@x' || x, '10:11:12.5', 1.500, '0044-03-15',
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
SNAPSHOT = '{"type": "incremental", "data-collections": ["bank.account", "bank.order_lines"]}'
SIGNAL = f"INSERT INTO bank.debezium_signal VALUES ('more', 'execute-snapshot', '{SNAPSHOT}')"
TABLES = "bank.account,bank.order_lines,bank.debezium_signal"
SETTINGS = {
    "signal__data__collection": "bank.debezium_signal",
    "incremental__snapshot__chunk__size": "4",
    # Without this Debezium passes over a table with a generated column, with no more than a warning.
    "column__exclude__list": "bank.order_lines.made",
}
LAKES = (
    ["--table", "bank.account"],
    ["--table", 'sales."lines.all"', "--source-table", "bank.order_lines", "--without", "made"],
)


@dataclass(frozen=True)
class Following:
    """The sink at work. source, catalog: what `verify.py` is told of. log: where the sink writes."""

    sink: subprocess.Popen[str]
    home: Path
    source: str
    catalog: str
    log: Path

    def until_equal(self, patience_s: float = 120) -> None:
        """Wait until `verify.py` calls every table equal."""
        deadline = time.monotonic() + patience_s
        for place in LAKES:
            while (found := check(self.home, self.source, self.catalog, *place)).returncode:
                assert self.sink.poll() is None, f"the sink has ended: {self.log.read_text()}"
                assert time.monotonic() < deadline, found.stdout + found.stderr + self.log.read_text()
                time.sleep(1)

    def stop(self) -> None:
        """As a user does: it ends after the batch at work, with 0."""
        self.sink.terminate()
        assert self.sink.wait(60) == 0, self.log.read_text()


@contextmanager
def following(folder: Path, source: str, catalog: str, bootstrap: str) -> Iterator[Following]:
    """`python -m sink` in a copy of the kit, with both tables."""
    jars = ",".join(map(str, sorted((tools() / "spark").glob("*.jar"))))
    given = f"--bootstrap {bootstrap} --prefix kit --catalog {catalog} --source {source} --interval 1 --jars {jars}"
    followed = ["--table", "bank.account", "--table", 'bank.order_lines=sales."lines.all"']
    log = folder / "sink.log"
    with log.open("w") as out:
        started = command(folder, *given.split(), *followed)
        with subprocess.Popen(**started, stdout=out, stderr=subprocess.STDOUT) as sink:
            try:
                yield Following(sink, home_with_extensions(folder), source, catalog, log)
            finally:
                sink.kill()


def test_two_tables_of_different_keys_are_followed_through_all_that_a_stream_may_hold(tmp_path: Path) -> None:
    """Names, composite keys, logical messages, values not logged, incremental snapshots, TRUNCATE: equal after each."""
    with bank() as source, psycopg.connect(source, autocommit=True) as own:
        for sql in OTHER.split(";"):
            own.execute(sql)  # type: ignore[arg-type]
        own.execute(LINES, {"first": 1, "last": 9})
        with iceberg_catalog() as catalog, connected(source, tmp_path, TABLES, **SETTINGS) as kit:
            own.execute("UPDATE bank.account SET owner = 'first' WHERE id = 2")
            told(kit.bootstrap, "kit.transaction", 2)
            with following(tmp_path, source, catalog.uri, kit.bootstrap) as sink:
                sink.until_equal()
                own.execute(ACTIONS)
                own.execute("SELECT pg_logical_emit_message(true, 'app', 'alone')")
                sink.until_equal()
                own.execute(
                    "ALTER TABLE bank.account ADD COLUMN tier text DEFAULT 'basic', ADD COLUMN since date"
                )
                own.execute("""ALTER TABLE bank.order_lines ADD COLUMN "first name" text DEFAULT 'none'""")
                own.execute(SIGNAL)
                _busy(own)
                sink.until_equal()
                own.execute("TRUNCATE bank.order_lines")
                own.execute(LINES, {"first": 8, "last": 12})
                sink.until_equal()
                signals = tmp_path / "signals.jsonl"
                kit.set(read__only="true", signal__enabled__channels="file", signal__file=str(signals))
                own.execute("ALTER TABLE bank.account ADD COLUMN branch int DEFAULT 7")
                signals.write_text(
                    json.dumps({"id": "again", "type": "execute-snapshot", "data": json.loads(SNAPSHOT)})
                )
                _busy(own)
                sink.until_equal()
                sink.stop()
            assert _reads(kit.bootstrap, "kit.bank.account") == 2 * 3
            assert _reads(kit.bootstrap, "kit.bank.order_lines") == 8 + 5


def _busy(own: Any) -> None:
    """Changes beside an incremental snapshot: each of its windows is closed by a transaction."""
    for _ in range(10):
        own.execute("""UPDATE bank.order_lines SET amount = amount + 1 WHERE "e-mail" = 'q@x8'""")
        time.sleep(0.3)


def _reads(bootstrap: str, topic: str) -> int:
    """Rows of incremental snapshots in a topic."""
    return sum(
        one["source"]["snapshot"] == "incremental" for one in told(bootstrap, topic, 10_000, silent_s=3)
    )
