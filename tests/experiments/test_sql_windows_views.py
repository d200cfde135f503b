"""The views that put the ten queries over a reader's own table: one instant, one second, day and month on every engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.sql_windows.mechanism.queries import KIT, queries
from lab.services.postgres import postgres

COLUMNS = "transaction_id, customer_id, epoch_s, day, month, cents"
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2199, 12, 31))
HARD = (
    datetime(2024, 1, 1, 23, 59, 59, 600_000),
    datetime(2024, 12, 31, 23, 59, 59, 999_999),
    datetime(1969, 12, 31, 23, 59, 59, 600_000),
    datetime(1969, 12, 31),
    datetime(1970, 1, 1),
    datetime(1903, 2, 28, 12, 0, 0, 1),
    datetime(2024, 2, 29),
)


def wanted(moments: list[datetime]) -> list[tuple[int, ...]]:
    """By Python's own calendar: floor of seconds, of days, and months since January 1970."""
    rows = []
    for number, moment in enumerate(moments):
        second = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
        day = (moment - datetime(1970, 1, 1)) // timedelta(days=1)
        rows.append((number, number % 3, second, day, 12 * (moment.year - 1970) + moment.month - 1, 1_250))
    return rows


def view(engine: str) -> str:
    return (KIT / "schema" / f"view_{engine}.sql").read_text()


def lite(moments: list[datetime], text: str = "{:%Y-%m-%d %H:%M:%S.%f}") -> list[tuple]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE purchases (id int, customer int, purchased_at text, amount real)")
    rows = [(number, number % 3, text.format(moment), 12.5) for number, moment in enumerate(moments)]
    connection.executemany("INSERT INTO purchases VALUES (?, ?, ?, ?)", rows)
    connection.execute(view("sqlite"))
    return connection.execute(f"SELECT {COLUMNS} FROM transactions ORDER BY 1").fetchall()


def duck(moments: list[datetime], kind: str = "TIMESTAMP") -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/St_Johns'")
        connection.execute(
            f"CREATE TABLE purchases (id int, customer int, purchased_at {kind}, amount decimal(9, 2))"
        )
        for number, moment in enumerate(moments):
            given = moment if kind == "TIMESTAMP" else moment.replace(tzinfo=UTC)
            connection.execute("INSERT INTO purchases VALUES (?, ?, ?, 12.5)", [number, number % 3, given])
        connection.execute(view("duckdb"))
        return connection.execute(f"SELECT {COLUMNS} FROM transactions ORDER BY 1").fetchall()


@given(st.lists(MOMENTS, min_size=1, max_size=5))
@settings(max_examples=40)
def test_a_fraction_of_a_second_and_a_day_before_1970_stay_in_their_day(moments: list[datetime]) -> None:
    assert lite(moments) == wanted(moments)
    assert duck(moments) == wanted(moments)


def test_the_hard_moments_are_the_same_on_both() -> None:
    moments = list(HARD)
    assert lite(moments) == duck(moments) == duck(moments, "TIMESTAMPTZ") == wanted(moments)
    assert lite(moments, "{:%Y-%m-%dT%H:%M:%S.%f}Z") == wanted(moments)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as running:
        yield running.dsn


@pytest.mark.service
@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_postgresql_says_the_same_in_any_time_zone(server: str, kind: str) -> None:
    with psycopg.connect(server) as connection:
        connection.execute("SET TimeZone = 'Pacific/Kiritimati'")
        connection.execute(
            f"CREATE TEMPORARY TABLE purchases (id int, customer int, purchased_at {kind}, amount numeric)"
        )
        for number, moment in enumerate(HARD):
            given: Any = moment if kind == "timestamp" else moment.replace(tzinfo=UTC)
            connection.execute("INSERT INTO purchases VALUES (%s, %s, %s, 12.5)", (number, number % 3, given))
        connection.execute("SET search_path = pg_temp")
        connection.execute(view("postgresql"))  # type: ignore[arg-type]
        rows = connection.execute(f"SELECT {COLUMNS} FROM transactions ORDER BY 1").fetchall()  # type: ignore[arg-type]
        connection.rollback()
    assert rows == wanted(list(HARD))


