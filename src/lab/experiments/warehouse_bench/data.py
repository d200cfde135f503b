"""TPC-H's tables as Parquet files, written once; and the published answers."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.duck import connect
from lab.experiments.warehouse_bench import deltalog, oracle

if TYPE_CHECKING:
    import duckdb

# Files of a table that grows with the scale factor. The same number at every size, so that engines have as many
# pieces to share among the cores: one small file is read by one core, and its time says little about a large one.
PARTS = 4
FIXED = ("nation", "region")
DELTA_TYPES = {"BIGINT": "long", "INTEGER": "integer", "VARCHAR": "string", "DATE": "date"}
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Files:
    """The Parquet files of one scale factor: `folder`/TABLE/part-N.parquet.

    columns: name and DuckDB type by table. bytes, rows: by table. sha256: of each file, by table, when it was written;
    the formats share its bytes by hard links, so it can't be asked later what they once were.
    """

    scale_factor: float
    folder: Path
    columns: dict[str, Columns]
    bytes: dict[str, int]
    rows: dict[str, int]
    sha256: dict[str, Counter[str]]

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes.values())

    def parts(self, table: str) -> list[Path]:
        """The files of a table, in the order of its rows."""
        return sorted((self.folder / table).glob("*.parquet"))


def generate(scale_factor: float, tables: Sequence[str], folder: Path) -> Files:
    """Write the tables by TPC-H's generator into `folder`."""
    with connect("tpch") as connection:
        connection.execute("CALL dbgen(sf = $sf)", {"sf": scale_factor})
        found = {table: _write(connection, table, folder / table) for table in tables}
    return Files(
        scale_factor,
        folder,
        {table: columns for table, (columns, _) in found.items()},
        {table: sum(path.stat().st_size for path in (folder / table).iterdir()) for table in tables},
        {table: rows for table, (_, rows) in found.items()},
        {table: sha256((folder / table).iterdir()) for table in tables},
    )


def sha256(files: Iterable[Path]) -> Counter[str]:
    """How many of the files have each digest."""
    found: Counter[str] = Counter()
    for path in files:
        with path.open("rb") as file:
            found[hashlib.file_digest(file, "sha256").hexdigest()] += 1
    return found


def _write(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> tuple[Columns, int]:
    """Columns and rows of the table that was written."""
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
    return columns, int(rows)


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
            kinds = [(name, DELTA_TYPES.get(kind, kind.lower())) for name, kind in columns]
            known = {part.name: _statistics(connection, part, columns) for part in files.parts(table)}
            deltalog.register(folder / table, kinds, known)


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


def published(scale_factor: float) -> dict[int, list[tuple[str, ...]]]:
    """Published answers of all 22 queries at 0.01, 0.1 or 1."""
    with connect("tpch") as connection:
        rows = connection.execute(
            "SELECT query_nr, answer FROM tpch_answers() WHERE abs(scale_factor - $sf) < 1e-6",
            {"sf": scale_factor},
        ).fetchall()
    return {int(number): oracle.parse(answer) for number, answer in rows}
