"""Values in one form, the types that hold them, files that hold them. No database is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from etl import LoadError
from etl.__main__ import read_csv
from etl.batch import Batch
from etl.evidence import alike, linear, recoded, wilson_low
from etl.values import as_type, misfits, texts, type_of, widened
from test_drift import TARGET

DAY = datetime(2024, 1, 31, 10, tzinfo=UTC)


def test_values_in_one_form() -> None:
    column = pd.Series(
        [1, 1.0, True, None, float("nan"), pd.NA, "01", Decimal("1.50"), 2**70, float("inf")], dtype=object
    )
    assert list(texts(column)) == ["1", "1", "true", None, None, None, "01", "1.5", str(2**70), "inf"]


@pytest.mark.parametrize(
    ("values", "type"),
    [
        ([1, None], "integer"),
        ([2**31], "bigint"),
        ([2**63], "numeric"),
        ([1.5], "double precision"),
        ([Decimal("1.5")], "numeric"),
        ([True, None], "boolean"),
        ([True, 1], "text"),
        ([1, "1"], "text"),
        ([None], "text"),
        ([pd.Timestamp("1950-01-01")], "timestamp"),
        ([pd.Timestamp("2024-03-31 02:30", tz="UTC")], "timestamptz"),
    ],
)
def test_the_narrowest_type_that_holds_the_values(values: list, type: str) -> None:
    assert type_of(pd.Series(values, dtype=object)) == type


def test_types_widen_without_loss_or_not_at_all() -> None:
    assert widened("integer", ["2147483648"]) == "bigint" and widened("integer", ["1.5"]) == "numeric"
    assert widened("integer", ["x"]) is None and widened("double precision", [str(2**53 + 1)]) is None
    assert misfits(["0517", "5", None], "integer") == ["0517"]
    assert misfits(["2024-01-01T00:00:00.123456789"], "timestamp") and not misfits(["2024-02-29"], "date")


def test_evidence() -> None:
    x = texts(pd.Series(range(100)))
    assert linear(x, texts(pd.Series([n * 60 + 5 for n in range(100)]))) == pytest.approx((60, 5))
    assert linear(x, texts(pd.Series([n * n for n in range(100)]))) is None
    assert recoded(texts(pd.Series(["a", "b"] * 50)), texts(pd.Series(["x", "y"] * 50))) == 2
    assert wilson_low(188, 188) < 0.98 <= wilson_low(189, 189)
    assert alike("depTime", "DEP-TIME") == 1 and alike("x", "dep_time") < 0.5


@pytest.mark.parametrize("code", ["1.10", "1E5", "0517", "5.0", "+5", "1_000"])
def test_codes_in_a_csv_file_that_look_like_numbers_keep_their_spelling(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.csv").write_text(f"code,paid\n{code},2.5\n7,\n")
    frame = read_csv(tmp_path / "a.csv")
    assert list(frame["code"]) == [code, "7"] and list(frame["paid"]) == [Decimal("2.5"), None]


@pytest.mark.parametrize("line", ["1,2,3", "1", "1,2,"])
def test_a_line_with_more_or_fewer_fields_than_the_header_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1,2\n{line}\n")
    with pytest.raises(LoadError, match="line 3"):
        read_csv(tmp_path / "a.csv")


def test_a_byte_order_mark_a_line_break_in_quotes_and_a_name_twice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('\ufeffid,note\r\n1,"two\nlines"\r\n'.encode())
    assert read_csv(tmp_path / "a.csv").to_dict("list") == {"id": [1], "note": ["two\nlines"]}
    (tmp_path / "a.csv").write_text("id,id\n1,2\n")
    with pytest.raises(LoadError, match="two columns are called 'id'"):
        Batch.of(read_csv(tmp_path / "a.csv"), "a", TARGET)


@pytest.mark.parametrize(
    ("type", "written", "kept"),
    [
        ("integer", "5.00", "5"),
        ("numeric", "1e3", "1000"),
        ("numeric", "-0.0", "0"),
        ("integer", "0517", "0517"),
        ("boolean", "True", "true"),
        ("boolean", "F", "false"),
        ("boolean", "0", "0"),
        ("date", "2024-01-31T00:00:00", "2024-01-31"),
        ("date", "2024-01-31T00:00:01", "2024-01-31T00:00:01"),
        ("timestamp", "2024-01-31 10:00", "2024-01-31T10:00:00"),
        ("timestamp", "2024-01-31T10:00Z", "2024-01-31T10:00Z"),
        ("timestamp", "2024-W05-3", "2024-W05-3"),
        ("timestamptz", "2024-01-31 11:00:00+01:00", "2024-01-31T10:00:00+00:00"),
        ("double precision", "0.10", "0.1"),
        ("text", "1.50", "1.50"),
    ],
)
def test_a_value_is_compared_as_its_columns_type_gives_it_back(type: str, written: str, kept: str) -> None:
    assert list(as_type(texts(pd.Series([written, None], dtype=object)), type)) == [kept, None]


@pytest.mark.parametrize(
    ("values", "type"),
    [
        ([datetime(2024, 1, 1), DAY], "text"),
        ([pd.Timestamp("2024-01-01T00:00:00.123456789")], "text"),
        ([Decimal("0.1234567890123456789")], "numeric"),
        ([2**53 + 1, 0.5], "numeric"),
        ([float("inf"), 1.5], "double precision"),
    ],
)
def test_a_type_that_would_lose_something_is_not_taken(values: list, type: str) -> None:
    column = pd.Series(values, dtype=object)
    assert type_of(column) == type and misfits(texts(column), type) == []


def test_a_decimal_longer_than_a_float_does_not_fit_a_float() -> None:
    assert misfits(["0.1234567890123456789", "9007199254740993"], "double precision") == [
        "0.1234567890123456789",
        "9007199254740993",
    ]
    assert misfits(["9" * 5_000], "bigint") == ["9" * 5_000] and not misfits(
        ["0.1", "1e22"], "double precision"
    )
