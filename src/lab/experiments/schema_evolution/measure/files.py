"""Parquet files of every version of the order read together: by our reader, and as it is usually done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lab import duck
from lab.experiments.schema_evolution.mechanism.parquet import read_versions, write_version
from lab.experiments.schema_evolution.oracle.binary import plan
from lab.experiments.schema_evolution.oracle.resolution import resolve, same
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.orders import history
from lab.experiments.schema_evolution.workload.values import values
from lab.services.session import session

OURS, POSITION = "read_versions", "UNION ALL, by position"
Rows = list[dict[str, Any]]


def files(params: Params) -> pd.DataFrame:
    """One row for each way to read: cells, cells that are silently wrong, and why it was refused, if it was."""
    folder = session().folder / "parquet"
    folder.mkdir(exist_ok=True)
    schemas = [_flat(schema) for schema in history()]
    paths = [folder / f"orders-{number}.parquet" for number in range(1, len(schemas) + 1)]
    due: Rows = []
    for number, (schema, path) in enumerate(zip(schemas, paths, strict=True), 1):
        own, last = plan(schema), plan(schemas[-1])
        drawn = [
            _named(value, number, place)
            for place, value in enumerate(values(own, params.orders, params.seed + number))
        ]
        write_version(path, [resolve(value, own, own).value for value in drawn], schema)
        due += [resolve(value, own, last).value for value in drawn]
    alike = [
        path
        for path, schema in zip(paths, schemas, strict=True)
        if len(schema["fields"]) == len(schemas[-1]["fields"])
    ]
    ways: dict[str, Callable[[], Rows]] = {
        OURS: lambda: read_versions(paths, schemas[-1]).to_pylist(),
        "DuckDB, union_by_name": lambda: _duckdb(f"FROM read_parquet({_list(paths)}, union_by_name = true)"),
        "DuckDB, by the first file": lambda: _duckdb(f"FROM read_parquet({_list(paths)})"),
        "pyarrow, unified schema": lambda: _pyarrow(paths),
    }
    some = [row for row in due if any(path.stem.endswith(row["order_id"].split("-")[0]) for path in alike)]
    return pd.DataFrame(
        [
            *(_row(name, read, due) for name, read in ways.items()),
            _row(POSITION, lambda: _by_position(alike), some),
        ]
    )


def _flat(schema: Any) -> Any:
    """Without the parts, which hold parts: a Parquet file has no recursive type."""
    return schema | {"fields": [field for field in schema["fields"] if field["name"] != "parts"]}


def _named(value: dict[str, Any], version: int, place: int) -> dict[str, Any]:
    return value | {"order_id": f"{version}-{place:06d}"}


def _row(name: str, read: Callable[[], Rows], due: Rows) -> dict[str, Any]:
    cells = sum(len(row) for row in due)
    try:
        got = {str(row.get("order_id")): row for row in read()}
    except Exception as error:  # engines refuse in their own ways
        return {
            "way": name,
            "cells": cells,
            "wrong": 0,
            "columns": "",
            "refused": f"{type(error).__name__}: {error}"[:200],
        }
    wrong: dict[str, int] = {}
    for row in due:
        found = got.get(row["order_id"], {})
        for column, value in row.items():
            if column not in found or not same(_plain(found[column]), value):
                wrong[column] = wrong.get(column, 0) + 1
    return {
        "way": name,
        "cells": cells,
        "wrong": sum(wrong.values()),
        "columns": ", ".join(wrong),
        "refused": "",
    }


def _plain(value: Any) -> Any:
    """What an engine gives, as Python has it: pandas and DuckDB have moments of their own."""
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def _duckdb(sql: str) -> Rows:
    with duck.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql).to_arrow_table().to_pylist()


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(f"'{path}'" for path in paths) + "]"


def _pyarrow(paths: Sequence[Path]) -> Rows:
    import pyarrow as pa
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

    unified = pa.unify_schemas(
        [pq.read_schema(path).remove_metadata() for path in paths], promote_options="permissive"
    )
    return ds.dataset([str(path) for path in paths], schema=unified, format="parquet").to_table().to_pylist()


def _by_position(paths: Sequence[Path]) -> Rows:
    """Files that have as many columns as the latest, put together by position, under the latest one's names."""
    return _duckdb(" UNION ALL ".join(f"SELECT * FROM read_parquet('{path}')" for path in reversed(paths)))
