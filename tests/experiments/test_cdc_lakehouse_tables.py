"""Any table: names, keys and types of the source, as the sink puts them into SQL and into values."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.cdc_lakehouse.kit.sink import values
from lab.experiments.cdc_lakehouse.kit.sink.change import parse, parse_end
from lab.experiments.cdc_lakehouse.kit.sink.lake import merge_sql, quoted
from lab.experiments.cdc_lakehouse.kit.sink.position import ExpiredError, Position, Settled, Version, resumed
from lab.experiments.cdc_lakehouse.kit.sink.source import Table
from lab.experiments.cdc_lakehouse.kit.sink.values import UnreadableValueError, of_lake, of_postgres, staged

ODD = ["e-mail", "first name", "a.b", "o'clock", "select", "Größe", "back`tick", '"quoted"', "100%", "{x}"]


@pytest.mark.parametrize("name", ODD)
def test_a_name_of_any_kind_is_quoted_wherever_it_stands(name: str) -> None:
    columns = {name: of_postgres("bigint"), "other": of_postgres("text")}
    sql = merge_sql("t", columns, [name], True, {"other"})
    assert sql.count(quoted(name)) == 5 and name not in sql.replace(quoted(name), "")
    assert quoted(name).strip("`").replace("``", "`") == name


def test_the_merge_deletes_what_a_truncate_left_only_when_there_was_one() -> None:
    columns = {"id": of_postgres("bigint"), "note": of_postgres("text")}
    assert "NOT MATCHED BY SOURCE" in merge_sql("t", columns, ["id"], True)
    assert "NOT MATCHED BY SOURCE" not in merge_sql("t", columns, ["id"], False)


def test_a_key_of_several_columns_is_matched_by_all_of_them() -> None:
    columns = {"a": of_postgres("text"), "b": of_postgres("uuid"), "n": of_postgres("integer")}
    sql = merge_sql("t", columns, ["a", "b"], False, {"n"})
    assert "t.`a` = c.c0 AND t.`b` = c.c1" in sql and "b.`a` = s.b0 AND b.`b` = s.b1" in sql


def event(key: dict, **more: object) -> tuple[bytes, bytes]:
    source = {"lsn": 5, "txId": 7, "snapshot": "false"}
    told = {"op": "u", "after": {}, "source": source, "transaction": {"total_order": 1}} | more
    return json.dumps(key).encode(), json.dumps(told).encode()


@pytest.mark.parametrize(
    ("key", "columns", "found"),
    [
        ({"id": 1}, ["id"], (1,)),
        ({"b": "x", "a": 1}, ["a", "b"], (1, "x")),
        ({"u": "7a6ff8c1-96f9-4c4a-9df8-0b1d0a3c0a00"}, ["u"], ("7a6ff8c1-96f9-4c4a-9df8-0b1d0a3c0a00",)),
        ({"n": ["a", 1]}, ["n"], ('["a", 1]',)),
    ],
)
def test_any_primary_key_is_read(key: dict, columns: list[str], found: tuple) -> None:
    change = parse(*event(key), columns=columns)
    assert change is not None and change.key == found and hash(change.key)


WITH_SCHEMA = json.dumps({"schema": {"type": "struct"}, "payload": {"op": "c"}}).encode()


@pytest.mark.parametrize(
    "told",
    [WITH_SCHEMA, b'{"id": 1, "__deleted": "false"}', b"\x00\x00\x00\x00\x01\xffAvro", b"[]", b"7"],
)
def test_what_another_converter_or_a_transform_made_of_an_event_is_refused_in_words(told: bytes) -> None:
    with pytest.raises(ValueError, match=r"JsonConverter with schemas\.enable=false"):
        parse(b'{"id": 1}', told, columns=("id",))
    with pytest.raises(ValueError, match=r"JsonConverter with schemas\.enable=false"):
        parse_end(told)


@pytest.mark.parametrize(("sequence", "position"), [('["300","301"]', 300), ('[null,"301"]', 0), (None, 0)])
def test_a_row_read_in_mid_stream_stands_behind_the_last_commit_told_before_it(
    sequence: str | None, position: int
) -> None:
    """Debezium gives it no position of its own."""
    source = {"lsn": None, "txId": None, "snapshot": "incremental", "sequence": sequence}
    change = parse(*event({"id": 1}, op="r", source=source, transaction=None))
    assert change is not None and change.incremental and (change.lsn, change.xid) == (position, None)


def test_a_change_of_another_table_that_has_the_same_topic_is_passed_over() -> None:
    """`order lines` and `order_lines` both become order_lines."""
    source = {"lsn": 5, "txId": 7, "snapshot": "false", "schema": "bank", "table": "order_lines"}
    told = event({"id": 1}, source=source)
    assert parse(*told, columns=["id"], table="bank.order lines") is None
    assert parse(*told, columns=["id"], table="bank.order_lines") is not None


def test_another_key_than_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="the table's primary key is"):
        parse(*event({"id": 1}), columns=["a", "b"])


@pytest.mark.parametrize(
    ("kind", "told", "value"),
    [
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("numeric(20,2)", "12.30", Decimal("12.30")),
        (
            "numeric(38,18)",
            "99999999999999999999.000000000000000001",
            Decimal("99999999999999999999.000000000000000001"),
        ),
        ("numeric", "1.500", "1.500"),
        ("numeric", "NAN", "NaN"),
        ("numeric", "NEGATIVE_INFINITY", "-Infinity"),
        ("bit(1)", True, "1"),
        ("bit(10)", "Aw==", "0000000011"),
        ("bit(16)", "AIA=", "1000000000000000"),
        ("numeric(5,-2)", "100", "100"),
        ("numeric(50,2)", "1.00", "1.00"),
        ("double precision", "NaN", "nan"),
        ("double precision", "-Infinity", "-inf"),
        ("real", 0.5, 0.5),
        ("boolean", False, False),
        ("bytea", "AP8=", b"\x00\xff"),
        ("date", -735_000, -735_000),
        ("timestamp(3) with time zone", "1969-12-31T23:59:59.999999Z", -1),
        ("timestamp with time zone", "2024-01-01T00:30:00+00:30", 1_704_067_200_000_000),
        ("timestamp(0) without time zone", 1, 1),
        ("time(3) without time zone", 36_672_500_000, "10:11:12.5"),
        ("time without time zone", 86_400_000_000, "24:00:00"),
        ("text", "é\u0000", "é\u0000"),
        ("text[]", ["a", None, 'b "c"', "é"], '["a",null,"b \\"c\\"","é"]'),
        ("integer[]", [1, None], "[1,null]"),
        ("point", {"x": 1.5, "wkb": "AA=="}, '{"x":1.5,"wkb":"AA=="}'),
        ("jsonb", '{"a": 1}', '{"a": 1}'),
        ("money", "1.23", "1.23"),
    ],
)
def test_a_value_of_any_type_arrives_as_it_was(kind: str, told: object, value: object) -> None:
    (found, nothing) = staged("t.c", of_postgres(kind), [told, None]).to_pylist()
    assert nothing is None
    assert str(found) == value if isinstance(found, float) and isinstance(value, str) else found == value


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("numeric(10,2)", "NaN"),
        ("numeric(10,2)", "1.234"),
        ("numeric(4,2)", "123.45"),
        ("integer", 2**31),
        ("integer", "x"),
        ("integer", True),
        ("boolean", "yes"),
        ("date", 2**40),
        ("date", 2_146_033_979),  # infinity, as Debezium 3.7 tells it
        ("date", -2_147_472_691),
        ("date", -622_191_234),  # the same, read by a snapshot
        ("timestamp with time zone", "infinity"),
        ("timestamp without time zone", 9_223_371_331_200_000_000),
        ("bytea", "no base64!"),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_never_bent(kind: str, told: object) -> None:
    with pytest.raises(UnreadableValueError, match=r"bank\.t\.c holds .* no .* of Iceberg's"):
        staged("bank.t.c", of_postgres(kind), [None, told])


@given(st.datetimes(timezones=st.just(datetime.UTC)))
def test_a_time_with_a_zone_is_its_microseconds(moment: datetime.datetime) -> None:
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    assert values.micros(moment.isoformat()) == since // datetime.timedelta(microseconds=1)


@given(st.integers(-4700, 12_000), st.integers(1, 12), st.integers(1, 28))
def test_years_of_any_number_are_counted_as_numpy_counts_them(year: int, month: int, day: int) -> None:
    """0 is 1 BC."""
    years = f"{'-' if year < 0 else '+' if year > 9999 else ''}{abs(year):04d}"
    plain = f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}T12:00:00.5"
    told = f"{years}-{month:02d}-{day:02d}T12:00:00.5Z"
    assert values.micros(told) == int(np.datetime64(plain, "us").astype(int))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_decimal_is_exact(value: Decimal) -> None:
    assert staged("c", of_postgres("numeric(20,4)"), [str(value)]).to_pylist() == [value]


@pytest.mark.parametrize(
    ("held", "wanted", "fits"),
    [
        ("BIGINT", "integer", True),
        ("INT", "bigint", False),
        ("DOUBLE", "real", True),
        ("DECIMAL(38,2)", "numeric(20,2)", True),
        ("DECIMAL(20,2)", "numeric(20,4)", False),
        ("STRING", "numeric", True),
        ("STRING", "date", False),
        ("TIMESTAMP", "timestamp without time zone", False),
    ],
)
def test_a_column_of_the_lake_holds_the_sources_type_or_not(held: str, wanted: str, fits: bool) -> None:
    assert values.holds(of_lake(held), of_postgres(wanted)) == fits
    assert pa.types.is_string(of_lake("struct<a:int>").staged)


@pytest.mark.parametrize(
    ("name", "topic"),
    [("account", "p.bank.account"), ("order lines", "p.bank.order_lines"), ("Größe", "p.bank.Gr__e")],
)
def test_a_topic_is_named_as_debezium_names_it(name: str, topic: str) -> None:
    assert Table("bank", name, {}, ()).topic("p") == topic


HERE, LATER = Position({0: 5}, 3), Position({0: 9}, 7)


@pytest.mark.parametrize(
    ("current", "versions", "settled", "found"),
    [
        (None, {}, None, None),
        (1, {1: Version(None, HERE.text())}, None, HERE),
        # A compaction's snapshot has no position; it belongs to the batch before it.
        (2, {1: Version(None, HERE.text()), 2: Version(1, None)}, None, HERE),
        # All but the compaction's snapshot were expired: the table itself says what it holds.
        (2, {2: Version(1, None)}, Settled(1, HERE), HERE),
        (3, {2: Version(1, None), 3: Version(2, None)}, Settled(2, HERE), HERE),
        # Nothing was written for long: the table says how far that was looked at.
        (1, {1: Version(None, HERE.text())}, Settled(1, LATER), LATER),
        # A batch that was committed and not yet noted.
        (2, {1: Version(None, HERE.text()), 2: Version(1, LATER.text())}, Settled(1, HERE), LATER),
        # Rolled back to an older snapshot.
        (1, {1: Version(None, HERE.text()), 2: Version(1, LATER.text())}, Settled(2, LATER), HERE),
        # Another's table.
        (1, {1: Version(None, None)}, None, None),
    ],
)
def test_a_position_survives_compaction_and_expiry(
    current: int | None, versions: dict, settled: Settled | None, found: Position | None
) -> None:
    assert resumed("t", current, versions, settled) == found
    assert settled is None or Settled.of(settled.text()) == settled


@pytest.mark.parametrize("settled", [None, Settled(1, HERE)])
def test_a_position_that_may_have_been_expired_is_refused_and_not_begun_anew(settled: Settled | None) -> None:
    with pytest.raises(ExpiredError, match=r"snapshots of t were expired .* cdc\.settled"):
        resumed("t", 4, {4: Version(3, None)}, settled)
