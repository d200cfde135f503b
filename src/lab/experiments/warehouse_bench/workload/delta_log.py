"""Parquet files made a Delta table by writing its first commit, as `CONVERT TO DELTA` does.

Delta's protocol is open (delta-io/delta, PROTOCOL.md): a table is a folder with numbered commits. Spark's own
CONVERT TO DELTA writes the same actions, in about ten seconds for each table. delta-rs is as quick as this
(`convert_to_deltalake` of deltalake 1.6.6), but it copies the columns' numbers, which Iceberg needs in the files, into
the table's schema, and then DuckDB (its Delta extension for 1.5.5) reads NULL in every column, without an error.
"""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.experiments.warehouse_bench.mechanism.dataset import Columns

if TYPE_CHECKING:
    import duckdb

TYPES = {"BIGINT": "long", "INTEGER": "integer", "VARCHAR": "string", "DATE": "date"}


def register(connection: duckdb.DuckDBPyConnection, folder: Path, columns: Columns) -> None:
    """Write commit 0 of the table of the Parquet files in `folder`. connection: any; it reads the files' bounds."""
    log = folder / "_delta_log"
    log.mkdir()
    parts = sorted(folder.glob("*.parquet"))
    actions = [_protocol(), _metadata(columns)]
    actions += [_add(part, _statistics(connection, part, columns)) for part in parts]
    text = "".join(json.dumps(action) + "\n" for action in actions)
    (log / f"{0:020d}.json").write_text(text)


def _protocol() -> dict[str, Any]:
    return {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def _metadata(columns: Columns) -> dict[str, Any]:
    kinds = [(name, TYPES.get(kind, kind.lower())) for name, kind in columns]
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in kinds]
    return {
        "metaData": {
            "id": str(uuid.uuid4()),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": [],
            "configuration": {},
            "createdTime": int(time.time() * 1000),
        }
    }


def _add(path: Path, statistics: dict[str, Any]) -> dict[str, Any]:
    about = path.stat()
    return {
        "add": {
            "path": path.name,
            "partitionValues": {},
            "size": about.st_size,
            "modificationTime": int(about.st_mtime * 1000),
            "dataChange": True,
            "stats": json.dumps(statistics),
        }
    }


def _statistics(connection: duckdb.DuckDBPyConnection, part: Path, columns: Columns) -> dict[str, Any]:
    ranged = [name for name, kind in columns if kind != "VARCHAR"]
    asked = [f"min({name}), max({name})" for name in ranged] + [f"count({name})" for name, _ in columns]
    row = connection.execute(f"SELECT count(*), {', '.join(asked)} FROM '{part}'").fetchone()
    assert row is not None
    rows, bounds, counts = row[0], row[1 : 1 + 2 * len(ranged)], row[1 + 2 * len(ranged) :]
    return {
        "numRecords": rows,
        "minValues": {name: _json(low) for name, low in zip(ranged, bounds[::2], strict=True)},
        "maxValues": {name: _json(high) for name, high in zip(ranged, bounds[1::2], strict=True)},
        "nullCount": {name: rows - count for (name, _), count in zip(columns, counts, strict=True)},
    }


def _json(value: Any) -> Any:
    return value if isinstance(value, int) else float(value) if hasattr(value, "as_tuple") else str(value)
