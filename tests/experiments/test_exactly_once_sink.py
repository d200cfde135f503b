"""The sink and the link that loses an answer, on a real PostgreSQL: what a reader takes home meets data of others."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lab.experiments.exactly_once import KIT, to_postgres, write_batch
from lab.experiments.exactly_once.kit.sink import prepare
from lab.experiments.exactly_once.measure.bench import through
from lab.experiments.exactly_once.measure.outputs import transaction
from lab.experiments.exactly_once.workload.cut import Cut, cut
from lab.services.postgres import postgres

pytestmark = pytest.mark.service
COLUMNS = ("id", "Größe in m²", 'say "when"')


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    with postgres() as database:
        yield database.dsn


@pytest.fixture
def fresh(dsn: str) -> str:
    """The database with the kit's table, and a schema with one of odd names."""
    prepare(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("TRUNCATE streamed_batch")
        connection.execute('DROP SCHEMA IF EXISTS "My Shop" CASCADE')
        connection.execute('CREATE SCHEMA "My Shop"')
        connection.execute(
            'CREATE TABLE "My Shop"."order" (id numeric, "Größe in m²" float8, "say ""when""" text, note text DEFAULT \'-\')'
        )
    return dsn


def write(
    dsn: str, batch: int, rows: list[Any], query: str = "q", columns: tuple[str, ...] = COLUMNS
) -> bool:
    with psycopg.connect(dsn) as connection:
        return write_batch(connection, query, batch, "My Shop.order", columns, rows)


def ids(dsn: str) -> list[int]:
    with psycopg.connect(dsn) as connection:
        return [int(row[0]) for row in connection.execute('SELECT id FROM "My Shop"."order" ORDER BY id')]


def test_a_batch_is_written_once_however_often_it_comes(fresh: str) -> None:
    assert write(fresh, 0, [(1, 0.5, "a")])
    assert not write(fresh, 0, [(1, 0.5, "a")])
    assert not write(fresh, 0, [])
    assert ids(fresh) == [1]


def test_a_new_checkpoint_counts_anew_and_nothing_of_it_is_skipped(fresh: str) -> None:
    assert write(fresh, 0, [(1, 0.5, "a")], query="old") and write(fresh, 0, [(2, 0.5, "a")], query="new")
    assert ids(fresh) == [1, 2]


def test_an_empty_batch_is_marked_too(fresh: str) -> None:
    assert write(fresh, 7, [])
    assert not write(fresh, 7, [(1, 0.5, "a")])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("null", None),
        ("empty text", ""),
        ("text that looks like a null", "\\N"),
        ("tabs, line ends and backslashes", "a\tb\nc\\d\r"),
        ("quotes", "'; DROP TABLE x; --\""),
        ("other scripts", "Zoë 😀 日本"),
        ("the end of a COPY", "\\."),
    ],
)
def test_text_arrives_as_it_was(fresh: str, kind: str, value: str | None) -> None:
    write(fresh, 0, [(1, 0.5, value)])
    with psycopg.connect(fresh) as connection:
        assert connection.execute('SELECT "say ""when""" FROM "My Shop"."order"').fetchone() == (value,), kind


@pytest.mark.parametrize("number", [Decimal("1e-30"), 2**80, -1, Decimal("NaN"), Decimal("Infinity")])
def test_numbers_arrive_as_they_were(fresh: str, number: Any) -> None:
    write(fresh, 0, [(number, float("inf"), "a")])
    with psycopg.connect(fresh) as connection:
        found = connection.execute('SELECT id, "Größe in m²" FROM "My Shop"."order"').fetchone()
    assert found is not None and found[1] == float("inf")
    assert found[0] == number or (found[0].is_nan() and Decimal(number).is_nan())


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([(1, 0.5, "a"), ("x", 0.5, "b")], COLUMNS),  # of another type
        ([(1, 0.5, "a"), (2, 0.5, "nul \x00")], COLUMNS),
        ([(1, 0.5, "a"), (2,)], COLUMNS),  # short
        ([(1, 0.5, "a")], ("id", "size", "note")),  # no such column
        ([(1, 2, "a")], ("id", "id", "note")),  # one name twice
        ([(dt.date(2024, 1, 1), 0.5, "a")], COLUMNS),
        ([(1, 0.5, object())], COLUMNS),
    ],
)
def test_what_can_not_be_written_leaves_neither_rows_nor_a_mark(fresh: str, rows: list, columns: Any) -> None:
    with pytest.raises(psycopg.Error):
        write(fresh, 0, rows, columns=columns)
    assert ids(fresh) == []
    assert write(fresh, 0, [(3, 0.5, "a")])  # the same batch again, mended


def test_a_batch_without_a_query_is_refused(fresh: str) -> None:
    with pytest.raises(ValueError, match="query"):
        write(fresh, 0, [(1, 0.5, "a")], query="")


