"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

ALL = 200  # more than there are mutants


class Params(Parameters):
    """Parameters of dbt_contracts; their defaults are those of the notebook."""

    mutants: int = Field(
        20,
        ge=6,
        le=ALL,
        description="changes of the source tried on DuckDB, of each kind from 16 on; 200 for all",
    )
    elsewhere: int = Field(
        6, ge=2, le=ALL, description="of those, tried on PostgreSQL too, and with some of the layers alone"
    )
    orders: int = Field(400, ge=100, le=100_000, description="orders in the source that is changed")
    sizes: tuple[int, ...] = Field(
        (10_000, 50_000, 200_000),
        min_length=3,
        description="orders in the sources on which layers are timed, ascending",
    )
    rounds: int = Field(2, ge=1, le=20, description="times that each is timed")
    seed: int = Field(1, ge=0, description="of the choice of changes and of the order of timings")

    @field_validator("sizes")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1_000 or value[-1] > 10_000_000:
            raise ValueError("they ascend, from 1,000 to 10,000,000")
        return value
