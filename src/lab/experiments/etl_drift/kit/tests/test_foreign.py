"""Data and services that nobody here has made: each test is named after a kind of fault."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg
import pytest
from etl import Answer, Column, LoadError, Schema, SchemaError, load, map_columns
from etl.batch import Batch
from psycopg.rows import dict_row
from test_drift import TARGET, table

DAY = datetime(2024, 1, 31, 10, tzinfo=UTC)


def opened_again(connection: psycopg.Connection, autocommit: bool = True, **known: Any) -> psycopg.Connection:
    """Another connection to the same schema."""
    (schema,) = connection.execute("SELECT current_schema()").fetchone() or ("",)
    options = f"-c search_path={schema}"
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=autocommit, options=options, **known)


@pytest.mark.parametrize("value", [b"abc", [1, 2], {"a": 1}, (1,), {1}])
def test_bytes_and_nested_values_are_refused(value: object) -> None:
    frame = table(3).assign(city=pd.Series([value] * 3, dtype=object))
    with pytest.raises(ValueError, match=f"a value of type {type(value).__name__}"):
        map_columns(frame, TARGET, table())
    with pytest.raises(LoadError, match="can't be compared or loaded"):
        Batch.of(frame, "a", TARGET)


def test_columns_written_as_text_are_the_same_in_a_typed_column_and_not_in_one_of_text() -> None:
    target = Schema(
        "t", (Column("id", "integer", key=True), Column("at", "timestamptz"), Column("ok", "boolean"))
    )
    known = pd.DataFrame({"id": range(400)})
    known["at"] = [DAY + timedelta(minutes=place) for place in range(400)]
    known["ok"] = [place % 3 == 0 for place in range(400)]
    zone = timezone(timedelta(hours=1))
    written = pd.DataFrame(
        {
            "id": known["id"].map("{}.0".format),
            "when": [str(moment.to_pydatetime().astimezone(zone)) for moment in known["at"]],
            "ok": known["ok"].astype(str),
        }
    )
    mapping = map_columns(written, target, known)
    assert {match.target: match.source for match in mapping.accepted} == {
        "id": "id",
        "at": "when",
        "ok": "ok",
    }
    as_text = Schema("t", (Column("id", "integer", key=True), Column("ok"), Column("at", "timestamptz")))
    mapping = map_columns(written, as_text, known.assign(ok=known["ok"].astype(str).str.lower()))
    assert "ok" not in {match.target for match in mapping.accepted}


def test_a_schema_that_names_what_is_not_its_own_is_refused() -> None:
    for name in ("xmin", "ctid", "_source"):
        with pytest.raises(SchemaError, match="own column"):
            Schema("t", (Column(name),))
    with pytest.raises(SchemaError, match="own table"):
        Schema("etl_staging", (Column("a"),))
    with pytest.raises(SchemaError, match="alias"):
        Schema("t", (Column("a", aliases=("b",)), Column("b")))


@pytest.mark.parametrize("scale", [0, float("nan"), float("inf"), "100", True])
def test_a_scale_that_takes_the_values_away_is_refused(scale: float) -> None:
    with pytest.raises(LoadError, match="scale"):
        Answer("a", "b", scale)


def test_a_long_decimal_is_scaled_without_loss() -> None:
    frame = pd.DataFrame({"id": [Decimal("12345678901234567890.25"), Decimal(720)]}, dtype=object)
    batch = Batch.of(frame, "a", TARGET)
    assert list(batch.scaled({}, [Answer("id", "id", 100)]).columns["id"]) == [
        "1234567890123456789025",
        "72000",
    ]
    assert batch.scaled({}, [Answer("id", "id", 1 / 60)]).columns["id"][1] == "12"


def test_a_statement_used_often_still_works_after_another_connection_widened_a_column(
    connection: psycopg.Connection,
) -> None:
    for more in range(8):
        assert load(connection, table(300 + more), "a", TARGET).status == "loaded"
    wide = table(400)
    wide["cents"] += (wide["id"] >= 307) * 2**31
    with opened_again(connection) as other:
        assert load(other, wide, "a", TARGET).status == "loaded"
    assert load(connection, table(299), "a", TARGET).status == "loaded"


def test_a_connection_that_gives_dictionaries_or_opens_transactions_by_itself(
    connection: psycopg.Connection,
) -> None:
    with opened_again(connection, row_factory=dict_row, autocommit=False) as own:
        assert load(own, table(), "a", TARGET).status == "loaded"
        assert load(own, table(500).rename(columns={"cents": "x7"}), "a", TARGET).status == "loaded"
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (500,)


def test_two_sources_with_the_same_keys_for_other_rows(connection: psycopg.Connection) -> None:
    load(connection, table(), "a", TARGET)
    others = table().assign(
        cents=table()["cents"][::-1].to_numpy(), placed_hour=table()["placed_hour"][::-1].to_numpy()
    )
    answers = [Answer(name, name) for name in others.columns]
    assert load(connection, others, "b", TARGET, answers).status == "loaded"
    renamed = table(500).rename(columns={"cents": "x7"})
    assert load(connection, renamed, "a", TARGET).status == "loaded"
    assert load(connection, others.rename(columns={"cents": "x8"}), "b", TARGET).status == "loaded"
    assert connection.execute("SELECT _source, count(*) FROM orders GROUP BY 1 ORDER BY 1").fetchall() == [
        ("a", 500),
        ("b", 400),
    ]


def test_a_name_and_its_alias_in_one_first_batch_are_asked(connection: psycopg.Connection) -> None:
    done = load(connection, table().assign(amount_cents=1), "a", TARGET)
    assert done.status == "held" and [match.source for match in done.questions] == ["amount_cents"]


def test_dates_that_pandas_holds_as_midnights_do_not_widen_a_column(connection: psycopg.Connection) -> None:
    target = Schema(
        "days", (Column("id", "integer", key=True), Column("on", "date"), Column("ok", "boolean"))
    )
    days = pd.DataFrame(
        {"id": ["5.0", "6"], "on": pd.to_datetime(["2024-01-31", "1969-12-31"]), "ok": ["True", "f"]}
    )
    assert load(connection, days, "a", target).status == "loaded"
    assert connection.execute('SELECT id, "on"::text, ok FROM days ORDER BY 1').fetchall() == [
        (5, "2024-01-31", True),
        (6, "1969-12-31", False),
    ]
    with pytest.raises(LoadError, match="twice"):
        load(connection, days.assign(id=["5.0", "5"]), "a", target)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER cents TYPE numeric(10,2)", "numeric"),
        ("ALTER city TYPE varchar(3) USING city::varchar(3)", "character varying"),
        ("DROP city", "lacks the column"),
    ],
)
def test_a_table_that_somebody_else_has_changed_is_refused(
    connection: psycopg.Connection, change: str, said: str
) -> None:
    load(connection, table(), "a", TARGET)
    connection.execute(
        f"ALTER TABLE orders {change.replace('ALTER', 'ALTER COLUMN').replace('DROP', 'DROP COLUMN')}"
    )
    with pytest.raises(LoadError, match=said):
        load(connection, table(450), "a", TARGET)


def test_a_column_that_was_added_here_and_dropped_by_somebody_else_is_added_again(
    connection: psycopg.Connection,
) -> None:
    load(connection, table(), "a", TARGET)
    load(connection, table(450).assign(note="x"), "a", TARGET)
    connection.execute("ALTER TABLE orders DROP COLUMN note")
    assert load(connection, table(460).assign(note="y"), "a", TARGET).status == "loaded"
    assert connection.execute("SELECT count(*) FROM orders WHERE note = 'y'").fetchone() == (460,)


def test_two_new_columns_of_one_name_are_asked(connection: psycopg.Connection) -> None:
    load(connection, table(), "a", TARGET)
    answers = [Answer(name, None, name="new") for name in ("p", "q")]
    assert load(connection, table(450).assign(p=1, q=2), "a", TARGET, answers).status == "held"


def test_first_loads_at_the_same_time_do_not_stand_in_each_others_way(connection: psycopg.Connection) -> None:
    told: list[str] = []

    def first(name: str) -> None:
        with opened_again(connection) as own:
            told.append(load(own, table(), "a", Schema(name, TARGET.columns)).status)

    threads = [threading.Thread(target=first, args=(f"t{place}",)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["loaded"] * 4
