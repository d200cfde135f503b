"""The ten queries: their files, their parameters in every driver's style, their rows against the oracle."""

from __future__ import annotations

import sqlite3
import sys
import types
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import LabError
from lab.experiments.sql_windows import oracle
from lab.experiments.sql_windows.measure.rows import compare
from lab.experiments.sql_windows.mechanism.paramstyle import paramstyle_of, translate
from lab.experiments.sql_windows.mechanism.queries import KIT, NAMES, parse, path, queries
from lab.experiments.sql_windows.workload import sample
from lab.experiments.sql_windows.workload.arms import broken_queries
from lab.experiments.sql_windows.workload.purchases import COLUMNS, transactions, with_calendar

SCHEMA = (KIT / "schema" / "transactions.sql").read_text()


def lite(data: pd.DataFrame) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA)
    rows = zip(*(data[name].tolist() for name in COLUMNS), strict=True)
    connection.executemany("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)", rows)
    return connection


def duck(data: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    connection.register("given", data)
    connection.execute("INSERT INTO transactions SELECT * FROM given")
    return connection


def fill(connection: Any, data: pd.DataFrame) -> None:
    connection.execute("DELETE FROM transactions")
    places = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(data))
    connection.execute(f"INSERT INTO transactions VALUES {places}", data.to_numpy().ravel().tolist())


def table(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    """(customer, minute, cents) as purchases from 2024 on."""
    made = pd.DataFrame(rows, columns=["customer", "minute", "cents"], dtype="int64")
    epoch = (1_704_067_200 + made["minute"] * 60).to_numpy()
    identity = (made.index.to_numpy() + 1)[::-1].copy()  # ties stand in the table against the tie-breaker
    return with_calendar(identity, made["customer"].to_numpy(), epoch, made["cents"].to_numpy())


def test_the_kit_holds_the_ten_and_nothing_else() -> None:
    assert {file.stem for file in KIT.glob("*.sql")} == set(NAMES) == set(queries())
    assert len(NAMES) == 10


@pytest.mark.parametrize("name", NAMES)
def test_each_file_says_what_it_is_for_and_what_it_costs(name: str) -> None:
    query = queries()[name]
    assert query.purpose.endswith(".")
    assert str(query.complexity.general).startswith("O(n")
    assert len(query.complexity.general.reason) > 40
    assert query.params
    assert set(query.described) == set(query.params)
    assert "-- result: " in path(name).read_text()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "-- purpose: x.\nSELECT 1",
        "-- purpose: x.\n-- complexity: fast\nSELECT 1",
        "-- purpose: x.\n-- complexity: O(n): y\n-- parameter a: no default\nSELECT 1",
        "-- purpose: x.\n-- complexity: O(n): y\n-- parameter a: b; default 1; least x\nSELECT 1",
        "-- purpose: x.\n-- complexity: O(n): y\n-- whatever\nSELECT 1",
    ],
)
def test_a_file_that_does_not_explain_itself_is_refused(text: str) -> None:
    with pytest.raises(LabError):
        parse(text)


SQL = "SELECT ':no', \"a:b\", x::int, y % 2 -- :never\nFROM t /* :nor */ WHERE a = :a AND b > :b OR a < :a"


@pytest.mark.parametrize(
    ("style", "end", "arguments"),
    [
        ("named", "a = :a AND b > :b OR a < :a", {"a": 1, "b": 2}),
        ("qmark", "a = ? AND b > ? OR a < ?", (1, 2, 1)),
        ("numeric", "a = :1 AND b > :2 OR a < :1", (1, 2)),
        ("format", "a = %s AND b > %s OR a < %s", (1, 2, 1)),
        ("pyformat", "a = %(a)s AND b > %(b)s OR a < %(a)s", {"a": 1, "b": 2}),
    ],
)
def test_parameters_in_each_style_of_pep_249(style: str, end: str, arguments: Any) -> None:
    text, given = translate(SQL, {"a": 1, "b": 2, "unused": 3}, style)
    assert text.endswith(end)
    assert given == arguments
    for kept in ("':no'", '"a:b"', "x::int", "-- :never", "/* :nor */"):
        assert kept in text
    assert ("y %% 2" in text) == (style in ("format", "pyformat"))


