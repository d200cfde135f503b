"""datacontract-cli as one warm process: what it tells, and what it can't do."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from lab.errors import ServiceError
from lab.services.datacontract import datacontract_cli, schemas, version

pytestmark = pytest.mark.service


def test_checks_are_told_by_name_column_and_result(tmp_path: Path) -> None:
    column = {"name": "c", "logicalType": "integer", "required": True}
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "x",
        "version": "1.0.0",
        "status": "active",
    }
    contract, path = tmp_path / "x.odcs.yaml", tmp_path / "x.duckdb"
    contract.write_text(json.dumps(document | {"schema": [{"name": "t", "properties": [column]}]}))
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1), (NULL)) AS v(c)")
    with datacontract_cli() as cli:
        told = cli.test(contract, {"type": "duckdb", "database": str(path), "schema": "main"})
        results = {(one.type, one.table, one.column): one.result for one in told.checks}
        assert told.result == "failed" and told.seconds > 0
        assert results["field_required", "t", "c"] == "failed" and results["field_type", "t", "c"] == "passed"
        with duckdb.connect(str(path)) as free:  # it has let go of the file
            free.execute("DROP TABLE t")
        with pytest.raises(ServiceError, match="datacontract-cli failed"):
            cli.test(tmp_path / "nowhere.yaml", {"type": "duckdb"})
    assert (schemas() / "odcs-3.1.0.schema.json").exists() and version()
