"""The oracle against two libraries, the reader against known faults of theirs, migration, Parquet."""

from __future__ import annotations

import copy
import io
import struct
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.experiments.schema_evolution import (
    Reader,
    UnreadableError,
    apply_aliases,
    convert,
    history,
    read_versions,
    write_version,
)
from lab.experiments.schema_evolution.kit.evolution.decoding import conform
from lab.experiments.schema_evolution.kit.evolution.libraries import fastavro_read, native
from lab.experiments.schema_evolution.kit.evolution.schema import load
from lab.experiments.schema_evolution.measure.decoders import avro_bare, decoders, fastavro_bare, fate
from lab.experiments.schema_evolution.oracle.binary import Chosen, encode, plan
from lab.experiments.schema_evolution.oracle.resolution import RefusedError, resolve, same
from lab.experiments.schema_evolution.workload.fuzz import pairs, valid
from lab.experiments.schema_evolution.workload.values import values

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}


def record(*fields: dict[str, Any], name: str = "R") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(kind: Any, name: str = "f", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def payload(schema: Any, value: Any) -> bytes:
    sink = io.BytesIO()
    fastavro.schemaless_writer(sink, fastavro.parse_schema(copy.deepcopy(schema)), value)
    return sink.getvalue()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_the_oracles_bytes_are_what_both_libraries_read(seed: int) -> None:
    """One schema for both: its own value must come back, through two libraries that know nothing of the encoder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (pair,) = pairs(1, seed)
        written = plan(pair.writer)
        for value in values(written, 4, seed):
            try:
                due = resolve(value, written, written)
            except RefusedError:  # bytes of [string, bytes], no text: read by the first branch that matches
                continue
            raw = encode(value, written)
            if due.losses or _text_and_bytes(
                pair.writer
            ):  # so is a long of [float, long], and text of [bytes, string]
                continue
            assert same(fastavro_bare(raw, pair.writer, pair.writer), due.value)
            assert same(avro_bare(raw, pair.writer, pair.writer), due.value)


def _text_and_bytes(schema: object) -> bool:
    """Whether a union of it has both."""
    if isinstance(schema, dict):
        return any(map(_text_and_bytes, schema.values()))
    if not isinstance(schema, list):
        return False
    return {"bytes", "string"} <= {item for item in schema if isinstance(item, str)} or any(
        map(_text_and_bytes, schema)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_the_checker_and_the_reader_hold_on_pairs_that_no_run_has_drawn(seed: int) -> None:
    (pair,) = pairs(1, f"test/{seed}")  # type: ignore[arg-type]
    found = fate(pair.reader, pair.writer, 8, seed, dict(list(decoders().items())[:1]))
    (own,) = found.decoded.values()
    assert own != "silent", (pair, found)
    if found.verdict == "compatible":
        assert (found.truth, own) == ("right", "right"), pair
    if found.verdict == "lossy":
        assert found.truth in ("right", "lossy", "refused"), pair


def test_values_reach_every_branch_and_symbol() -> None:
    schema = record(
        field(["null", "int", "string"]), field({"type": "enum", "name": "E", "symbols": list("ABCDE")}, "e")
    )
    drawn = list(values(plan(schema), 5, 1))
    assert {value["f"].branch for value in drawn} == {0, 1, 2}
    assert {value["e"] for value in drawn} == set("ABCDE")


@pytest.mark.parametrize(
    ("writer", "reader", "value", "due", "losses"),
    [
        ("long", "float", 2**24 + 1, float(2**24), ["precision"]),
        ("long", "float", 2**24, float(2**24), []),
        ("long", "double", 2**53 + 1, float(2**53), ["precision"]),
        (DECIMAL, {**DECIMAL, "scale": 4}, b"\x64", Decimal("0.0100"), ["logical type"]),
        (DECIMAL, {**DECIMAL, "scale": 4}, b"\x00", Decimal("0"), []),
        (
            {"type": "enum", "name": "E", "symbols": ["A", "B"]},
            {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"},
            "B",
            "A",
            ["enum default"],
        ),
    ],
)
def test_what_a_jvm_reader_would_lose_is_worked_out(
    writer: Any, reader: Any, value: Any, due: Any, losses: list[str]
) -> None:
    found = resolve(value, plan(writer), plan(reader))
    assert found.value == due
    assert found.losses == losses


@pytest.mark.parametrize(
    ("writer", "reader", "value"), [("long", "int", 1), ("string", "int", "1"), ("null", ["int"], None)]
)
def test_the_oracle_refuses_what_the_rules_refuse(writer: Any, reader: Any, value: Any) -> None:
    with pytest.raises(RefusedError):
        resolve(value, plan(writer), plan(reader))


def test_same_tells_types_apart_that_python_calls_equal() -> None:
    assert (
        not same(True, 1)
        and not same(1, True)
        and not same("a", b"a")
        and not same({"a": 1}, {"a": 1, "b": 2})
    )
    assert same(16777217, float(2**24)) and same(float("nan"), float("nan")) and not same(None, 0)


def test_avro_ignores_an_alias_and_the_reader_does_not() -> None:
    writer = record(field("string", "old"))
    reader = record(field("string", "new", aliases=["old"], default="?"))
    raw = payload(writer, {"old": "kept"})
    assert avro_bare(raw, writer, reader) == {"new": "?"}  # silently
    assert Reader(reader, read=avro_bare).decode(raw, writer) == {"new": "kept"}
    assert Reader(reader).decode(raw, writer) == {"new": "kept"}
    assert apply_aliases(writer, reader)["fields"] == [{"name": "new", "type": "string"}]


def test_a_default_of_bytes_or_of_a_logical_type_has_the_readers_type() -> None:
    writer = record(field("int"))
    reader = record(
        field("int"),
        field("bytes", "raw", default="\u00ff"),
        field(DECIMAL, "price", default="\u0001\u0000"),
        field({"type": "int", "logicalType": "date"}, "day", default=1),
        field({"type": "long", "logicalType": "timestamp-millis"}, "at", default=1000),
        field(["null", "string"], "note", default=None),
        field({"type": "array", "items": "int"}, "many", default=[]),
    )
    raw = payload(writer, {"f": 1})
    assert fastavro_bare(raw, writer, reader)["raw"] == "\u00ff"  # text, where bytes are due
    found = Reader(reader).decode(raw, writer)
    assert found["raw"] == b"\xff" and found["price"] == Decimal("2.56") and found["day"] == date(1970, 1, 2)
    assert found["at"] == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    found["many"].append(1)
    assert Reader(reader).decode(raw, writer)["many"] == []  # nobody shares a default


def test_a_message_of_another_schema_is_refused_though_its_bytes_can_be_read() -> None:
    one = record(field("string", "a"), field("string", "b"))
    other = record(field("string", "a"))
    raw = payload(one, {"a": "x", "b": "y"})
    assert fastavro_bare(raw, other, other) == {"a": "x"}
    with pytest.raises(UnreadableError, match="bytes of the message are left over"):
        Reader(other).decode(raw, other)
    with pytest.raises(UnreadableError):
        Reader(other).decode(b"", other)


def test_a_loss_that_is_not_accepted_is_refused_before_the_first_message() -> None:
    writer, reader = record(field("long")), record(field("float"))
    raw = payload(writer, {"f": 1})
    with pytest.raises(UnreadableError, match="/f: long is read as float") as caught:
        Reader(reader).decode(raw, writer)
    assert [item.kind for item in caught.value.breaks] == ["precision"]
    assert Reader(reader, accept=("precision",)).decode(raw, writer) == {"f": 1.0}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "int"),
        (1, "boolean"),
        ("a", "bytes"),
        (b"a", "string"),
        (None, "string"),
        (1.5, "long"),
        ("Z", {"type": "enum", "name": "E", "symbols": ["A"]}),
    ],
)
def test_a_value_of_another_type_does_not_conform(value: Any, kind: Any) -> None:
    with pytest.raises(UnreadableError):
        conform(value, load(kind))


def test_native_fills_a_records_default_from_its_fields() -> None:
    inner = record(field("int", "x", default=3), field("string", "y"), name="In")
    assert native({"y": "given"}, load(inner)) == {"x": 3, "y": "given"}


@pytest.mark.parametrize(
    ("value", "source", "target", "words"),
    [
        (2**31, "long", "int", "2147483648 is no int"),
        (float("nan"), "double", "long", "nan is no long"),
        (float("inf"), "double", "int", "inf is no int"),
        (2**53 + 1, "long", "double", "the nearest one is"),
        (0.1, "double", "float", "the nearest one is"),
        (b"\xff", "bytes", "string", "no text in UTF-8"),
        ("x", "string", "int", "no exact counterpart"),
        (Decimal("1.23"), DECIMAL, {**DECIMAL, "scale": 1}, "does not fit"),
        (Decimal("9999.99"), DECIMAL, {**DECIMAL, "precision": 4}, "does not fit"),
        (None, ["null", "int"], "int", "no exact counterpart"),
        (
            "C",
            {"type": "enum", "name": "E", "symbols": ["A", "C"]},
            {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"},
            "E has no C",
        ),
    ],
)
def test_migration_refuses_what_has_no_exact_counterpart(
    value: Any, source: Any, target: Any, words: str
) -> None:
    with pytest.raises(UnreadableError, match=words):
        convert(value, source, target)


def test_migration_does_what_can_be_done_exactly() -> None:
    assert convert(7, "long", "int") == 7
    assert convert(7, "int", ["null", "long"]) == 7
    assert convert(float("nan"), "double", "double") != convert(float("nan"), "double", "double")
    assert convert(Decimal("1.20"), DECIMAL, {**DECIMAL, "scale": 1}) == Decimal("1.2")
    letters = {"type": "enum", "name": "E", "symbols": ["A", "C"]}
    assert convert("C", letters, {**letters, "symbols": ["A"]}, symbols={"C": "A"}) == "A"
    new = record(field("string", "new", aliases=["old"]))
    assert convert({"new": "v"}, new, record(field("string", "old"))) == {"old": "v"}


def test_every_order_of_the_history_goes_up_to_the_latest_version() -> None:
    schemas = history()
    for schema in schemas:
        own = plan(schema)
        for raw in values(own, 6, 1):
            value = resolve(raw, own, own).value
            assert same(convert(value, schema, schemas[-1]), resolve(raw, own, plan(schemas[-1])).value)


def test_parquet_files_of_several_versions_read_as_one(tmp_path: Path) -> None:
    old = record(field("int", "n"), field("string", "who"))
    new = record(
        field("string", "name", aliases=["who"]),
        field("long", "n"),
        field(["null", "string"], "note", default=None),
    )
    write_version(tmp_path / "1.parquet", [{"n": 1, "who": "Zoë"}], old)
    write_version(tmp_path / "2.parquet", [{"name": "b", "n": 2**40, "note": "x"}], new)
    write_version(tmp_path / "3.parquet", [], new)
    table = read_versions(sorted(tmp_path.glob("*.parquet")), new)
    assert table.to_pylist() == [
        {"name": "Zoë", "n": 1, "note": None},
        {"name": "b", "n": 2**40, "note": "x"},
    ]
    assert read_versions([], new).num_rows == 0
    with pytest.raises(UnreadableError, match=r"2.parquet: .*/n"):
        read_versions(sorted(tmp_path.glob("*.parquet")), old)
    pq.write_table(pa.table({"n": [1]}), tmp_path / "4.parquet")
    with pytest.raises(UnreadableError, match=r"4.parquet: there is no Avro schema in it"):
        read_versions([tmp_path / "4.parquet"], new)
    with pytest.raises(UnreadableError, match="a column has one type"):
        write_version(tmp_path / "5.parquet", [], record(field(["int", "string"])))


def test_a_struct_that_is_null_stays_null_in_parquet(tmp_path: Path) -> None:
    inner = record(field("int", "x"), name="In")
    more = record(field("long", "x"), field("string", "y", default="-"), name="In")
    old, new = record(field(["null", inner], "s")), record(field(["null", more], "s"))
    write_version(tmp_path / "1.parquet", [{"s": None}, {"s": {"x": 1}}], old)
    assert read_versions([tmp_path / "1.parquet"], new).to_pylist() == [
        {"s": None},
        {"s": {"x": 1, "y": "-"}},
    ]


def test_an_encoded_union_names_its_branch() -> None:
    assert encode(Chosen(1, "a"), plan(["null", "string"])) == b"\x02\x02a"
    assert encode(-(2**63), plan("long")) == b"\xff" * 9 + b"\x01"
    assert encode(1.0, plan("float")) == struct.pack("<f", 1.0)
    assert (
        fastavro_read(
            encode([], plan({"type": "array", "items": "int"})),
            {"type": "array", "items": "int"},
            {"type": "array", "items": "int"},
        )
        == []
    )


def test_a_schema_without_a_finite_value_is_not_drawn() -> None:
    def chain(kind: Any) -> Any:
        return record(field("int"), field(kind, "next"))

    assert valid(chain(["null", "R"])) and valid(chain({"type": "array", "items": "R"}))
    assert (
        not valid(chain("R")) and not valid(chain(["R"])) and not valid(chain([record(field("R"), name="S")]))
    )
