"""Kinds of faults that users of Avro's libraries and registries have reported, each with the right answer."""

from __future__ import annotations

import copy
import io
import uuid
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.experiments.schema_evolution import (
    Reader,
    UnreadableError,
    apply_aliases,
    avro_read,
    compatible,
    read_versions,
    write_version,
)
from lab.experiments.schema_evolution.measure.decoders import avro_bare

COLOUR = {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}


def record(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": copy.deepcopy(kind), **more}


def payload(schema: Any, value: Any) -> bytes:
    sink = io.BytesIO()
    fastavro.schemaless_writer(sink, fastavro.parse_schema(copy.deepcopy(schema)), value)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        # the definition moves to a field that comes before, and the old place has the name only
        (
            record("R", field("b", COLOUR)),
            record("R", field("a", ["null", COLOUR], default=None), field("b", "Colour")),
        ),
        (
            record("R", field("x", COLOUR), field("y", "Colour")),
            record("R", field("y", COLOUR), field("x", "Colour")),
        ),
        (
            record("R", field("x", {"type": "array", "items": COLOUR})),
            record(
                "R",
                field("z", ["null", COLOUR], default=None),
                field("x", {"type": "array", "items": "Colour"}),
            ),
        ),
        (
            record("R", field("x", ["null", COLOUR])),
            record("R", field("z", ["null", COLOUR], default=None), field("x", ["null", "Colour"])),
        ),
        # a record, by its name within a namespace
        (
            record("R", field("x", record("In", field("n", "int"))), namespace="s"),
            record(
                "R",
                field("z", ["null", record("In", field("n", "int"))], default=None),
                field("x", "s.In"),
                namespace="s",
            ),
        ),
    ],
)
def test_a_type_that_is_defined_elsewhere_is_the_same_type(writer: Any, reader: Any) -> None:
    assert compatible(reader, writer) == []
    inner = {"n": 1} if "In" in str(writer) else "BLUE"
    value = {item["name"]: [inner] if "array" in str(item["type"]) else inner for item in writer["fields"]}
    raw = payload(writer, value)
    for read in (None, avro_bare):
        found = Reader(reader, read=read).decode(raw, writer)
        assert {name: found[name] for name in value} == value


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        (
            ["int", record("M", field("a", "string"))],
            ["int", record("M", field("a", "string"), field("b", "string"))],
            True,
        ),
        (
            ["int", record("M", field("a", "string"))],
            ["int", record("M", field("a", "string"), field("b", "string", default=""))],
            False,
        ),
        ([record("M", field("a", "string"))], [record("M", field("a", "int"))], True),
    ],
)
def test_a_record_in_a_union_is_looked_into(first: Any, second: Any, broken: bool) -> None:
    assert any(not item.lossy for item in compatible(second, first)) == broken
    nested = [record("R", field("u", part)) for part in (first, second)]
    assert any(not item.lossy for item in compatible(nested[1], nested[0])) == broken


@pytest.mark.parametrize("kind", ["null", ["null", "string"], ["string", "null"]])
def test_a_default_of_null_is_a_default_and_a_missing_one_is_none(kind: Any) -> None:
    assert compatible(record("R", field("n", kind, default=None)), record("R")) == []
    (found,) = compatible(record("R", field("n", kind)), record("R"))
    assert found.kind == "no default"
    assert Reader(record("R", field("n", kind, default=None))).decode(b"", record("R")) == {"n": None}


def test_two_records_of_one_union_are_told_apart_by_their_names() -> None:
    one, two = record("A", field("f", "int")), record("B", field("f", "int"))
    writer = record("R", field("u", [one, two]))
    reader = record(
        "R",
        field(
            "u",
            [
                record("B", field("f", "long"), field("who", "string", default="b")),
                record("A", field("f", "long"), field("who", "string", default="a")),
            ],
        ),
    )
    assert compatible(reader, writer) == []
    raw = payload(writer, {"u": ("B", {"f": 7})})
    assert Reader(reader).decode(raw, writer) == {"u": {"f": 7, "who": "b"}}


