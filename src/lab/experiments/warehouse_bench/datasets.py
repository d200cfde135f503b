"""What there is to query: a layout, a format, a size."""

from __future__ import annotations

from dataclasses import dataclass

SAME, OWN = "same", "own"


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
