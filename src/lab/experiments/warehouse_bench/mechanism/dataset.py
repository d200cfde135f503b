"""What there is to query: the Parquet files of a size, and the formats that make tables of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

PARQUET = "parquet"
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dataset:
    """TPC-H's tables at one scale factor, as parquet, iceberg or delta; always the same Parquet files."""

    format: str
    scale_factor: float

    @property
    def name(self) -> str:
        """Of the schema that holds the tables."""
        return f"{self.format}_{self.scale_factor:g}".replace(".", "p")


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

    def parts(self, table: str) -> list[Path]:
        """The files of a table, in the order of its rows."""
        return sorted((self.folder / table).glob("*.parquet"))