@pytest.mark.parametrize(
    "kept",
    [
        r"E'it\'s :no'",
        r"e'\\' || ':no'",
        "$$ :no 'x $$",
        "$body$ :no $ :nor $$ $body$",
        "`:no`",
        "'/* ' || ':no'",
    ],
)
def test_a_colon_in_any_quotes_of_the_three_engines_is_no_parameter(kept: str) -> None:
    assert translate(f"SELECT {kept}, :a, x[1], 'end :no'", {"a": 1}, "qmark") == (
        f"SELECT {kept}, ?, x[1], 'end :no'",
        (1,),
    )


NO_WHOLE_NUMBERS: list[Any] = [
    None,
    "1800",
    1800.0,
    float("nan"),
    float("inf"),
    np.float64(1800),
    b"1",
    -1,
    2**63,
]


@pytest.mark.parametrize("value", NO_WHOLE_NUMBERS, ids=repr)
def test_a_value_that_is_no_whole_number_in_its_range_is_refused(value: Any) -> None:
    with pytest.raises(LabError, match="gap_seconds must be a whole number from 0"):
        queries()["sessionization"].bound("qmark", gap_seconds=value)


@pytest.mark.parametrize("value", [np.int64(1800), np.uint16(1800), np.int16(1800), 1800])
def test_numpys_whole_numbers_count_as_pythons(value: Any) -> None:
    rows = [(1, 1, 1_000, 0, 0, 1), (2, 1, 2_800, 0, 0, 1), (3, 1, 4_601, 0, 0, 1)]
    data = pd.DataFrame(rows, columns=COLUMNS)
    for connection in (lite(data), duck(data)):
        found = queries()["sessionization"].rows(connection, gap_seconds=value)
        assert [row[3] for row in found] == [1, 1, 2]


@pytest.mark.parametrize("name", NAMES)
def test_every_default_is_in_its_range_and_an_end_of_a_frame_can_not_be_negative(name: str) -> None:
    query = queries()[name]
    assert query.bound("qmark", **query.params)
    for parameter in {"preceding_rows", "window_seconds", "period_days", "buckets"} & set(query.params):
        with pytest.raises(LabError, match=parameter):
            query.bound("qmark", **{parameter: -1})


def test_rows_that_come_as_dicts_or_as_the_drivers_own_class_are_their_values() -> None:
    connection = lite(sample.purchases())
    due = queries()["running_total"].rows(connection)
    connection.row_factory = sqlite3.Row
    assert queries()["running_total"].rows(connection) == due
    connection.row_factory = lambda cursor, row: dict(
        zip([column[0] for column in cursor.description], row, strict=True)
    )
    assert queries()["running_total"].rows(connection) == due


@pytest.mark.parametrize("how", ["CREATE TEMPORARY TABLE", "CREATE TEMPORARY VIEW", "BEGIN; CREATE TABLE"])
def test_duckdb_answers_from_what_only_this_connection_sees(how: str) -> None:
    connection = duckdb.connect()
    connection.register("given", sample.purchases())
    connection.execute(f"{how} transactions AS SELECT * FROM given")
    assert queries()["churn"].rows(connection) == queries()["churn"].rows(duck(sample.purchases()))


def test_a_parameter_without_value_and_an_unknown_style_are_refused() -> None:
    with pytest.raises(LabError, match="no value for parameter b"):
        translate(SQL, {"a": 1}, "qmark")
    with pytest.raises(LabError, match="unknown paramstyle"):
        translate(SQL, {"a": 1, "b": 2}, "dollar")
    with pytest.raises(LabError, match="has no parameter gap"):
        queries()["sessionization"].bound("qmark", gap=3)


def test_a_drivers_style_is_found_for_its_connection_and_for_a_class_of_ones_own() -> None:
    class Own(sqlite3.Connection):
        pass

    assert paramstyle_of(sqlite3.connect(":memory:", factory=Own)) == "qmark"
    assert paramstyle_of(duckdb.connect()) == "qmark"
    with pytest.raises(LabError, match="declares a paramstyle"):
        paramstyle_of(object())


