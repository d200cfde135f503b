"""What can be set."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

Rows = Annotated[int, Field(ge=2_000, le=50_000_000)]
Width = Annotated[int, Field(ge=1, le=100_000)]


class Params(Parameters):
    """Parameters of sql_windows."""

    sizes: tuple[Rows, ...] = Field(
        (10_000, 100_000, 1_000_000), min_length=3, description="rows of the table, at least three sizes"
    )
    repeats: int = Field(6, ge=1, le=100, description="timings of each query, engine and size, at most")
    cell_seconds: float = Field(
        0.5, ge=0, le=600, description="s after which a query, engine and size is not timed again"
    )
    rows_per_customer: int = Field(20, ge=2, le=1_000, description="rows of each customer, at every size")
    widths: tuple[Width, ...] = Field(
        (10, 30, 100, 300, 1_000),
        min_length=3,
        description="rows before the current one in the sliding frame",
    )
    sliding_rows: int = Field(
        20_000, ge=1_000, le=1_000_000, description="rows of the table for the sliding frame"
    )
    work_mem_mb: int = Field(
        4, ge=2, le=64, description="MiB that a PostgreSQL sort may use before it spills"
    )
    seed: int = Field(1, ge=0, description="seed of the purchases and of the order of the timings")

    @field_validator("sizes", "widths")
    @classmethod
    def _ascending(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise ValueError("must ascend")
        return values

    @property
    def top(self) -> int:
        """The largest size."""
        return self.sizes[-1]

    @property
    def middle(self) -> int:
        """The size before the largest."""
        return self.sizes[-2]