class Frame:
    """What Spark hands to foreachBatch, as far as the sink asks it."""

    def __init__(self, rows: list[Any], query: str | None, **columns: str) -> None:
        kinds = columns or {"id": "integer", "note": "string"}
        self._rows, self.columns = rows, tuple(kinds)
        self.schema = [
            SimpleNamespace(dataType=SimpleNamespace(typeName=kind.__str__)) for kind in kinds.values()
        ]
        context = SimpleNamespace(getLocalProperty={"sql.streaming.queryId": query}.get)
        self.sparkSession = SimpleNamespace(sparkContext=context)

    def collect(self) -> list[Any]:
        return self._rows


def test_a_function_for_foreach_batch_writes_each_batch_once(fresh: str) -> None:
    write_one = to_postgres(fresh, "My Shop.order")
    for query, batch, row in [
        ("a", 0, (1, "x")),
        ("a", 0, (1, "x")),
        ("a", 1, (2, None)),
        ("b", 0, (3, "x")),
    ]:
        write_one(Frame([row], query), batch)  # type: ignore[arg-type]
    assert ids(fresh) == [1, 2, 3]


@pytest.mark.parametrize("fold", [0, 1])
def test_a_timestamp_is_the_same_moment_whatever_the_zones_of_driver_and_database(
    fresh: str, monkeypatch: pytest.MonkeyPatch, fold: int
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        local = dt.datetime(2024, 11, 3, 1, 30, fold=fold)  # once in summer time, once an hour later
        far = make_conninfo(fresh, options="-c TimeZone=Asia/Tokyo")
        with psycopg.connect(fresh) as connection:
            connection.execute('CREATE TABLE "My Shop".seen (at timestamptz, wall timestamp)')
        rows = [(local, local), (None, None)]
        frame = Frame(rows, "q", at="timestamp", wall="timestamp_ntz")
        to_postgres(far, "My Shop.seen")(frame, 0)  # type: ignore[arg-type]
    finally:
        monkeypatch.undo()
        time.tzset()
    with psycopg.connect(fresh) as connection:
        found = connection.execute('SELECT at, wall FROM "My Shop".seen ORDER BY at').fetchall()
    moment = dt.datetime(2024, 11, 3, 5 + fold, 30, tzinfo=dt.UTC)
    assert found == [(moment, local.replace(fold=0)), (None, None)]


def test_a_frame_that_is_no_stream_is_refused(fresh: str) -> None:
    with pytest.raises(ValueError, match="micro-batch"):
        to_postgres(fresh, "My Shop.order")(Frame([(1, "x")], None), 0)  # type: ignore[arg-type]
    assert ids(fresh) == []


@pytest.fixture
def link(fresh: str) -> Iterator[Cut]:
    place = conninfo_to_dict(fresh)
    with cut(str(place["host"]), int(str(place["port"]))) as made:
        yield made


def test_an_unhurt_link_passes_everything_on(fresh: str, link: Cut) -> None:
    assert write(through(fresh, link.port), 0, [(number, 0.5, "x" * 1000) for number in range(2_000)])
    assert ids(fresh) == list(range(2_000)) and not link.lost.is_set()


def test_a_commit_passes_its_answer_is_lost_and_the_retry_finds_the_batch_there(
    fresh: str, link: Cut
) -> None:
    link.arm()
    with pytest.raises(psycopg.OperationalError), psycopg.connect(through(fresh, link.port)) as connection:
        (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
        write_batch(connection, "q", 0, "My Shop.order", COLUMNS, [(1, 0.5, "a")])
    assert link.lost.is_set() and transaction(fresh, xid) == "committed"
    assert not write(through(fresh, link.port), 0, [(1, 0.5, "a")])
    assert ids(fresh) == [1]


def test_only_one_commit_is_hurt(fresh: str, link: Cut) -> None:
    link.arm()
    with pytest.raises(psycopg.OperationalError):
        write(through(fresh, link.port), 0, [(1, 0.5, "COMMIT")])
    assert write(through(fresh, link.port), 1, [(2, 0.5, "COMMIT")])


def test_a_transaction_that_was_rolled_back_is_told_from_one_that_was_not(fresh: str) -> None:
    with psycopg.connect(fresh) as connection:
        (xid,) = connection.execute("SELECT pg_current_xact_id()::text").fetchone() or ("",)
        connection.rollback()
    assert transaction(fresh, xid) == "aborted"


def test_the_kits_sink_works_in_a_folder_of_its_own(fresh: str, tmp_path: Path) -> None:
    shutil.copy(KIT / "sink.py", tmp_path)
    script = (
        "import psycopg, sink, sys; sink.prepare(sys.argv[1])\n"
        "with psycopg.connect(sys.argv[1]) as c: "
        "print(sink.write_batch(c, 'q', 0, 'My Shop.order', ['id'], [(5,)]))"
    )
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[0:0] = ['']\n{script}", fresh]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "True", done.stderr
    assert ids(fresh) == [5]