class _Driver:
    """A connection as a driver's module would define it."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


def _of_module(monkeypatch: pytest.MonkeyPatch, kind: str, declaring: str, style: str) -> Any:
    """A connection whose class says that it is from module `kind`, while `declaring` declares the style."""
    module = types.ModuleType(declaring)
    module.paramstyle = style  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, declaring, module)
    return type("Connection", (), {"__module__": kind})()


@pytest.mark.parametrize(
    ("kind", "declaring", "style"),
    [
        ("trino.dbapi", "trino.dbapi", "qmark"),
        ("mysql.connector.connection_cext", "mysql.connector", "pyformat"),
        ("snowflake.connector.connection", "snowflake.connector", "pyformat"),
        ("psycopg2.extensions", "psycopg2", "pyformat"),
        ("_driver._impl", "driver", "numeric"),
    ],
)
def test_a_style_that_lies_inside_a_package_is_found(
    monkeypatch: pytest.MonkeyPatch, kind: str, declaring: str, style: str
) -> None:
    assert paramstyle_of(_of_module(monkeypatch, kind, declaring, style)) == style


def test_the_nearest_module_decides_where_several_declare_a_style(monkeypatch: pytest.MonkeyPatch) -> None:
    _of_module(monkeypatch, "farther.dbapi", "farther", "format")
    assert paramstyle_of(_of_module(monkeypatch, "farther.dbapi", "farther.dbapi", "qmark")) == "qmark"


@pytest.mark.parametrize("wrapped", ["dbapi_connection", "driver_connection", "connection"])
def test_a_connection_of_a_pool_has_the_style_of_the_one_that_it_wraps(wrapped: str) -> None:
    assert paramstyle_of(_Driver(**{wrapped: sqlite3.connect(":memory:")})) == "qmark"


PURCHASES = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 200_000), st.integers(0, 5_000)), min_size=1, max_size=40
)
FEW = st.integers(0, 6)
PARAMS = {
    "running_total": st.fixed_dictionaries(
        {"from_day": st.integers(19_723, 19_790), "to_day": st.integers(19_790, 19_870)}
    ),
    "moving_average_rows": st.fixed_dictionaries({"preceding_rows": FEW}),
    "moving_average_range": st.fixed_dictionaries({"window_seconds": st.integers(0, 5_000_000)}),
    "sessionization": st.fixed_dictionaries({"gap_seconds": st.integers(0, 500_000)}),
    "session_summary": st.fixed_dictionaries({"gap_seconds": st.integers(0, 500_000)}),
    "churn": st.fixed_dictionaries(
        {"as_of_day": st.integers(19_800, 19_900), "inactive_days": st.integers(0, 90)}
    ),
    "retention_cohorts": st.fixed_dictionaries({"horizon_months": FEW}),
    "rfm_percentiles": st.fixed_dictionaries(
        {"as_of_day": st.integers(19_723, 19_900), "buckets": st.integers(1, 6)}
    ),
    "streaks": st.fixed_dictionaries(
        {
            "period_days": st.integers(1, 31),
            # Before, among and after the purchases.
            "origin_day": st.sampled_from([-4, 0, 4, 9, 19_780, 30_000]),
            "min_periods": st.integers(1, 4),
        }
    ),
    "sliding_max": st.fixed_dictionaries({"preceding_rows": FEW}),
}


@pytest.mark.parametrize("name", NAMES)
def test_any_purchases_and_any_parameters_give_the_oracles_rows(name: str) -> None:
    engines = [sqlite3.connect(":memory:"), duckdb.connect()]
    for engine in engines:
        engine.execute(SCHEMA)

    @settings(max_examples=20, deadline=None)
    @given(PURCHASES, PARAMS[name])
    def check(rows: list[tuple[int, int, int]], params: dict[str, int]) -> None:
        data = table(rows)
        expected = list(oracle.answer(name, data, params).itertuples(index=False, name=None))
        for engine in engines:
            fill(engine, data)
            found = queries()[name].rows(engine, **params)
            assert compare(found, expected).rows == 0, (found, expected)

    check()


def test_the_sample_and_its_rows_are_what_generator_and_oracle_give(tmp_path: Any) -> None:
    sample.write(tmp_path)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "sample.csv")[list(COLUMNS)], sample.purchases())
    for name in NAMES:
        again = pd.read_csv(tmp_path / "expected" / f"{name}.csv")
        pd.testing.assert_frame_equal(again, sample.documented(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_rows_come_out(name: str) -> None:
    expected = list(sample.documented(name).itertuples(index=False, name=None))
    assert expected
    for connection in (lite(sample.purchases()), duck(sample.purchases())):
        assert compare(queries()[name].rows(connection), expected).rows == 0


@pytest.mark.parametrize("control", broken_queries())
def test_each_slip_shows_in_the_rows(control: str) -> None:
    data = transactions(2_000, 20, seed=1)
    for name, query in broken_queries()[control].items():
        expected = list(oracle.answer(name, data, query.params).itertuples(index=False, name=None))
        for connection in (lite(data), duck(data)):
            assert compare(query.rows(connection), expected).rows > 0


def test_a_slip_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="does not occur"):
        queries()["churn"].changed("RANGE BETWEEN", "ROWS BETWEEN")
