"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters


class Params(Parameters):
    """Parameters of infra_drift; their defaults are those of the notebook."""

    every_s: float = Field(3.0, ge=1, le=600, description="T, s from one look of the detector to the next")
    copies: int = Field(2, ge=1, le=20, description="changes of each kind while the detector runs")
    looks: int = Field(9, ge=2, le=1_000, description="looks over which the changes are spread")
    quiet: int = Field(4, ge=1, le=100, description="looks at a world in which nothing changes")
    sizes: tuple[int, ...] = Field(
        (20, 80, 320), min_length=3, description="objects in a state for the law of the run time, ascending"
    )
    repeats: int = Field(3, ge=1, le=50, description="looks at each of these sizes")
    seed: int = Field(1, ge=0, description="of the moments and the order of changes")

    @field_validator("sizes")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1 or value[-1] > 5_000:
            raise ValueError("must be ascending, from 1 to 5,000")
        return value
