"""The checker: each kind of break by hand, an independent table of pairs, the modes, and what is no schema."""

from __future__ import annotations

import copy
import unittest
from typing import Any

import pytest

from lab.experiments.schema_evolution import MODES, SchemaError, check, compatible, history
from lab.experiments.schema_evolution.judge import counts
from lab.experiments.schema_evolution.measure.decoders import verdict
from lab.experiments.schema_evolution.workload.orders import BAD, CHANGES

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}


def record(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    """A record of fields, each a type (named f0, f1, ...) or a whole field."""
    made = [
        field
        if isinstance(field, dict)
        and "name" in field
        and "type" in field
        and "fields" not in field
        and field.get("type") not in ("enum", "fixed")
        else {"name": f"f{place}", "type": field}
        for place, field in enumerate(fields)
    ]
    return {"type": "record", "name": name, "fields": made, **more}


def enum(symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def kinds(reader: Any, writer: Any) -> set[tuple[str, bool]]:
    return {(item.kind, item.lossy) for item in compatible(reader, writer)}


@pytest.mark.parametrize(
    ("reader", "writer", "expected"),
    [
        (record("int"), record("int"), set()),
        (record({"name": "b", "type": "int"}), record({"name": "a", "type": "int"}), {("no default", False)}),
        (record({"name": "b", "type": "int", "default": 1}), record({"name": "a", "type": "int"}), set()),
        (record({"name": "b", "type": "int", "aliases": ["a"]}), record({"name": "a", "type": "int"}), set()),
        (record("long"), record("int"), set()),
        (record("int"), record("long"), {("type", False)}),
        (record("float"), record("long"), {("precision", True)}),
        (record("double"), record("int"), set()),
        (record("double"), record("long"), {("precision", True)}),
        (record("string"), record("bytes"), {("encoding", True)}),
        (record("bytes"), record("string"), set()),
        (record(enum("AB")), record(enum("ABC")), {("enum symbol", False)}),
        (record(enum("AB", default="A")), record(enum("ABC")), {("enum default", True)}),
        (record(enum("ABC")), record(enum("AB")), set()),
        (
            record({"type": "fixed", "name": "F", "size": 2}),
            record({"type": "fixed", "name": "F", "size": 3}),
            {("fixed size", False)},
        ),
        (record(["null", "int"]), record("int"), set()),
        (record("int"), record(["null", "int"]), {("type", False)}),
        (record(["null", "int"]), record(["null", "int", "string"]), {("union branch", False)}),
        (record("int", name="A"), record("int", name="B"), {("name", False)}),
        (record("int", name="A", aliases=["B"]), record("int", name="B"), set()),
        (record("int", name="x.A"), record("int", name="y.A"), set()),
        (record({**DECIMAL, "scale": 4}), record(DECIMAL), {("logical type", True)}),
        (record({**DECIMAL, "precision": 9}), record(DECIMAL), set()),
        (record({**DECIMAL, "precision": 4}), record(DECIMAL), {("logical type", True)}),
        (
            record({"type": "long", "logicalType": "timestamp-micros"}),
            record(MILLIS),
            {("logical type", True)},
        ),
        (record("long"), record(MILLIS), {("logical type", True)}),
        (
            record({"type": "array", "items": "int"}),
            record({"type": "array", "items": "string"}),
            {("type", False)},
        ),
        (
            record({"type": "map", "values": "int"}),
            record({"type": "map", "values": "long"}),
            {("type", False)},
        ),
        (
            record({"name": "n", "type": "int", "aliases": ["a", "b"]}),
            record({"name": "a", "type": "int"}, {"name": "b", "type": "int"}),
            {("ambiguous alias", False)},
        ),
        (["float", "long"], "long", {("precision", True)}),  # the first branch that matches, not the best
    ],
)
def test_each_kind_of_break_is_found(reader: Any, writer: Any, expected: set[tuple[str, bool]]) -> None:
    assert kinds(reader, writer) == expected


def test_a_path_leads_to_the_field_also_in_types_within_types() -> None:
    inner = {"type": "record", "name": "In", "fields": [{"name": "x", "type": "string"}]}
    other = copy.deepcopy(inner) | {"fields": [{"name": "x", "type": "int"}]}
    (found,) = compatible(
        record({"type": "array", "items": inner}), record({"type": "array", "items": other})
    )
    assert found.path == "/f0/items/x"


def test_a_recursive_schema_ends() -> None:
    tree = {
        "type": "record",
        "name": "T",
        "fields": [{"name": "next", "type": ["null", "T"]}, {"name": "v", "type": "int"}],
    }
    wider = copy.deepcopy(tree)
    wider["fields"][1]["type"] = "long"
    assert compatible(wider, tree) == []
    assert kinds(tree, wider) == {("type", False)}


def test_the_arguments_stay_as_they_were() -> None:
    reader, writer = history()[-1], history()[0]
    before = copy.deepcopy([reader, writer])
    compatible(reader, writer)
    check([writer], reader, "FULL_TRANSITIVE")
    assert [reader, writer] == before


def test_an_independent_table_of_pairs_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apache's own table, of Python's avro: where its verdict is a break, so is ours, and the other way round."""
    import avro.compatibility as theirs
    from avro.test.test_compatibility import TestCompatibility

    pairs: list[tuple[Any, Any, bool]] = []
    asked = theirs.ReaderWriterCompatibilityChecker.get_compatibility

    def note(self: Any, reader: Any, writer: Any, *more: Any, **named: Any) -> Any:
        found = asked(self, reader, writer, *more, **named)
        if not more and not named and not pairs_inside:
            pairs.append((reader.to_json(), writer.to_json(), found.compatibility.value == "compatible"))
        return found

    pairs_inside: list[int] = []
    calculate = theirs.ReaderWriterCompatibilityChecker.calculate_compatibility

    def within(self: Any, *given: Any, **named: Any) -> Any:
        pairs_inside.append(1)
        try:
            return calculate(self, *given, **named)
        finally:
            pairs_inside.pop()

    monkeypatch.setattr(theirs.ReaderWriterCompatibilityChecker, "get_compatibility", note)
    monkeypatch.setattr(theirs.ReaderWriterCompatibilityChecker, "calculate_compatibility", within)
    result = unittest.TextTestRunner(verbosity=0).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(TestCompatibility)
    )
    assert result.wasSuccessful()
    assert len(pairs) > 100
    differing = [
        (reader, writer, fine)
        for reader, writer, fine in pairs
        if (verdict(reader, writer) != "breaking") != fine
    ]
    assert differing == []


def test_modes_ask_for_the_pairs_that_their_names_say() -> None:
    past = [record("int"), record("long"), record("long", {"name": "n", "type": "int", "default": 0})]
    new = record("long", {"name": "n", "type": "int"})  # the default is gone
    found = {
        mode: {(item.direction, item.version) for item in check(past, new, mode) if not item.lossy}
        for mode in MODES
    }
    assert found["NONE"] == found["BACKWARD"] == set()
    assert found["BACKWARD_TRANSITIVE"] == {("backward", 0), ("backward", 1)}
    assert found["FORWARD"] == found["FULL"] == set()
    assert found["FORWARD_TRANSITIVE"] == {("forward", 0)}
    assert found["FULL_TRANSITIVE"] == {("backward", 0), ("backward", 1), ("forward", 0)}
    assert [check([], new, mode) for mode in MODES] == [[]] * len(MODES)
    with pytest.raises(ValueError, match="'TRANSITIVE' is no compatibility mode; there are NONE, BACKWARD"):
        check(past, new, "TRANSITIVE")


def test_a_changed_default_is_a_loss_only_where_data_lack_the_field() -> None:
    def with_default(value: str) -> Any:
        return record("int", {"name": "n", "type": "string", "default": value})

    assert check([with_default("a")], with_default("b"), "BACKWARD") == []
    (found,) = check([record("int"), with_default("a")], with_default("b"), "BACKWARD")
    assert (found.kind, found.lossy, found.path) == ("changed default", True, "/n")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (None, "None is no schema"),
        ({}, "is no schema"),
        ("Unknown", "no type 'Unknown'"),
        ({"type": "record", "name": "R"}, "has no fields"),
        ({"type": "record", "name": "R", "fields": {}}, "fields must be a list"),
        (record({"name": "a b", "type": "int"}), "can't be a name"),
        (record({"name": "Größe", "type": "int"}), "can't be a name"),
        (record({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "field a is there twice"),
        (enum("AA"), "symbol A is there twice"),
        (enum("AB", default="Z"), "none of its symbols"),
        ({"type": "fixed", "name": "F", "size": "4"}, "no whole number"),
        (["int", ["null"]], "must not contain a union"),
        (["int", "int"], "must differ"),
        (record({"name": "a", "type": "int", "default": "1"}), "the default '1' is no int"),
        (record({"name": "a", "type": "int", "default": 2**31}), "is no int"),
        (record({"name": "a", "type": "int", "default": True}), "is no int"),
        (record({"name": "a", "type": "string", "default": None}), "the default None is no string"),
        (record({"name": "a", "type": "double", "default": float("nan")}), "is no double"),
        (record(enum("AB"), enum("AB")), "E is defined twice"),
    ],
)
def test_what_is_no_schema_is_refused_in_words(schema: Any, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        compatible(schema, "int")
    with pytest.raises(SchemaError, match=words):
        check([], schema, "NONE")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": {"type": "string"}},
        [],
        record({"name": "a", "type": ["null", "string"], "default": "second branch"}),
        record({"name": "a", "type": {"type": "array", "items": "R"}, "default": []}),
        record({"name": "a", "type": "double", "default": 1}, doc="ünïcode", extra=[1]),
        {"type": "error", "name": "Oops", "fields": []},
        record(
            record("int", name="In", namespace="other"), {"name": "g", "type": "other.In"}, namespace="mine"
        ),
    ],
)
def test_schemas_of_all_styles_are_taken(schema: Any) -> None:
    assert compatible(schema, copy.deepcopy(schema)) == []


def test_a_type_of_two_namespaces_is_told_apart() -> None:
    def two(first: str, second: str) -> Any:
        inner = [record(kind, name="In", namespace=space) for kind, space in ((first, "a"), (second, "b"))]
        return record(
            {"name": "x", "type": inner[0]}, {"name": "y", "type": inner[1]}, {"name": "z", "type": "b.In"}
        )

    assert compatible(two("int", "string"), two("int", "string")) == []
    assert {item.path for item in compatible(two("int", "int"), two("int", "string"))} == {"/y/f0"}


def test_the_bad_version_of_the_drill_breaks_in_both_directions() -> None:
    past = history()
    assert {item.direction for item in check(past, BAD(past[-1]), "FULL") if not item.lossy} == {
        "backward",
        "forward",
    }
    assert len(past) == 8 and len({change.name for change in CHANGES}) == len(CHANGES) >= 20


def test_counts_find_a_missed_break_a_false_alarm_and_an_uncaught_change() -> None:
    import pandas as pd

    rows = [
        ("compatible", "right"),
        ("compatible", "refused"),
        ("compatible", "lossy"),
        ("breaking", "right"),
        ("breaking", "refused"),
    ]
    fuzzed = pd.DataFrame(rows, columns=["verdict", "truth"]).assign(**{counts.OWN: "right"})
    assert list(counts.missed(fuzzed).index) == [1, 2]
    assert counts.alarms(fuzzed) == (1, 2)
    changes = fuzzed.assign(change=list("abcde"), mode="FULL", registry=True)
    assert list(counts.uncaught(changes)["change"]) == ["b"]
    assert counts.by_mode(changes).iloc[0][["break", "ours", "registry", "ours, too strict"]].tolist() == [
        2,
        1,
        0,
        1,
    ]


def test_a_truth_that_nobody_confirms_is_seen() -> None:
    import pandas as pd

    fine = dict.fromkeys(counts.DECODERS, "right") | {"truth": "right"}
    nobody = dict.fromkeys(counts.DECODERS, "refused") | {"truth": "right"}
    unrefused = dict.fromkeys(counts.DECODERS, "silent") | {"truth": "refused"}
    assert list(counts.contradicting(pd.DataFrame([fine, nobody, unrefused])).index) == [1, 2]
