"""`validate` on kinds of data and contracts that gates of this sort are known to trip over; a test for each kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from lab.experiments.contract_gate import ContractError, DataError, load, validate
from lab.experiments.contract_gate.kit.contract_gate import __main__ as command
from lab.experiments.contract_gate.kit.contract_gate.repository import judge
from lab.services.datacontract import schemas
from lab.services.postgres import postgres

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HEAD = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "mine", "version": "1.0.0", "status": "active"}


def write(folder: Path, *columns: dict[str, Any], quality: Any = (), **more: Any) -> Path:
    path = folder / "mine.odcs.yaml"
    table = {"name": "t", "properties": list(columns), "quality": list(quality)}
    path.write_text(json.dumps(HEAD | {"schema": [table]} | more))
    return path


def column(logical: str, **more: Any) -> dict[str, Any]:
    return {"name": "c", "logicalType": logical} | more


def one_of(*values: object) -> dict[str, Any]:
    return {"quality": [{"metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}]}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as found:
        yield found.dsn


@pytest.fixture(params=["duckdb", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that makes a table `t` by SQL, and says where it is."""

    def on_duckdb(*statements: str) -> Path:
        with duckdb.connect(str(tmp_path / "mine.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)
        return tmp_path / "mine.duckdb"

    def on_postgresql(*statements: str) -> str:
        dsn = request.getfixturevalue("server")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS foreign_data CASCADE")
            connection.execute("CREATE SCHEMA foreign_data")
            connection.execute("SET search_path = foreign_data")
            for statement in statements:
                connection.execute(statement)
        return f"{dsn}?options=-csearch_path%3Dforeign_data"

    return on_duckdb if request.param == "duckdb" else on_postgresql


def broken(contract: Path, place: Path | str) -> set[str]:
    return {one.kind for one in validate(contract, place, NOW)}


@pytest.mark.service
@pytest.mark.parametrize(
    ("type_", "value", "known", "due"),
    [
        ("numeric(9, 0)", "1", (1.4,), {"set"}),  # 1.4 as the column's type would be 1
        ("integer", "1", ("1.4", "1.0"), set()),
        ("smallint", "1", (1, 70_000), set()),  # a value that the column can't hold is no fault
        ("integer", "1", ("1", "n/a"), set()),
        ("integer", "2", ("n/a",), {"set"}),
        ("real", "0.1", (0.1,), set()),
        ("double precision", "0.1", (0.1,), set()),
        ("boolean", "true", ("TRUE",), set()),
        ("date", "'2024-02-29'", ("2024-02-28",), {"set"}),
    ],
)
def test_a_set_of_numbers_is_compared_as_numbers_and_never_rounded(
    tmp_path: Path, made: Any, type_: str, value: str, known: tuple[object, ...], due: set[str]
) -> None:
    place = made(f"CREATE TABLE t (c {type_})", f"INSERT INTO t VALUES ({value}), (NULL)")
    assert broken(write(tmp_path, {"name": "c"} | one_of(*known)), place) == due


@pytest.mark.service
def test_a_limit_of_a_float_column_is_the_nearest_float(tmp_path: Path, made: Any) -> None:
    place = made("CREATE TABLE t (c real)", "INSERT INTO t VALUES (0.1)")
    limits = {"minimum": 0.1, "maximum": 0.1}
    assert broken(write(tmp_path, column("number", logicalTypeOptions=limits)), place) == set()
    assert broken(write(tmp_path, column("number", logicalTypeOptions={"minimum": 0.11})), place) == {"range"}


@pytest.mark.service
@pytest.mark.parametrize("type_", ["uuid", "mood"])
def test_rules_of_text_hold_on_enumerations_and_uuids(tmp_path: Path, made: Any, type_: str) -> None:
    value = {"uuid": "00000000-0000-4000-8000-000000000000", "mood": "sad"}[type_]
    place = made(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        f"CREATE TABLE t (c {type_})",
        f"INSERT INTO t VALUES ('{value}')",
    )
    missing = {"metric": "missingValues", "arguments": {"missingValues": ["", "n/a"]}, "mustBe": 0}
    for rule, due in (
        (one_of(value, "another"), set()),
        (one_of("another"), {"set"}),
        ({"logicalTypeOptions": {"pattern": "^[0-9a-z-]+$", "maxLength": 36}}, set()),
        ({"logicalTypeOptions": {"pattern": "^x", "maxLength": 2}}, {"pattern", "length"}),
        ({"quality": [missing]}, set()),
    ):
        assert broken(write(tmp_path, column("string", **rule)), place) == due


@pytest.mark.service
def test_a_key_of_a_type_without_equality_is_compared_as_text(tmp_path: Path, made: Any) -> None:
    place = made("CREATE TABLE t (c json)", "INSERT INTO t VALUES ('{}'), ('[]')")
    contract = write(tmp_path, {"name": "c", "unique": True})
    assert broken(contract, place) == set()
    place = made(
        "DROP TABLE IF EXISTS t",
        "CREATE TABLE t AS SELECT CAST('{}' AS json) AS c FROM generate_series(1, 2)",
    )
    assert broken(contract, place) == {"unique"}


@pytest.mark.service
@pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date"])
@pytest.mark.parametrize(
    ("newest", "due"),
    [("2026-01-10", set()), ("2099-01-01", {"freshness"}), ("infinity", {"freshness"})],
)
def test_one_row_of_the_future_does_not_hide_a_stale_table(
    tmp_path: Path, made: Any, type_: str, newest: str, due: set[str]
) -> None:
    sla = [{"property": "freshness", "element": "t.c", "value": 1, "unit": "d"}]
    place = made(f"CREATE TABLE t (c {type_})", f"INSERT INTO t VALUES ('{newest}'), ('2020-01-01')")
    assert broken(write(tmp_path, {"name": "c"}, slaProperties=sla), place) == due


@pytest.mark.service
def test_a_table_with_hundreds_of_rules_is_judged_in_seconds(tmp_path: Path, made: Any) -> None:
    # In one scan DuckDB planned for minutes.
    names = [f"c{number}" for number in range(120)]
    place = made(
        f"CREATE TABLE t ({', '.join(f'{name} integer' for name in names)})",
        f"INSERT INTO t (c7) VALUES ({'-1'})",
    )
    rules = {"logicalTypeOptions": {"minimum": 0}} | one_of(1, 2, -1)
    columns = [{"name": name, "logicalType": "integer", "required": name == "c3"} | rules for name in names]
    found = {(one.kind, one.column) for one in validate(write(tmp_path, *columns), place, NOW)}
    assert found == {("required", "c3"), ("range", "c7")}


@pytest.mark.parametrize(
    ("query", "agreed", "due"),
    [
        ("SELECT 'NaN'::double", {"mustNotBe": 5}, {"query"}),
        ("SELECT 'NaN'::double", {"mustBeGreaterThan": -1}, {"query"}),
        ("SELECT NULL", {"mustNotBe": 5}, {"query"}),
        ("SELECT 'ok'", {"mustBe": "ok"}, set()),
        ("SELECT 'ok'", {"mustBe": 0}, {"query"}),
        ("SELECT 0.1 + 0.2", {"mustBe": 0.3}, set()),
        ("SELECT 'a'", {"mustBeGreaterThan": 0}, "no number"),
        ("SELECT DATE '2020-01-01'", {"mustBeBetween": [0, 1]}, "no number"),
    ],
)
def test_a_query_that_gives_no_number_is_no_crash(
    tmp_path: Path, query: str, agreed: dict[str, Any], due: Any
) -> None:
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as connection:
        connection.execute("CREATE TABLE t (c integer)")
    contract = write(tmp_path, {"name": "c"}, quality=[{"type": "sql", "query": query} | agreed])
    if isinstance(due, set):
        assert broken(contract, tmp_path / "mine.duckdb") == due
    else:
        with pytest.raises(ContractError, match=due):
            validate(contract, tmp_path / "mine.duckdb", NOW)


def test_a_pattern_that_the_engine_does_not_know_is_a_fault_of_the_contract(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as connection:
        connection.execute("CREATE TABLE t (c text)")
    contract = write(tmp_path, column("string", logicalTypeOptions={"pattern": "^(?=a)a$"}))
    with pytest.raises(ContractError, match=r"can't use the pattern"):
        validate(contract, tmp_path / "mine.duckdb", NOW)


def csv(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "t.csv").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("c\n0.12345678901\n0.12345678902\n", set()),  # more decimals than a decimal keeps
        ("c\n1e-12\n2e-12\n", set()),
        ("c\n0.12345678901\n0.123456789010\n", {"unique"}),
        ("c\n0.10\n0.1\n", {"unique"}),
    ],
)
def test_numbers_in_text_are_not_rounded_into_one_another(tmp_path: Path, text: str, due: set[str]) -> None:
    contract = write(tmp_path, column("number", unique=True))
    assert broken(contract, csv(tmp_path / "files", text)) == due


@pytest.mark.parametrize(
    ("value", "due"),
    [("2024-02-29", set()), ("2024-02-29 10:30:00", {"type"}), ("2024-02-29T00:00:00Z", {"type"})],
)
def test_a_time_in_a_column_of_days_is_another_type(tmp_path: Path, value: str, due: set[str]) -> None:
    contract = write(tmp_path, column("date"))
    assert broken(contract, csv(tmp_path / "files", f"c\n{value}\n")) == due


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    folder = csv(tmp_path / "files", "c\nbad\n")
    duckdb.sql("SELECT 1 AS c").write_parquet(str(folder / "t.parquet"))
    with pytest.raises(DataError, match=r"t\.parquet and t\.csv"):
        validate(write(tmp_path, column("integer")), folder, NOW)


def test_merged_keys_of_yaml_may_be_said_again_and_own_ones_may_not(tmp_path: Path) -> None:
    path = tmp_path / "mine.odcs.yaml"
    head = "".join(f"{key}: {value}\n" for key, value in HEAD.items())
    columns = "  - &key {name: a, logicalType: integer, required: true}\n  - {<<: *key, name: b}\n"
    path.write_text(f"{head}schema:\n- name: t\n  properties:\n{columns}")
    assert [rule.column for rule in load(path).rules if rule.kind == "required"] == ["a", "b"]
    path.write_text(path.read_text().replace("name: b", "name: b, name: c"))
    with pytest.raises(ContractError, match="'name' comes twice"):
        load(path)


@pytest.mark.parametrize("name", ["mine.odcs.yml", "mine.yaml", "shop/mine.odcs.yaml"])
def test_a_contract_that_would_be_judged_by_nobody_is_not_merged(tmp_path: Path, name: str) -> None:
    place = tmp_path / "contracts" / name
    place.parent.mkdir(parents=True)
    write(tmp_path, column("integer")).rename(place)
    (said,) = judge(tmp_path, schemas=schemas()).refused
    assert said.startswith(f"contracts/{name}: it would not be judged")


def test_an_error_of_any_other_kind_is_not_taken_for_a_violation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("a driver's own")

    monkeypatch.setattr(command, "check", crash)
    assert command.main([str(write(tmp_path, column("integer"))), "anywhere"], schemas()) == 2
    assert "not judged: RuntimeError" in capsys.readouterr().err
