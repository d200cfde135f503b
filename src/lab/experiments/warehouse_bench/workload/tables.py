"""TPC-H's tables as Parquet files, written once."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lab.duck import connect
from lab.experiments.warehouse_bench.mechanism.dataset import Columns, Files
from lab.experiments.warehouse_bench.workload import delta_log

if TYPE_CHECKING:
    import duckdb

# Files of a table that grows with the scale factor. The same number at every size, so that engines have as many
# pieces to share among the cores: one small file is read by one core, and its time says little about a large one.
PARTS = 4
FIXED = ("nation", "region")


def generate(scale_factor: float, tables: Sequence[str], folder: Path) -> Files:
    """Write the tables by TPC-H's generator into `folder`."""
    with connect("tpch") as connection:
        connection.execute("CALL dbgen(sf = $sf)", {"sf": scale_factor})
        columns = {table: _write(connection, table, folder / table) for table in tables}
    return Files(
        scale_factor,
        folder,
        columns,
        {table: sum(path.stat().st_size for path in (folder / table).iterdir()) for table in tables},
        {table: sha256((folder / table).iterdir()) for table in tables},
    )


def sha256(files: Iterable[Path]) -> Counter[str]:
    """How many of the files have each digest."""
    found: Counter[str] = Counter()
    for path in files:
        with path.open("rb") as file:
            found[hashlib.file_digest(file, "sha256").hexdigest()] += 1
    return found


def _write(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Columns:
    """Columns of the table that was written."""
    folder.mkdir(parents=True)
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    columns = tuple((str(row[0]), str(row[1])) for row in described)
    # Iceberg finds columns by these numbers.
    numbers = ", ".join(f"{name}: {number}" for number, (name, _) in enumerate(columns, 1))
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    parts = 1 if table in FIXED else PARTS
    for part in range(parts):
        first, end = rows * part // parts, rows * (part + 1) // parts
        connection.execute(
            f"COPY (FROM {table} WHERE rowid >= {first} AND rowid < {end}) "
            f"TO '{folder}/part-{part}.parquet' (FORMAT parquet, FIELD_IDS {{{numbers}}})"
        )
    return columns


def link(files: Files, folder: Path) -> None:
    """The same files under another name: hard links, so the same bytes on the same blocks."""
    for table in files.columns:
        target = folder / table
        target.mkdir(parents=True)
        for part in files.parts(table):
            os.link(part, target / part.name)


def register_delta(files: Files, folder: Path) -> None:
    """Link the files into `folder` and make each table a Delta table."""
    link(files, folder)
    with connect() as connection:
        for table, columns in files.columns.items():
            delta_log.register(connection, folder / table, columns)
