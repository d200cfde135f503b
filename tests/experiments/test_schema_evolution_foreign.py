"""Kinds of faults that users of Avro's libraries and registries have reported, each with the right answer."""

from __future__ import annotations

import copy
import io
from typing import Any

import fastavro
import pytest

from lab.experiments.schema_evolution import Reader, UnreadableError, apply_aliases, compatible
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
