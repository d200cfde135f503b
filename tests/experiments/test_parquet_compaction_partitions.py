"""Values of partition keys: whatever they are and however they arrive, no row is left out and no live file deleted."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lab.errors import LabError
from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.compaction import compact, vacuum
from lab.experiments.parquet_compaction.mechanism.files import Entry, Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Key, Layout, hashed, same
from lab.experiments.parquet_compaction.mechanism.partition_values import PartitionError, folder
from lab.experiments.parquet_compaction.mechanism.reader import prune, source
from lab.experiments.parquet_compaction.mechanism.table_format import DataFile, append, fetch

LAYOUTS = [Layout("same", (same("k"),)), Layout("hashed", (hashed("k", 3),))]
BIG = 2**53
ID = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def rows_with(layout: Layout, tables: Sequence[pa.Table], value: Any) -> list[Any]:
    """What a reader that asks for one value is given, from tables appended one by one: the column, unfiltered."""
    with tempfile.TemporaryDirectory() as folder_:
        files = open_files(folder_)
        for table in tables:
            append(files, table, layout)
        chosen = prune(table_format.current(files).files, layout, {"k": [value]})
        return [row for file in chosen for row in fetch(files, [file])["k"].to_pylist()]


def keys(*values: Any, type_: pa.DataType | None = None) -> pa.Table:
    return pa.table({"k": pa.array(values, type_)})


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize(
    ("table", "value", "wanted"),
    [
        (keys(1, None), 1, 1),
        (pa.Table.from_pandas(pd.DataFrame({"k": [1, np.nan]})), 1, 1.0),
        (keys(1, None), None, None),
        (keys(0.5, float("nan")), float("nan"), float("nan")),
        (keys(BIG, BIG + 1, None), BIG + 1, BIG + 1),
        (keys(2**64 - 1, type_=pa.uint64()), 2**64 - 1, 2**64 - 1),
        (keys(-1, None, type_=pa.int8()), -1, -1),
        (keys(1, type_=pa.uint8()), np.int64(1), 1),
        (keys(Decimal("1.50")), Decimal("1.5"), Decimal("1.50")),
        (keys(Decimal("2.00")), 2, Decimal("2.00")),
        (keys(0.1, type_=pa.float32()), 0.1, pytest.approx(0.1)),
        (keys(float("inf"), -0.0), 0, 0.0),
        (keys(True, None), True, True),
        (keys("1", "01"), 1, "01"),
        (keys("true"), True, "true"),
        (keys("", None), "", ""),
        (
            keys("__HIVE_DEFAULT_PARTITION__", None),
            "__HIVE_DEFAULT_PARTITION__",
            "__HIVE_DEFAULT_PARTITION__",
        ),
        (keys("a b", "é/ü"), "é/ü", "é/ü"),
        (keys(b"\x00\xff"), b"\x00\xff", b"\x00\xff"),
        (keys(date(1, 1, 1)), date(1, 1, 1), date(1, 1, 1)),
        (keys(date(2026, 3, 2)), "2026-03-02", date(2026, 3, 2)),
        (keys(date(2026, 3, 2)), pd.Timestamp("2026-03-02"), date(2026, 3, 2)),
        (keys(datetime(2026, 3, 2)), date(2026, 3, 2), datetime(2026, 3, 2)),
        (keys(datetime(1950, 1, 1, 1, 2, 3)), datetime(1950, 1, 1, 1, 2, 3), datetime(1950, 1, 1, 1, 2, 3)),
        (
            keys(datetime(2026, 3, 29, 1, tzinfo=UTC)),
            datetime(2026, 3, 29, 3, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 3, 29, 1, tzinfo=UTC),
        ),
        *(
            (keys(said, "x"), said, said)
            for said in ("1e9999999", "12e3456789", "9E-9999999", "1_000", "sNaN")
        ),
        *(
            (pa.table({"k": pa.array([ID.bytes, None], pa.uuid())}), asked, ID)
            for asked in (ID, str(ID), str(ID).upper())
        ),
        (keys(str(ID)), ID, str(ID)),
        *(
            (keys(date(2026, 3, 2)), said, date(2026, 3, 2))
            for said in ("2026-3-2", "2026/03/02", "2026-03-02 ")
        ),
        *((keys(True, None), said, True) for said in ("t", "yes", "TRUE")),
        (keys(np.float16(0.1), type_=pa.float16()), 0.1, float(np.float16(0.1))),
        (keys("a", "b", type_=pa.string_view()), "b", "b"),
        (keys("a", "b").cast(pa.schema([("k", pa.dictionary(pa.int8(), pa.string()))])), "b", "b"),
    ],
)
def test_a_value_is_found_whatever_its_type_and_its_batch(
    layout: Layout, table: pa.Table, value: Any, wanted: Any
) -> None:
    found = rows_with(layout, [table], value)
    assert any(row == wanted or (row != row and wanted != wanted) for row in found), found


def test_one_value_has_one_text_in_every_batch() -> None:
    batches = [keys(1), keys(1, None), keys(1, type_=pa.int8()), keys(1.0), keys(Decimal("1.0"))]
    names = [next(iter(LAYOUTS[0].divide(batch)))[0] for batch in batches]
    assert names == [{"k": "1"}] * 5


VALUES = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(BIG - 2, BIG + 2),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.decimal128(20, 3): st.decimals(-(10**9), 10**9, places=3),
    pa.string(): st.text(max_size=5)
    | st.sampled_from(["1", "01", "1.0", "NaN", "true", "a=b", "..", "x" * 300]),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("ns"): st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
    pa.timestamp("us", "America/New_York"): st.datetimes(timezones=st.just(UTC)),
    pa.binary(): st.binary(max_size=4),
    pa.null(): st.none(),
}


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(list(VALUES)), st.sampled_from(LAYOUTS))
def test_no_row_is_lost_by_pruning_over_types_and_values(
    data: st.DataObject, type_: pa.DataType, layout: Layout
) -> None:
    values = data.draw(st.lists(st.none() | VALUES[type_], min_size=1, max_size=6))
    edge = data.draw(st.integers(0, len(values)))
    tables = [keys(*part, type_=type_) for part in (values[:edge], values[edge:])]
    back = [row for table in tables for row in table["k"].to_pylist()]
    value = data.draw(st.sampled_from(back))
    found = rows_with(layout, tables, value)
    assert sum(_equal(row, value) for row in found) == sum(_equal(row, value) for row in back)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(LAYOUTS), st.data())
def test_equal_numbers_are_found_across_types(number: int, layout: Layout, data: st.DataObject) -> None:
    types = [pa.int32(), pa.uint64(), pa.float64(), pa.decimal128(12, 2)]
    written = keys(number, None, type_=data.draw(st.sampled_from(types)))
    asked = data.draw(st.sampled_from([int, float, Decimal, np.int64, np.float64]))(number)
    assert number in rows_with(layout, [written], asked)


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) or (one is not None and one != one and other is not None and other != other)


HARD = [
    "DOMAIN\\user",
    "[x]",
    "a?b",
    "*",
    "a%2Fb",
    "a b",
    "a+b",
    "a/b",
    "a=b",
    "..",
    "#1",
    "~",
    "it's",
    'q"q',
    "{a}",
]
HARD += ["é", "名" * 90, "A", "a", "", " "]


@pytest.mark.parametrize("value", HARD)
def test_a_name_in_a_path_has_no_character_that_a_store_changes_or_a_glob_reads(value: str) -> None:
    name = folder(value, value)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!=/")
    assert name.count("/") == 1 and len(name) < 255
    assert len({folder("k", other) for other in HARD}) == len(HARD)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(HARD) | st.text(max_size=4), min_size=1, max_size=4, unique=True))
def test_hard_values_are_read_back_and_survive_vacuum(values: list[str]) -> None:
    assume(all(_storable(value) for value in values))
    with tempfile.TemporaryDirectory() as folder_:
        files = open_files(folder_)
        for _ in range(3):
            append(files, keys(*values), LAYOUTS[0])
        compact(folder_, 1 << 40)
        vacuum(folder_, 0)
        for value in values:
            chosen = prune(table_format.current(files).files, LAYOUTS[0], {"k": [value]})
            table = source([files.url(file.path) for file in chosen])
            count = duckdb.execute(f"SELECT count(*) FROM {table} WHERE k = ?", [value]).fetchone()
            assert count == (3,)


def test_an_engine_that_reads_values_from_paths_gives_the_right_ones_or_takes_the_files(
    tmp_path: Path,
) -> None:
    for number, value in enumerate(["DOMAIN\\user", "x", "x" * 300]):
        uri = str(tmp_path / str(number))
        append(open_files(uri), keys(value), LAYOUTS[0])
        assert duckdb.sql(f"SELECT k FROM '{uri}/data/*/*.parquet'").fetchall() == [(value,)]


def _storable(value: str) -> bool:
    return "\x00" not in value and not any(0xD800 <= ord(letter) < 0xE000 for letter in value)


@pytest.mark.parametrize(
    "change", [lambda p: p.replace("a", "A"), lambda p: p.replace("=", "%3D"), lambda p: f"x/{p}"]
)
def test_a_live_file_that_the_store_spells_otherwise_is_not_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Any
) -> None:
    files = open_files(str(tmp_path))
    append(files, keys("a"), LAYOUTS[0])
    real, gone = Files.entries, []

    def respelled(self: Files, prefix: str) -> list[Entry]:
        found = real(self, prefix)
        if prefix == table_format.LOG:
            return found
        return [
            Entry("/".join([change(e.path.rsplit("/", 1)[0]), e.path.rsplit("/", 1)[1]]), e.bytes, e.modified)
            for e in found
        ]

    monkeypatch.setattr(Files, "entries", respelled)
    monkeypatch.setattr(Files, "delete", lambda self, paths: gone.extend(paths))
    assert vacuum(str(tmp_path), 0) == 0
    assert gone == []


def test_files_of_others_and_folders_without_a_log_are_left_alone(tmp_path: Path) -> None:
    files = open_files(str(tmp_path))
    strange = ["data/part-0000.parquet", "data/notes.txt", "data/k=1/.crc"]
    for path in (*strange, f"data/{'0' * 32}.parquet"):
        files.write(path, b"1")
    assert vacuum(str(tmp_path), 0) == 0  # no log: nothing proves that any of them is dead
    append(files, keys(1), LAYOUTS[0])
    files.write(f"{table_format.LOG}README", b"not a version")
    assert vacuum(str(tmp_path), 0) == 1
    assert {entry.path for entry in files.entries("data/")} >= set(strange)
    assert table_format.current(files).rows == 1


@pytest.mark.parametrize("number", [-1.0, float("nan")])
def test_a_grace_period_or_target_that_is_none_is_refused(tmp_path: Path, number: float) -> None:
    with pytest.raises(ValueError, match="grace_s"):
        vacuum(str(tmp_path), number)
    with pytest.raises(ValueError, match="target_bytes"):
        compact(str(tmp_path), number)  # type: ignore[arg-type]


def test_files_of_another_layout_are_never_left_out() -> None:
    layout = Layout("two", (hashed("k", 2),))
    for file in (
        DataFile("a", 1, 1),
        DataFile("b", 1, 1, {"k-of-3": "1"}),
        DataFile("c", 1, 1, {"day": "1"}),
    ):
        assert prune([file], layout, {"k": [0, 1, 2]}) == [file]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Layout("x", (same("k"), Key("k", "j", np.asarray))), "two keys have one name"),
        (lambda: list(LAYOUTS[0].divide(pa.table({"j": [1]}))), "no column 'k'"),
        (lambda: list(LAYOUTS[0].divide(pa.table({"k": [[1]]}))), "list<"),
        (
            lambda: list(LAYOUTS[0].divide(pa.table({"k": [timedelta(1)]}))),
            "timedelta64 can't name a partition",
        ),
        (
            lambda: list(LAYOUTS[1].divide(pa.table({"k": [timedelta(1)]}))),
            "timedelta64 can't name a partition",
        ),
        (lambda: LAYOUTS[0].wanted({"k": [timedelta(1)]}), "timedelta can't name a partition"),
        (lambda: LAYOUTS[0].wanted({"k": "ab"}), r"Write \['ab'\]"),
        (lambda: hashed("k", 0), "Give at least 1"),
        (lambda: open_files("/tmp/data[1]"), "can't be read back"),
        (lambda: open_files("s3://lake/a%20b"), "can't be read back"),
    ],
)
def test_what_would_lose_rows_is_refused_in_words(wrong: Any, said: str) -> None:
    with pytest.raises(LabError, match=said):
        wrong()
    assert issubclass(PartitionError, LabError)


def test_no_rows_are_no_commit(tmp_path: Path) -> None:
    files = open_files(str(tmp_path))
    assert append(files, keys(type_=pa.int64()), LAYOUTS[0]) == table_format.EMPTY
    assert append(files, keys(1), LAYOUTS[0]).number == 0
    assert append(files, keys(type_=pa.int64()), Layout("none")).number == 0
    assert compact(str(tmp_path / "empty"), 1_000).after == table_format.EMPTY


def test_a_dataset_within_the_folder_of_another_is_not_cleaned_away(tmp_path: Path) -> None:
    outer, inner = open_files(str(tmp_path)), open_files(str(tmp_path / "data" / "k=1"))
    for files in (outer, inner, outer):
        append(files, keys(1), LAYOUTS[0])
    assert vacuum(outer.uri, 0) == 0
    assert fetch(inner, table_format.current(inner).files)["k"].to_pylist() == [1]


def test_the_home_folder_is_the_one_that_an_engine_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    files = open_files("~/lake")
    append(files, keys(1), Layout("none"))
    assert (tmp_path / "lake" / "data").is_dir()
    assert files.url("x") == str(tmp_path / "lake" / "x")


def test_a_folder_whose_name_looks_encoded_is_that_folder(tmp_path: Path) -> None:
    odd = tmp_path / "a%20b"
    append(open_files(str(odd)), keys(1), LAYOUTS[0])
    assert (odd / "data").is_dir()
