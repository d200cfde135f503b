"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

YEAR = 365  # batches that the table has


class Params(Parameters):
    """Parameters of data_quality."""

    train: int = Field(
        120, ge=16, le=300, description="days that are learned from, the earlier half what, the later how far"
    )
    margin: float = Field(
        1.0, ge=0, le=10, description="how far bounds lie beyond the extremes, in distances from the median"
    )
    margins: tuple[float, ...] = Field(
        (0.0, 0.5, 1.0, 2.0),
        min_length=2,
        description="margins that are compared, ascending, the first 0, `margin` among them",
    )
    every: int = Field(60, ge=5, le=200, description="days after which the second arm learns anew")
    sizes: tuple[float, ...] = Field(
        (0.01, 0.03, 0.1, 0.3),
        min_length=2,
        description="shares of a batch's rows that a fault touches, ascending",
    )
    cases: int = Field(12, ge=1, le=1000, description="faulty batches of each kind and size")
    shuffles: int = Field(10, ge=4, le=200, description="shuffles of the year, each with a suite of its own")
    files: int = Field(
        9, ge=2, le=9, description="spoilt files for the pipeline, each of another kind of fault"
    )
    judged: int = Field(
        9,
        ge=0,
        le=1000,
        description="faulty batches that Great Expectations judges beside those of the pipeline",
    )
    seed: int = Field(1, ge=0, description="seed of faults, days and shuffles")

    @field_validator("sizes", "margins")
    @classmethod
    def _ascending(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)) or value[0] < 0 or value[-1] > 10:
            raise ValueError("each must be between 0 and 10, in ascending order")
        return value

    @field_validator("sizes")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value[0] <= 0 or value[-1] > 1:
            raise ValueError("each must be above 0 and at most 1")
        return value

    def model_post_init(self, _: object) -> None:
        """The margin that the page speaks of is one of those that are compared, and so is 0."""
        if self.margin not in self.margins or self.margins[0] != 0:
            raise ValueError(f"margins must begin with 0 and hold margin = {self.margin:g}")
