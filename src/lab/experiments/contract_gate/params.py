"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters


class Params(Parameters):
    """Parameters of contract_gate; their defaults are those of the notebook."""

    mutants: int = Field(
        24, ge=8, le=200, description="changes of the data tried, of each kind some; 200 for all"
    )
    elsewhere: int = Field(
        2, ge=1, le=200, description="of those, judged as Parquet, as CSV and on PostgreSQL too"
    )
    orders: int = Field(400, ge=100, le=100_000, description="orders in the data that are changed")
    sizes: tuple[int, ...] = Field(
        (10_000, 50_000, 200_000), min_length=3, description="orders on which the gate is timed, ascending"
    )
    rounds: int = Field(2, ge=1, le=20, description="times that each is timed")
    seed: int = Field(1, ge=0, description="of the choice of changes and of the order of timings")

    @field_validator("sizes")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1_000 or value[-1] > 10_000_000:
            raise ValueError("they ascend, from 1,000 to 10,000,000")
        return value
