"""What can be set."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

Files = Annotated[int, Field(ge=2, le=10_000)]


class Params(Parameters):
    """Parameters of encrypted_pipeline."""

    rows: int = Field(
        5_000, ge=200, le=1_000_000, description="rows that go through the pipeline in each arm"
    )
    flips: int = Field(
        200, ge=10, le=100_000, description="bits flipped one at a time, drawn over the whole file"
    )
    files: tuple[Files, ...] = Field(
        (10, 30, 90), min_length=3, description="files of a lake whose keys are rotated, ascending"
    )
    file_rows: int = Field(1_000, ge=100, le=1_000_000, description="rows of each of these files")
    grown: int = Field(
        10, ge=2, le=1_000, description="times as many rows in each file, for rotation against size"
    )
    timed_rows: int = Field(
        200_000, ge=1_000, le=20_000_000, description="rows of the table whose throughput is measured"
    )
    rounds: int = Field(5, ge=2, le=100, description="rounds of the timings")
    cache_s: int = Field(
        1, ge=1, le=600, description="s for which pyarrow may keep an unwrapped key, where that is tried"
    )
    seed: int = Field(1, ge=0, description="seed of rows, flips and the order of timings")

    @field_validator("files")
    @classmethod
    def _ascending(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise ValueError("must ascend")
        return values