def test_documentation_and_order_change_nothing() -> None:
    writer = record(
        "R", field("u", ["null", record("In", field("n", "int"))]), field("s", "string", order="descending")
    )
    reader = copy.deepcopy(writer) | {"doc": "Größe"}
    reader["fields"][0]["type"][1]["doc"] = "inner"
    assert compatible(reader, writer) == []
    assert Reader(reader).decode(payload(writer, {"u": {"n": 1}, "s": "x"}), writer) == {
        "u": {"n": 1},
        "s": "x",
    }


def test_a_type_renamed_by_alias_within_its_namespace_is_read_by_both_libraries() -> None:
    writer = record("Old", field("e", COLOUR), namespace="a.b")
    reader = record(
        "New", field("e", COLOUR | {"name": "Color", "aliases": ["Colour"]}), namespace="a.b", aliases=["Old"]
    )
    assert compatible(reader, writer) == []
    raw = payload(writer, {"e": "RED"})
    assert (
        Reader(reader).decode(raw, writer)
        == Reader(reader, read=avro_bare).decode(raw, writer)
        == {"e": "RED"}
    )
    assert apply_aliases(writer, reader)["name"] == "New"


def test_an_alias_that_two_types_claim_is_not_given_twice() -> None:
    inner = [record(name, field("n", "int")) for name in ("One", "Two")]
    writer = record("R", field("a", inner[0]), field("b", inner[1]))
    both = record("Both", field("n", "int"), aliases=["One", "Two"])
    reader = record("R", field("a", both), field("b", "Both"))
    assert compatible(reader, writer) == []
    raw = payload(writer, {"a": {"n": 1}, "b": {"n": 2}})
    assert Reader(reader).decode(raw, writer) == {"a": {"n": 1}, "b": {"n": 2}}


def test_a_name_that_came_back_for_something_else_is_ambiguous() -> None:
    writer = record("R", field("old", "string"))
    reader = record(
        "R", field("new", "string", aliases=["old"], default="?"), field("old", "string", default="-")
    )
    assert [item.kind for item in compatible(reader, writer)] == ["ambiguous alias"]
    with pytest.raises(UnreadableError, match="alias of new, and a field of its own"):
        Reader(reader).decode(payload(writer, {"old": "x"}), writer)


def test_a_decimal_of_more_digits_than_its_schema_says_is_refused_or_exact() -> None:
    money = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
    plain = record("R", field("m", "bytes"))
    raw = payload(plain, {"m": (10**9 + 1).to_bytes(5, "big")})
    writer = record("R", field("m", money))
    with pytest.raises(UnreadableError, match="does not fit"):
        Reader(writer).decode(raw, writer)


def test_numbers_that_are_no_json_and_huge_ones() -> None:
    schema = record("R", field("d", "double"), field("l", "long"))
    raw = payload(schema, {"d": float("inf"), "l": -(2**63)})
    assert Reader(schema).decode(raw, schema) == {"d": float("inf"), "l": -(2**63)}
    assert Reader(schema).decode(payload(schema, {"d": float("nan"), "l": 0}), schema)["d"] != 0


FIXED = {"type": "fixed", "name": "F", "size": 2}


@pytest.mark.parametrize("read", [None, avro_read])
@pytest.mark.parametrize(
    ("kind", "default", "due"),
    [
        ("bytes", "\u00ff\u0001", b"\xff\x01"),
        (FIXED, "\u0080\u00ff", b"\x80\xff"),
        (["bytes", "null"], "\u00e9", b"\xe9"),
        ({"type": "array", "items": "bytes"}, ["\u00ff", ""], [b"\xff", b""]),
        ({"type": "map", "values": FIXED}, {"k": "\u00ff\u00ff"}, {"k": b"\xff\xff"}),
        (record("In", field("b", "bytes", default="\u00ff")), {}, {"b": b"\xff"}),
        ("double", 1, 1.0),
    ],
)
def test_a_default_is_the_value_that_the_specification_has_for_it_on_either_library(
    read: Any, kind: Any, default: Any, due: Any
) -> None:
    reader = record("R", field("d", kind, default=default))
    assert Reader(reader, read=read).decode(b"", record("R")) == {"d": due}


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
    ],
)
def test_a_default_that_apaches_library_has_no_value_for_is_refused(kind: Any) -> None:
    reader = record("R", field("d", kind, default=0 if kind["type"] == "long" else "\u0001"))
    with pytest.raises(UnreadableError):
        Reader(reader, read=avro_read).decode(b"", record("R"))
    assert Reader(reader).decode(b"", record("R"))


