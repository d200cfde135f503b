"""The loader, on a PostgreSQL that DATABASE_URL names."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from etl import Answer, Column, LoadError, Schema, load
from etl.__main__ import HELD, REFUSED, main
from test_drift import TARGET, table


def rows(connection: psycopg.Connection, columns: str = "*") -> list[tuple]:
    return connection.execute(f"SELECT {columns} FROM orders ORDER BY 1, 2").fetchall()


def test_a_batch_again_changes_nothing_and_another_sources_is_kept(connection: psycopg.Connection) -> None:
    assert load(connection, table(), "a", TARGET).status == "loaded"
    before = rows(connection)
    assert load(connection, table().iloc[:, ::-1], "a", TARGET).status == "already loaded"
    assert rows(connection) == before and len(before) == 400
    assert load(connection, table(), "b", TARGET).status == "loaded" and len(rows(connection)) == 800


def test_added_renamed_dropped_and_widened_in_one_batch(connection: psycopg.Connection) -> None:
    load(connection, table(), "a", TARGET)
    more = table(500).rename(columns={"cents": "x7"}).assign(note="n")
    more["x7"] = more["x7"].astype(float).where(more["id"] < 400, 0.5)
    assert load(connection, more, "a", TARGET).status == "loaded"
    assert rows(connection, "id, cents, note")[499] == (499, pytest.approx(0.5), "n")
    assert load(connection, more.drop(columns="city"), "a", TARGET).status == "loaded"
    assert all(city for _, city in rows(connection, "id, city"))
    changes = connection.execute("SELECT DISTINCT change FROM etl_migrations").fetchall()
    assert {change for (change,) in changes} == {"created", "added", "mapped", "widened", "gone"}


def test_a_question_holds_the_batch_until_it_is_answered(connection: psycopg.Connection) -> None:
    load(connection, table(), "a", TARGET)
    before, other = rows(connection), table(500)
    other["cents"] = other["cents"] * 60
    held = load(connection, other, "a", TARGET)
    assert held.status == "held" and rows(connection) == before
    done = load(connection, other, "a", TARGET, [Answer("cents", "cents", 1 / 60, "Dana")])
    assert done.status == "loaded" and rows(connection, "id, cents") == list(
        table(500)[["id", "cents"]].itertuples(index=False, name=None)
    )
    log = connection.execute(
        "SELECT becomes, decided_by FROM etl_migrations WHERE change = 'scaled'"
    ).fetchall()
    assert log == [("x 0.0166667", "Dana")]


def test_an_answer_is_remembered_until_rows_speak_against_it(connection: psycopg.Connection) -> None:
    load(connection, table(), "a", TARGET)
    renamed = table(450).rename(columns={"cents": "sum"}).assign(sum=lambda frame: frame["sum"] * 60)
    answer = [Answer("sum", "cents", 1 / 60)]
    assert load(connection, renamed, "a", TARGET, answer).status == "loaded"
    new = renamed.assign(id=renamed["id"] + 10_000)
    assert load(connection, new, "a", TARGET).status == "loaded"
    assert load(connection, renamed.assign(sum=1), "a", TARGET).status == "held"


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (table().head(0), "no rows"),
        (table().assign(id=1), "there twice"),
        (table().assign(id=[None, *range(1, 400)]), "no value in its key"),
        (table().assign(city="a\0b"), "NUL"),
        (table().assign(city="\ud800"), "no text"),
        (table().assign(_batch=1), "own column"),
    ],
)
def test_what_can_not_be_loaded_is_refused_before_anything_changed(
    connection: psycopg.Connection, frame: pd.DataFrame, said: str
) -> None:
    load(connection, table(), "a", TARGET)
    before = rows(connection)
    with pytest.raises(LoadError, match=said):
        load(connection, frame, "a", TARGET)
    assert rows(connection) == before
    with pytest.raises(LoadError):
        load(connection, table(300), "a", TARGET, [Answer("nobody", "cents")])


def test_odd_names_dates_and_nulls_come_back_as_they_were(connection: psycopg.Connection) -> None:
    schema = Schema(
        "odd table",
        (Column('a "b" %s', "bigint", key=True), Column("Ünï", "date"), Column("select", "boolean")),
    )
    frame = pd.DataFrame(
        {'a "b" %s': [2**40, 1], "Ünï": [date(1850, 2, 28), None], "select": [True, None]}, dtype=object
    )
    assert load(connection, frame, "a", schema).status == "loaded"
    found = connection.execute('SELECT "Ünï", "select" FROM "odd table" ORDER BY 1').fetchall()
    assert found == [(date(1850, 2, 28), True), (None, None)]


def test_a_table_of_somebody_else_is_left_alone(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TABLE orders (id integer)")
    with pytest.raises(LoadError, match="did not make it"):
        load(connection, table(), "a", TARGET)


def test_a_connection_in_a_transaction_is_refused(connection: psycopg.Connection) -> None:
    with connection.transaction(), pytest.raises(LoadError, match="in a transaction"):
        load(connection, table(), "a", TARGET)


def test_the_command(connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = connection.execute("SELECT current_schema()").fetchone()
    monkeypatch.setenv("PGOPTIONS", f"-c search_path={schema[0] if schema else ''}")
    columns = [{"name": item.name, "type": item.type, "key": item.key} for item in TARGET.columns]
    (tmp_path / "schema.json").write_text(json.dumps({"table": "orders", "columns": columns}))
    table().to_csv(tmp_path / "a.csv", index=False)
    given = [str(tmp_path / "a.csv"), "--source", "a", "--schema", str(tmp_path / "schema.json")]
    assert main(given) == 0 and main(given) == 0 and len(rows(connection)) == 400
    table().assign(cents=1).to_csv(tmp_path / "a.csv", index=False)
    assert main(given) == HELD
    (tmp_path / "schema.json").write_text("{}")
    assert main(given) == REFUSED
