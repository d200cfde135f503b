"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from lab.evidence.params import Parameters


class Params(Parameters):
    """Parameters of etl_drift; their defaults are those of the notebook."""

    rows: int = Field(2_000, ge=500, le=20_000, description="rows of each batch and of what the target shows")
    shared: int = Field(500, ge=0, le=5_000, description="of them, rows that both sides have")
    threshold: float = Field(
        0.98, gt=0, le=1, description="confidence from which a match is accepted unasked"
    )
    shared_tried: tuple[int, ...] = Field(
        (50, 150, 250, 500, 1_000),
        min_length=2,
        description="numbers of shared rows that are compared, ascending",
    )
    sizes: tuple[int, ...] = Field(
        (20_000, 40_000, 80_000, 160_000),
        min_length=3,
        description="rows of the tables that are migrated, ascending",
    )
    seed: int = Field(1, ge=0, description="of rows, order of the re-runs")

    @field_validator("shared_tried", "sizes")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 0 or value[-1] > 2_000_000:
            raise ValueError("ascending, from 0 to 2,000,000")
        return value

    @model_validator(mode="after")
    def _fit(self) -> Params:
        if max(self.shared, self.shared_tried[-1]) > self.rows:
            raise ValueError("no more rows can be shared than a batch has: raise rows")
        if self.sizes[0] < 1_000:
            raise ValueError("sizes: tables of at least 1,000 rows")
        return self
