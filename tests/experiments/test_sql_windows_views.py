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


def test_a_row_without_a_time_is_left_out_and_the_ten_run_over_the_view() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE purchases (id int, customer int, purchased_at text, amount real)")
    connection.executemany(
        "INSERT INTO purchases VALUES (?, ?, ?, ?)", [(1, 7, "2024-03-01 10:00:00", 9.99), (2, 7, None, 1.0)]
    )
    connection.execute(view("sqlite"))
    for name, query in queries().items():
        assert query.rows(connection) is not None, name
    assert connection.execute("SELECT count(*) FROM transactions").fetchone() == (1,)