@pytest.mark.parametrize("read", [None, avro_read])
@pytest.mark.filterwarnings("ignore:Logical type uuid")
def test_a_uuid_of_sixteen_bytes_is_read_as_they_are(read: Any) -> None:
    schema = record("R", field("u", {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}))
    raw = uuid.UUID(int=2**127 + 1).bytes
    assert Reader(schema, read=read).decode(raw, schema) == {"u": raw}


LETTERS = {"type": "enum", "name": "E", "symbols": ["A", "B"]}


@pytest.mark.parametrize(
    ("old", "new", "rows", "due"),
    [
        (
            record("In", field("a", "int")),
            record("In", field("a", "long"), field("b", "string", default="-")),
            [{"a": 1}],
            [{"a": 1, "b": "-"}],
        ),
        (
            record("In", field("a", "int"), field("c", "int")),
            record("In", field("c", "int"), field("z", "int", aliases=["a"])),
            [{"a": 1, "c": 2}],
            [{"c": 2, "z": 1}],
        ),
        (LETTERS, LETTERS | {"symbols": ["A"], "default": "A"}, ["A", "B"], ["A", "A"]),
        (["null", record("In", field("a", "int"))],) * 2 + ([None, {"a": 1}],) * 2,
        ({"type": "array", "items": "int"}, {"type": "array", "items": "long"}, [[1], []], [[1], []]),
    ],
)
def test_items_of_a_list_in_parquet_follow_the_rules_as_the_row_does(
    old: Any, new: Any, rows: Any, due: Any, tmp_path: Path
) -> None:
    def listed(items: Any) -> Any:
        return record("R", field("x", ["null", {"type": "array", "items": items}]))

    path = tmp_path / "1.parquet"
    write_version(path, [{"x": rows}, {"x": []}, {"x": None}, {"x": rows}], listed(old))
    found = read_versions([path], listed(new)).to_pylist()
    assert found == [{"x": due}, {"x": []}, {"x": None}, {"x": due}]


@pytest.mark.parametrize(
    "kind", ["string", LETTERS, {"type": "array", "items": "int"}, record("In", field("a", "int"))]
)
def test_a_column_without_a_value_that_was_written_as_null_type_is_null(kind: Any, tmp_path: Path) -> None:
    schema = record("R", field("n", "int"), field("x", ["null", kind]))
    write_version(tmp_path / "1.parquet", [], schema)
    metadata = pq.read_schema(tmp_path / "1.parquet").metadata
    table = pa.table({"n": pa.array([1, 2], pa.int32()), "x": pa.nulls(2)}).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "2.parquet")
    assert read_versions([tmp_path / "2.parquet"], schema).to_pylist() == [
        {"n": 1, "x": None},
        {"n": 2, "x": None},
    ]


def test_an_accepted_loss_gives_the_nearest_number_and_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    write_version(path, [{"n": 2**24 + 1}], record("R", field("n", "long")))
    rounded = read_versions([path], record("R", field("n", "float")), accept=("precision",))
    assert rounded.to_pylist() == [{"n": float(2**24)}]
    write_version(path, [{"n": b"\xff"}], record("R", field("n", "bytes")))
    with pytest.raises(UnreadableError, match=r"1\.parquet: "):
        read_versions([path], record("R", field("n", "string")), accept=("encoding",))