def viewed(engine: str, rows: list[tuple], at: str = "timestamp", amount: str = "double precision") -> Any:
    """A connection with the view over a table of these columns and rows."""
    connection: Any = sqlite3.connect(":memory:") if engine == "sqlite" else duckdb.connect()
    connection.execute(f"CREATE TABLE purchases (id int, customer int, purchased_at {at}, amount {amount})")
    connection.executemany("INSERT INTO purchases VALUES (?, ?, ?, ?)", rows)
    connection.execute(view(engine))
    return connection


WHOLE = (1, 7, "2024-03-01 10:00:00", 9.99)
LACKING = [tuple(None if place == gap else value for place, value in enumerate(WHOLE)) for gap in range(4)]


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_row_that_lacks_a_column_is_left_out_and_the_ten_run_over_the_view(engine: str) -> None:
    connection = viewed(engine, [WHOLE, *LACKING], "text" if engine == "sqlite" else "timestamp")
    for name, query in queries().items():
        assert query.rows(connection) is not None, name
    assert connection.execute("SELECT transaction_id, cents FROM transactions").fetchall() == [(1, 999)]


NO_TIMES = [
    "2024-1-5",
    "05/01/2024",
    1_704_412_800,
    "1704412800",
    "2460310.5",
    "now",
    "10:00:00",
    "2024-02-30",
    "",
]


@pytest.mark.parametrize("time", NO_TIMES)
def test_what_sqlite_can_not_read_as_a_time_is_refused_and_not_lost(time: Any) -> None:
    connection = viewed("sqlite", [WHOLE, (2, 7, time, 1.0)], "")
    with pytest.raises(sqlite3.OperationalError, match="purchase 2 has a time that is not ISO 8601"):
        queries()["running_total"].rows(connection)


@pytest.mark.parametrize("amount", ["12,50", "abc", float("inf"), 1e17, b"1"])
def test_what_sqlite_can_not_read_as_an_amount_is_refused_and_not_taken_for_another(amount: Any) -> None:
    connection = viewed("sqlite", [(2, 7, WHOLE[2], amount)], amount="")
    with pytest.raises(sqlite3.OperationalError, match="purchase 2 has an amount that is no number"):
        queries()["running_total"].rows(connection)


def test_an_infinite_time_is_refused_by_duckdb() -> None:
    with pytest.raises(duckdb.Error, match="purchase 2 has an infinite time"):
        queries()["running_total"].rows(viewed("duckdb", [WHOLE, (2, 7, "infinity", 1.0)]))


AMOUNTS = [  # type, amount, cents
    ("double precision", 0.125, 13),
    ("double precision", -0.125, -13),
    ("double precision", 0.29, 29),
    ("smallint", 30_000, 3_000_000),
    ("integer", 30_000_000, 3_000_000_000),
    ("decimal(18, 3)", "0.125", 13),
    ("decimal(18, 2)", "1234567.89", 123_456_789),
    ("real", 1_234_567.875, 123_456_788),
]


@pytest.mark.parametrize(("kind", "amount", "cents"), AMOUNTS)
def test_cents_do_not_depend_on_the_type_of_the_amount(kind: str, amount: Any, cents: int) -> None:
    for engine in ("sqlite", "duckdb"):
        connection = viewed(
            engine, [(1, 7, WHOLE[2], amount)], "text" if engine == "sqlite" else "timestamp", kind
        )
        assert connection.execute("SELECT cents FROM transactions").fetchall() == [(cents,)], engine


@pytest.mark.service
def test_postgresql_gives_the_same_cents_leaves_the_same_rows_out_and_counts_years_bc(server: str) -> None:
    with psycopg.connect(server) as connection:
        for kind, amount, cents in AMOUNTS:
            connection.execute("DROP TABLE IF EXISTS pg_temp.purchases CASCADE")
            connection.execute(
                f"CREATE TEMPORARY TABLE purchases (id int, customer int, purchased_at timestamp, amount {kind})"  # type: ignore[arg-type]
            )
            connection.execute("SET search_path = pg_temp")
            connection.execute(view("postgresql"))  # type: ignore[arg-type]
            rows = [(1, 7, "0001-12-31 10:00:00 BC", amount), *((*row[:3], row[3] and 1) for row in LACKING)]
            connection.cursor().executemany("INSERT INTO purchases VALUES (%s, %s, %s, %s)", rows)
            found = connection.execute("SELECT month, cents FROM transactions").fetchall()
            # The month before January of the year 1.
            assert found == [(12 * (1 - 1970) - 1, cents)], kind
        connection.rollback()
