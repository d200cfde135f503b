"""Compaction of files whose columns drifted: every value is kept, or nothing is changed and the column is named."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.compaction import compact
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout, same
from lab.experiments.parquet_compaction.mechanism.schemas import SchemaError, common, concat
from lab.experiments.parquet_compaction.mechanism.table_format import append, fetch

ALL = 1 << 40


def compacted(folder: str, *tables: pa.Table, **how: Any) -> pa.Table:
    """The rows of the one file that the tables, appended one by one and twice over, become."""
    files = open_files(folder)
    for table in [*tables, *tables]:  # a file is merged only with as many bytes beside it
        append(files, table, Layout("none"))
    (file,) = compact(folder, ALL, **how).after.files
    return fetch(files, [file])


def column(type_: pa.DataType, *values: Any) -> pa.Table:
    return pa.table({"v": pa.array(values, type_)})


AT = datetime(2026, 3, 2, 1, 2, 3, 456_000)
BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("tables", "values", "type_"),
    [
        ([column(pa.int32(), 1), column(pa.int64(), BIG)], [1, BIG], pa.int64()),
        ([column(pa.uint8(), 255), column(pa.int8(), -1)], [255, -1], pa.int16()),
        ([column(pa.uint64(), 5), column(pa.int64(), -1)], [5, -1], pa.int64()),
        ([column(pa.int64(), 1, None), column(pa.float64(), 0.5)], [1, None, 0.5], pa.float64()),
        ([column(pa.null(), None), column(pa.string(), "a")], [None, "a"], pa.string()),
        ([column(pa.string(), "a"), column(pa.null(), None)], ["a", None], pa.string()),
        ([column(pa.timestamp("ms"), AT), column(pa.timestamp("us"), AT)], [AT, AT], pa.timestamp("us")),
        (
            [column(pa.decimal128(5, 2), Decimal("1.50")), column(pa.decimal128(9, 4), Decimal("2.1234"))],
            [Decimal("1.5000"), Decimal("2.1234")],
            pa.decimal128(9, 4),
        ),
        (
            [column(pa.dictionary(pa.int8(), pa.string()), "a"), column(pa.string(), "b")],
            ["a", "b"],
            pa.string(),
        ),
        (
            [column(pa.list_(pa.int32()), [1]), column(pa.list_(pa.int64()), [2, None])],
            [[1], [2, None]],
            pa.list_(pa.int64()),
        ),
    ],
)
def test_types_that_hold_each_others_values_are_unified(
    tmp_path: Path, tables: list[pa.Table], values: list[Any], type_: pa.DataType
) -> None:
    for order in (1, -1):
        found = compacted(str(tmp_path / str(order)), *tables[::order])["v"]
        assert found.type == type_
        assert sorted(found.to_pylist(), key=str) == sorted(2 * values, key=str)


def test_columns_added_dropped_and_reordered_keep_their_rows(tmp_path: Path) -> None:
    found = compacted(
        str(tmp_path),
        pa.table({"a": [1], "b": ["x"], "gone": [0.5]}),
        pa.table({"new": [True], "b": ["y"], "a": [2]}),
        pa.table({"b": pa.nulls(1), "a": pa.array([3], pa.int16())}),
    )
    assert sorted(found.to_pylist(), key=lambda row: row["a"])[::2] == [
        {"a": 1, "b": "x", "gone": 0.5, "new": None},
        {"a": 2, "b": "y", "gone": None, "new": True},
        {"a": 3, "b": None, "gone": None, "new": None},
    ]


def test_moments_in_two_zones_stay_the_same_moments(tmp_path: Path) -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    tables = [column(pa.timestamp("us", zone), at) for zone in ("Europe/Berlin", "Asia/Tokyo")]
    assert [moment.astimezone(UTC) for moment in compacted(str(tmp_path), *tables)["v"].to_pylist()] == 4 * [
        at
    ]


def test_a_field_added_within_a_struct_is_missing_before(tmp_path: Path) -> None:
    tables = [pa.table({"v": [{"a": 1}]}), pa.table({"v": [{"a": 2, "b": "x"}]})]
    found = compacted(str(tmp_path), *tables)["v"].to_pylist()
    assert sorted(found, key=lambda row: row["a"])[::2] == [{"a": 1, "b": None}, {"a": 2, "b": "x"}]


@pytest.mark.parametrize(
    "tables",
    [
        [column(pa.int64(), 1), column(pa.string(), "1")],
        [column(pa.bool_(), True), column(pa.int8(), 1)],
        [column(pa.int64(), BIG), column(pa.float64(), 0.5)],
        [column(pa.uint64(), 2**63), column(pa.int64(), -1)],
        [column(pa.decimal128(5, 2), Decimal(1)), column(pa.float64(), 0.1)],
        [column(pa.timestamp("us"), AT), column(pa.timestamp("us", "UTC"), AT)],
        [column(pa.timestamp("s"), datetime(3000, 1, 1)), column(pa.timestamp("ns"), AT)],
        [column(pa.date32(), AT.date()), column(pa.timestamp("us"), AT)],
        [column(pa.string(), "a"), column(pa.binary(), b"a")],
    ],
)
def test_types_that_would_change_a_value_are_refused_and_nothing_is_changed(
    tmp_path: Path, tables: list[pa.Table]
) -> None:
    files = open_files(str(tmp_path))
    # Another partition could be merged: it must not be left half done.
    good, layout = [pa.table({"p": ["good"], "x": [n]}) for n in range(4)], Layout("p", (same("p"),))
    for table in [*good, *(table.append_column("p", pa.array(["bad"])) for table in 2 * tables)]:
        append(files, table, layout)
    before = _all(files)
    with pytest.raises(SchemaError, match=r"data/p=bad/.*column 'v' is .* and .*"):
        compact(files.uri, ALL)
    assert _all(files) == before


def _all(files: Files) -> list[str]:
    return [entry.path for entry in files.entries("")]


def test_columns_that_engines_take_for_one_are_refused_unless_a_file_has_both(tmp_path: Path) -> None:
    one, other = pa.table({"id": [1], "x": [1]}), pa.table({"ID": [2], "x": [1]})
    with pytest.raises(SchemaError, match="'ID' is called 'id'"):
        concat([("one", one), ("other", other)])
    both = pa.table({"id": [1], "ID": [2]})
    assert concat([("one", both), ("other", pa.table({"id": [3]}))]).to_pylist()[1] == {"id": 3, "ID": None}


def test_what_all_files_say_about_their_rows_is_kept() -> None:
    one = pa.table({"a": [1]}).replace_schema_metadata({"owner": "me", "batch": "1"})
    other = pa.table({"b": [1]}).replace_schema_metadata({"owner": "me", "batch": "2"})
    assert concat([("one", one), ("other", other)]).schema.metadata == {b"owner": b"me"}


@pytest.mark.parametrize(("name", "said"), [("w", "there is no column 'w'"), ("v", "'v' is list<.*no order")])
def test_sorting_by_what_is_not_there_or_has_no_order_is_refused(
    tmp_path: Path, name: str, said: str
) -> None:
    files = open_files(str(tmp_path))
    for _ in range(3):
        append(files, column(pa.list_(pa.int64()), [1]), Layout("none"))
    before = _all(files)
    with pytest.raises(SchemaError, match=f"sort_by: .*{said}"):
        compact(files.uri, ALL, [name])
    assert _all(files) == before


@pytest.mark.parametrize(
    "type_", [pa.dictionary(pa.int8(), pa.string()), pa.string_view(), pa.binary(1), pa.null()]
)
def test_sorting_by_a_column_that_is_stored_in_another_form_keeps_its_order(
    tmp_path: Path, type_: pa.DataType
) -> None:
    values = [None, None] if type_ == pa.null() else ["b", "a"]
    found = compacted(str(tmp_path), *[column(type_, *values)] * 2, sort_by=["v"])["v"].to_pylist()
    assert [one.decode() if isinstance(one, bytes) else one for one in found] == sorted(4 * values, key=str)


def test_two_columns_of_one_name_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    twins = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(SchemaError, match="several columns are called 'a'"):
        append(open_files(str(tmp_path)), twins, Layout("none"))
    assert table_format.current(open_files(str(tmp_path))) == table_format.EMPTY


TYPES = {
    pa.int8(): st.integers(-128, 127),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.decimal128(12, 3): st.decimals(-999, 999, places=3),
    pa.string(): st.text(max_size=3),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("ms"): st.datetimes().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
    pa.timestamp("us"): st.datetimes(),
    pa.null(): st.none(),
}


@st.composite
def drifted(draw: st.DrawFn) -> list[tuple[str, pa.Table]]:
    """Files with some of three columns in any order, each of any type."""
    files = []
    for number in range(draw(st.integers(2, 4))):
        names = draw(st.lists(st.sampled_from("abc"), unique=True, min_size=1))
        rows = draw(st.integers(1, 3))
        columns = {}
        for name in names:
            type_ = draw(st.sampled_from(list(TYPES)))
            values = st.lists(st.none() | TYPES[type_], min_size=rows, max_size=rows)
            columns[name] = pa.array(draw(values), type_)
        files.append((f"file {number}", pa.table(columns)))
    return files


@settings(max_examples=200)
@given(drifted())
def test_whatever_is_unified_has_every_value_unchanged(files: list[tuple[str, pa.Table]]) -> None:
    try:
        found = concat(files).to_pylist()
    except SchemaError as error:
        assert "column '" in str(error)
        return
    wanted = [row for _, table in files for row in table.to_pylist()]
    assert len(found) == len(wanted)
    for row, before in zip(found, wanted, strict=True):
        assert {name: value for name, value in row.items() if value is not None} == {
            name: value for name, value in before.items() if value is not None
        }


@given(st.sampled_from(list(TYPES)), st.sampled_from(list(TYPES)))
def test_which_type_is_common_does_not_depend_on_the_order(one: pa.DataType, other: pa.DataType) -> None:
    assert common(one, other) == common(other, one)


def test_an_engine_reads_what_was_unified(tmp_path: Path) -> None:
    tables = pa.table({"a": [1], "b": [1]}), pa.table({"b": pa.array([2], pa.int32()), "c": ["x"]})
    compacted(str(tmp_path), *tables)
    (file,) = table_format.current(open_files(str(tmp_path))).files
    rows = duckdb.sql(f"SELECT a, b, c FROM '{tmp_path / file.path}' ORDER BY b").fetchall()
    assert rows[::2] == [(1, 1, None), (None, 2, "x")]
