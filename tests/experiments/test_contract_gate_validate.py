"""`validate` on contracts and data of a reader's own: each kind of rule, odd names, foreign values, four places, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import ServiceError
from lab.experiments.contract_gate import ContractError, DataError, check, load, validate
from lab.services.postgres import postgres

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


def write(
    folder: Path, *properties: dict[str, Any], quality: Any = (), table: str = "t", **more: Any
) -> Path:
    """A contract of one table, and whatever else `more` puts in."""
    element = {"name": table, "properties": list(properties), "quality": list(quality)}
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "mine",
        "version": "1.0.0",
        "status": "active",
    }
    path = folder / "mine.odcs.yaml"
    path.write_text(json.dumps(document | {"schema": [element]} | more))
    return path


def data(folder: Path, *statements: str) -> Path:
    path = folder / "mine.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute("SET TimeZone = 'UTC'")
        for statement in statements:
            made.execute(statement)
    return path


def found(contract: Path, place: Path | str) -> set[tuple[str, str]]:
    return {(one.kind, one.column) for one in validate(contract, place, NOW)}


COLUMN = {"name": "c", "logicalType": "string"}
# What is agreed of a column, its type, a value that keeps to it and one that does not.
RULES: list[tuple[dict[str, Any], str, str, str, str]] = [
    ({"required": True}, "varchar", "'a'", "NULL", "required"),
    ({"logicalTypeOptions": {"pattern": "^a+$"}}, "varchar", "'aa'", "'ab'", "pattern"),
    ({"logicalTypeOptions": {"pattern": r"^\p{L}+$"}}, "varchar", "'Zoë'", "'Z0e'", "pattern"),
    ({"logicalTypeOptions": {"minLength": 2}}, "varchar", "'éé'", "'é'", "length"),
    ({"logicalTypeOptions": {"maxLength": 2}}, "varchar", "'日本'", "'abc'", "length"),
    ({"logicalType": "integer", "logicalTypeOptions": {"minimum": 0}}, "hugeint", "0", "-1", "range"),
    (
        {"logicalType": "integer", "logicalTypeOptions": {"exclusiveMaximum": 3}},
        "utinyint",
        "2",
        "3",
        "range",
    ),
    ({"logicalType": "number", "logicalTypeOptions": {"minimum": 0}}, "double", "0.5", "'nan'", "range"),
    ({"logicalType": "number", "logicalTypeOptions": {"maximum": 1}}, "double", "1", "'inf'", "range"),
    (
        {"logicalType": "number", "logicalTypeOptions": {"maximum": 0.1}},
        "decimal(9, 1)",
        "0.1",
        "0.2",
        "range",
    ),
    (
        {"logicalType": "date", "logicalTypeOptions": {"minimum": "1900-01-01"}},
        "date",
        "'1900-01-01'",
        "'1899-12-31'",
        "range",
    ),
    (
        {"quality": [{"metric": "invalidValues", "arguments": {"validValues": [1, 2]}, "mustBe": 0}]},
        "varchar",
        "'1'",
        "'01'",
        "set",
    ),
    (
        {"quality": [{"metric": "missingValues", "arguments": {"missingValues": ["", "n/a"]}, "mustBe": 0}]},
        "varchar",
        "'a'",
        "'n/a'",
        "required",
    ),
]


@pytest.mark.parametrize(("agreed", "type_", "good", "bad", "kind"), RULES)
def test_each_kind_of_rule_tells_a_good_value_from_a_bad_one(
    tmp_path: Path, agreed: dict[str, Any], type_: str, good: str, bad: str, kind: str
) -> None:
    contract = write(tmp_path, COLUMN | agreed)
    null = "" if kind == "required" else ", (NULL)"
    place = data(tmp_path, f"CREATE TABLE t (c {type_})", f"INSERT INTO t VALUES ({good}){null}")
    assert found(contract, place) == set()
    data(tmp_path, f"INSERT INTO t VALUES ({bad})")
    assert found(contract, place) == {(kind, "c")}


@pytest.mark.parametrize(
    ("agreed", "type_", "holds"),
    [
        ({"logicalType": "integer"}, "bigint", True),
        ({"logicalType": "integer"}, "decimal(18, 0)", True),
        ({"logicalType": "integer"}, "decimal(18, 2)", False),
        ({"logicalType": "number"}, "smallint", True),
        ({"logicalType": "number"}, "varchar", False),
        ({"logicalType": "string"}, "uuid", True),
        ({"logicalType": "timestamp"}, "timestamp", True),
        ({"logicalType": "timestamp"}, "date", False),
        ({"logicalType": "array"}, "integer[]", True),
        ({"logicalType": "object"}, "struct(a integer)", True),
        ({"logicalType": "boolean"}, "integer", False),
        ({"logicalType": "number", "physicalType": "numeric(12,2)"}, "decimal(12, 2)", True),
        ({"logicalType": "number", "physicalType": "numeric(12,2)"}, "decimal(18, 2)", False),
        ({"logicalType": "number", "physicalType": "numeric"}, "decimal(18, 2)", True),
        (
            {"logicalType": "string", "physicalType": "NVARCHAR2(20)"},
            "varchar",
            True,
        ),  # another engine's name
        ({"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}, "timestamptz", True),
    ],
)
def test_types_are_held_to_what_was_agreed(
    tmp_path: Path, agreed: dict[str, Any], type_: str, holds: bool
) -> None:
    place = data(tmp_path, f"CREATE TABLE t (c {type_})")
    assert found(write(tmp_path, COLUMN | agreed), place) == (set() if holds else {("type", "c")})


def test_a_time_without_its_zone_is_told_from_another_type(tmp_path: Path) -> None:
    agreed = {"name": "c", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
    place = data(tmp_path, "CREATE TABLE t (c timestamp)")
    assert found(write(tmp_path, agreed), place) == {("time zone", "c")}


def test_a_column_that_is_missing_or_of_another_type_is_not_judged_further(tmp_path: Path) -> None:
    options = {"minimum": 5}
    contract = write(
        tmp_path,
        {"name": "gone", "logicalType": "integer", "required": True, "logicalTypeOptions": options},
        {"name": "other", "logicalType": "integer", "required": True, "logicalTypeOptions": options},
        quality=[{"type": "sql", "query": "SELECT count(*) FROM ${table} WHERE gone > other", "mustBe": 0}],
    )
    place = data(tmp_path, "CREATE TABLE t (other varchar)", "INSERT INTO t VALUES (NULL), ('1')")
    report = check(load(contract), place, NOW)
    assert {(one.kind, one.column) for one in report.violations} == {("presence", "gone"), ("type", "other")}
    assert {rule.kind for rule in report.skipped} == {"type", "required", "range", "query"}


def test_odd_names_are_taken_literally(tmp_path: Path) -> None:
    names = ['a "b"', "wert in €", "select", "x; DROP TABLE t", "${table}"]
    columns = [{"name": name, "logicalType": "integer", "required": True, "unique": True} for name in names]
    quoted = ", ".join('"' + name.replace('"', '""') + '" integer' for name in names)
    place = data(
        tmp_path, f"CREATE TABLE t ({quoted})", "INSERT INTO t VALUES (1, 1, 1, 1, NULL), (2, 2, 2, 1, 1)"
    )
    assert found(write(tmp_path, *columns), place) == {
        ("required", "${table}"),
        ("unique", "x; DROP TABLE t"),
    }


def test_a_key_of_several_columns_is_unique_as_a_whole(tmp_path: Path) -> None:
    key = [
        {"name": name, "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": place}
        for name, place in (("b", 2), ("a", 1))
    ]
    place = data(tmp_path, "CREATE TABLE t (a integer, b integer)", "INSERT INTO t VALUES (1, 1), (1, 2)")
    assert found(write(tmp_path, *key), place) == set()
    data(tmp_path, "INSERT INTO t VALUES (1, 2), (NULL, 2), (NULL, 2)")
    assert found(write(tmp_path, *key), place) == {("unique", "a, b"), ("required", "a")}


def test_a_share_of_the_rows_may_break_a_rule_where_that_was_agreed(tmp_path: Path) -> None:
    some = {"metric": "nullValues", "mustBeLessOrEqualTo": 50, "unit": "percent"}
    contract = write(tmp_path, COLUMN | {"quality": [some]})
    place = data(tmp_path, "CREATE TABLE t (c varchar)")
    assert found(contract, place) == set()  # of no rows, none is missing
    data(tmp_path, "INSERT INTO t VALUES ('a'), (NULL)")
    assert found(contract, place) == set()
    data(tmp_path, "INSERT INTO t VALUES (NULL)")
    assert found(contract, place) == {("required", "c")}


@pytest.mark.parametrize(
    ("limit", "newest", "holds"),
    [
        ({"value": 2, "unit": "d"}, "2026-01-08 12:00:01+00", True),
        ({"value": 2, "unit": "d"}, "2026-01-08 11:59:59+00", False),
        ({"value": "PT36H"}, "2026-01-09 00:00:00+00", True),
        ({"value": "30", "unit": "minutes"}, "2026-01-10 11:00:00+00", False),
        ({"value": 1, "unit": "h"}, "2026-01-10 15:30:00+05", False),
        ({"value": 1, "unit": "h"}, "2026-01-10 16:30:00+05", True),
        ({"value": 1, "unit": "h"}, None, False),
    ],
)
def test_freshness_is_the_age_of_the_newest_value_by_the_given_clock(
    tmp_path: Path, limit: dict[str, Any], newest: str | None, holds: bool
) -> None:
    sla = [{"property": "freshness", "element": "t.c"} | limit]
    contract = write(tmp_path, {"name": "c", "logicalType": "timestamp"}, slaProperties=sla)
    value = f"'{newest}'" if newest else "NULL"
    place = data(
        tmp_path,
        "CREATE TABLE t (c timestamptz)",
        f"INSERT INTO t VALUES ({value}), ('1969-01-01 00:00:00+00')" if newest else "SELECT 1",
    )
    assert found(contract, place) == (set() if holds else {("freshness", "c")})


# What is wrong in a document, and what the refusal says of it.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"apiVersion": "v2.2.2"}, "knows v3"),
    ({"apiVersion": "v3.9.9"}, "no JSON Schema of ODCS v3.9.9"),
    ({"version": 1.0}, "version"),
    (
        {"schema": [{"name": "t", "properties": [{"name": "c", "requried": True}]}]},
        r"schema\.t\.properties\.c: .*requried",
    ),
    ({"schema": [{"name": "t"}, {"name": "t"}]}, "two tables 't'"),
    ({"schema": []}, "promises nothing"),
    ({"schema": [{"name": "t", "properties": [{"name": "c"}, {"name": "c"}]}]}, "two columns 'c'"),
    ({"slaProperties": [{"property": "freshness", "element": "t.nowhere", "value": 1}]}, "t.nowhere"),
    ({"slaProperties": [{"property": "freshness", "element": "t.c", "value": "soon"}]}, "neither a number"),
]


@pytest.mark.parametrize(("wrong", "words"), REFUSED)
def test_a_broken_contract_is_refused_in_words(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        load(write(tmp_path, COLUMN, **wrong))


@pytest.mark.parametrize(
    ("agreed", "words"),
    [
        ({"logicalTypeOptions": {"pattern": "("}}, "no regular expression"),
        ({"relationships": [{"to": "nowhere.id"}]}, "nowhere.id"),
        ({"quality": [{"metric": "invalidValues", "mustBe": 0}]}, "needs validValues"),
        (
            {
                "quality": [
                    {"metric": "invalidValues", "arguments": {"validValues": [False, "SE"]}, "mustBe": 0}
                ]
            },
            "in quotes",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused_in_words(
    tmp_path: Path, agreed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        load(write(tmp_path, COLUMN | agreed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no keys"),
        ("- a\n- b\n", "holds no keys"),
        ("a: [", "no YAML"),
        ("id: a\nid: b\n", "'id' comes twice"),
        ("\x00", "no YAML"),
    ],
)
def test_a_file_that_is_no_contract_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text(text)
    with pytest.raises(ContractError, match=words):
        load(path)
    with pytest.raises(ContractError, match="can't be read"):
        load(tmp_path / "nowhere.yaml")


def test_dates_and_numbers_that_yaml_would_turn_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text(
        "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n- name: t\n"
        "  properties:\n  - name: c\n    logicalType: date\n    logicalTypeOptions: {minimum: 2020-01-01}\n"
    )
    (rule,) = [one for one in load(path).rules if one.kind == "range"]
    assert rule.limits == {"minimum": "2020-01-01"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE t",
        "DROP TABLE t",
        "SELECT count(*) FROM read_csv('/etc/passwd')",
        "COPY t TO '/tmp/stolen.csv'",
        "ATTACH ':memory:' AS other",
        "SELECT nowhere FROM t",
    ],
)
def test_a_contracts_query_can_only_read_the_data(tmp_path: Path, query: str) -> None:
    (tmp_path / "data").mkdir()
    contract = write(tmp_path, COLUMN, quality=[{"type": "sql", "query": query, "mustBe": 0}])
    place = data(tmp_path / "data", "CREATE TABLE t (c varchar)")
    with pytest.raises((ContractError, DataError)):
        validate(contract, place, NOW)
    with duckdb.connect(str(place)) as left:
        assert left.sql("SELECT count(*) FROM t").fetchall() == [(0,)]


def test_what_is_not_checked_is_told(tmp_path: Path) -> None:
    custom = {"type": "custom", "engine": "soda", "implementation": "checks for t"}
    contract = load(
        write(
            tmp_path,
            COLUMN | {"logicalTypeOptions": {"format": "email"}},
            quality=[custom, {"type": "text", "description": "nice"}],
            slaProperties=[{"property": "retention", "value": 3, "unit": "y"}],
        )
    )
    assert len(contract.left) == 4 and any("soda" in one for one in contract.left)


def test_no_data_is_no_violation_but_an_error(tmp_path: Path) -> None:
    contract = write(tmp_path, COLUMN)
    with pytest.raises(DataError, match="no data"):
        validate(contract, tmp_path / "nowhere.duckdb")
    (tmp_path / "broken.duckdb").write_bytes(b"no database")
    with pytest.raises(DataError, match="can't be opened"):
        validate(contract, tmp_path / "broken.duckdb")
    with pytest.raises(DataError, match="PostgreSQL"):
        validate(contract, "postgresql://127.0.0.1:1/nowhere")


def csv(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.mark.parametrize(
    ("logical", "good", "bad"),
    [
        ("integer", "12345678901234567890", "12.7"),
        ("number", "1e-3", "1,5"),
        ("number", "-0.10", "abc"),
        ("boolean", "true", "ja"),
        ("date", "2024-02-29", "2023-02-29"),
        ("timestamp", "2026-01-01T00:00:00+01:00", "yesterday"),
        ("string", "", None),
    ],
)
def test_text_is_read_as_its_type(tmp_path: Path, logical: str, good: str, bad: str | None) -> None:
    contract = write(tmp_path, {"name": "c", "logicalType": logical}, {"name": "d", "logicalType": "string"})
    folder = tmp_path / "files"
    assert found(contract, csv(folder, f"c,d\n{good},x\n,x\n")) == set()
    if bad is not None:
        assert found(contract, csv(folder, f'c,d\n{good},x\n"{bad}",x\n')) == {("type", "c")}


def test_files_that_can_not_be_read_are_a_violation_in_words(tmp_path: Path) -> None:
    contract = write(tmp_path, {"name": "größe", "logicalType": "integer"})
    folder = tmp_path / "files"
    assert found(contract, csv(folder, "\ufeffgröße\n1\n")) == set()  # a byte-order mark is no part of a name
    assert found(contract, csv(folder, "größe\nZoë\n".encode("latin-1"))) == {("presence", "")}
    assert found(contract, csv(folder, "größe\r\n1\r\n")) == set()
    for broken in ("", "größe,größe\n1,2\n", "größe\n1\n2,3\n", 'größe\n"1\n'):
        assert found(contract, csv(folder, broken)) == {("presence", "")}
    (folder / "t.csv").unlink()
    assert found(contract, folder) == {("presence", "")}
    (folder / "t.parquet").write_bytes(b"PAR1 broken")
    assert found(contract, folder) == {("presence", "")}


def test_a_header_in_capitals_names_the_same_columns(tmp_path: Path) -> None:
    options = {"minimum": 10}
    contract = write(
        tmp_path, {"name": "c", "logicalType": "integer", "unique": True, "logicalTypeOptions": options}
    )
    folder = tmp_path / "o'ne folder"
    assert found(contract, csv(folder, "C\n10\n100\n")) == set()
    assert found(contract, csv(folder, "C\n9\n09\n")) == {("range", "c"), ("unique", "c")}


def test_sums_of_text_are_exact(tmp_path: Path) -> None:
    rule = {"type": "sql", "query": "SELECT sum(c) FROM {table}", "mustBe": 0.3}
    contract = write(tmp_path, {"name": "c", "logicalType": "number"}, quality=[rule])
    (violation,) = validate(contract, csv(tmp_path / "files", "c\n0.1\n0.2\n0.01\n"))
    assert "0.31" in violation.message
    assert validate(contract, csv(tmp_path / "files", "c\n0.1\n0.2\n")) == []


def test_one_file_is_enough_for_one_table(tmp_path: Path) -> None:
    place = data(tmp_path, "CREATE TABLE t AS SELECT 1 AS c", f"COPY t TO '{tmp_path}/other name.parquet'")
    assert place.exists()
    contract = write(tmp_path, {"name": "c", "logicalType": "integer", "unique": True})
    assert validate(contract, tmp_path / "other name.parquet") == []


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as found:
        yield found.dsn


@pytest.mark.service
def test_postgresql_is_judged_like_the_rest_and_only_read(tmp_path: Path, server: str) -> None:
    with psycopg.connect(server, autocommit=True) as made:
        made.execute("DROP SCHEMA IF EXISTS mine CASCADE")
        made.execute("CREATE SCHEMA mine")
        made.execute("CREATE TYPE mine.mood AS ENUM ('sad', 'ok')")
        made.execute(
            'CREATE TABLE mine.t (c mine.mood, n numeric(12, 2), "Kopf" text, at timestamp, f double precision)'
        )
        made.execute("INSERT INTO mine.t VALUES ('sad', 1, 'a', now(), 'NaN'), (NULL, 2, 'b', now(), 1)")
    columns = [
        COLUMN | {"required": True},
        {"name": "n", "logicalType": "number", "physicalType": "numeric(12,2)"},
        {"name": "kopf", "logicalType": "string"},  # PostgreSQL tells capitals apart
        {"name": "at", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
        {"name": "f", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
    ]
    place = f"{server}?options=-csearch_path%3Dmine"
    broken = {("required", "c"), ("presence", "kopf"), ("time zone", "at"), ("range", "f")}
    assert found(write(tmp_path, *columns), place) == broken
    assert found(write(tmp_path, COLUMN, table="mine.t"), server) == set()
    for query in ("DELETE FROM mine.t", "SELECT 1; COMMIT; DROP TABLE mine.t"):
        contract = write(tmp_path, COLUMN, quality=[{"type": "sql", "query": query, "mustBe": 0}])
        with pytest.raises(ContractError):
            validate(contract, place)
    with psycopg.connect(server, autocommit=True) as left:
        assert left.execute("SELECT count(*) FROM mine.t").fetchall() == [(2,)]
        left.execute("DROP SCHEMA mine CASCADE")


VALUES = st.one_of(st.none(), st.integers(-5, 15), st.integers(-(2**62), 2**62))


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, max_size=12), st.integers(-3, 5), st.integers(0, 8))
def test_counts_are_those_of_a_loop(
    tmp_path_factory: pytest.TempPathFactory, values: list[int | None], low: int, span: int
) -> None:
    folder = tmp_path_factory.mktemp("loop")
    options = {"minimum": low, "exclusiveMaximum": low + span}
    column = {
        "name": "c",
        "logicalType": "integer",
        "required": True,
        "unique": True,
        "logicalTypeOptions": options,
    }
    place = data(
        folder,
        "CREATE TABLE t (c bigint)",
        *(f"INSERT INTO t VALUES ({'NULL' if one is None else one})" for one in values),
    )
    there = [one for one in values if one is not None]
    due = set()
    if len(there) < len(values):
        due.add(("required", "c"))
    if len(set(there)) < len(there):
        due.add(("unique", "c"))
    if any(not low <= one < low + span for one in there):
        due.add(("range", "c"))
    assert found(write(folder, column), place) == due


def test_without_the_standards_schema_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path))
    with pytest.raises(ServiceError, match="lab setup"):
        validate(write(tmp_path, COLUMN), tmp_path)
