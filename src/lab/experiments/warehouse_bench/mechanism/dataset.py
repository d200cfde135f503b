"""What there is to query: the Parquet files of a size, and the layouts and formats that make tables of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

SAME, OWN = "same", "own"
PARQUET = "parquet"
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dataset:
    """TPC-H's tables in one place.

    layout: `same` for the one set of Parquet files, registered in each format; `own` for tables that an
    engine wrote for itself. format: parquet, iceberg or delta.
    """

    layout: str
    format: str
    scale_factor: float

    @property
    def name(self) -> str:
        return f"{self.layout}_{self.format}_{self.scale_factor:g}".replace(".", "p")

    def schema(self, engine: str) -> str:
        """Name of the schema that holds the tables for an engine."""
        return self.name if self.layout == SAME else f"{self.name}_{engine.lower()}"


@dataclass(frozen=True)
class Files:
    """The Parquet files of one scale factor: `folder`/TABLE/part-N.parquet.

    columns: name and DuckDB type by table. bytes: by table. sha256: of each file, by table, when it was written;
    the formats share its bytes by hard links, so it can't be asked later what they once were.
    """

    scale_factor: float
    folder: Path
    columns: dict[str, Columns]
    bytes: dict[str, int]
    sha256: dict[str, Counter[str]]

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes.values())

    def parts(self, table: str) -> list[Path]:
        """The files of a table, in the order of its rows."""
        return sorted((self.folder / table).glob("*.parquet"))
