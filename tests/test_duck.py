"""DuckDB with its extensions: from packages, in order, without a network."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lab import duck
from lab.errors import SetupError
from lab.services import http
from lab.services.icebergcatalog import iceberg_catalog

pytest.importorskip("duckdb_extension_iceberg", reason="not installed; lab setup warehouse_bench")


def _loaded(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded").fetchall()
    return {name for (name,) in rows}


def test_what_is_named_is_loaded_with_what_it_needs() -> None:
    with duck.connect("tpch", "iceberg", settings={"threads": "1"}) as connection:
        assert _loaded(connection) >= {"tpch", "iceberg", "avro", "httpfs"}
        connection.execute("CALL dbgen(sf=0.01)")
        assert connection.execute("SELECT count(*) FROM lineitem").fetchone() == (60175,)
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)


def test_what_is_not_named_is_neither_loaded_nor_fetched() -> None:
    with duck.connect() as connection, pytest.raises(duckdb.CatalogException, match="tpch"):
        connection.execute("CALL dbgen(sf=0.01)")


@pytest.mark.parametrize("name", ["delta", "postgres_scanner"])
def test_each_installed_extension_loads(name: str) -> None:
    with duck.connect(name) as connection:
        assert name in _loaded(connection)


def test_an_extension_that_is_not_installed_is_told() -> None:
    with (
        pytest.raises(SetupError, match=r"extension spatial .* is not installed\. Run: lab setup"),
        duck.connect("spatial"),
    ):
        pass


def test_a_database_in_a_file_stays(tmp_path: Path) -> None:
    with duck.connect(database=tmp_path / "x.duckdb") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    with duck.connect(database=tmp_path / "x.duckdb") as connection:
        assert connection.execute("FROM t").fetchone() == (1,)


@pytest.mark.service
def test_an_iceberg_catalog_is_read_and_written(tmp_path: Path) -> None:
    schema = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}
    with iceberg_catalog(tmp_path.as_uri()) as catalog, duck.connect("iceberg") as connection:
        http.call("POST", f"{catalog.uri}/v1/namespaces", {"namespace": ["bank"]})
        made = http.call("POST", f"{catalog.uri}/v1/namespaces/bank/tables", {"name": "t", "schema": schema})
        Path(made["metadata"]["location"].removeprefix("file:"), "data").mkdir(parents=True)
        duck.attach_iceberg(connection, "lake", catalog.uri)
        connection.execute("INSERT INTO lake.bank.t SELECT range FROM range(1000)")
        connection.execute("DELETE FROM lake.bank.t WHERE id < 10")
        assert connection.execute("SELECT count(*), min(id) FROM lake.bank.t").fetchone() == (990, 10)
