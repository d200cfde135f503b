"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

ATTACKER, VICTIM = 3, 7  # tenants


class Params(Parameters):
    """Parameters of tenant_isolation; their defaults are those of the notebook."""

    tenants: int = Field(8, ge=VICTIM, le=200, description="tenants in the shop; 3 attacks, 7 is looked for")
    orders: int = Field(20, ge=5, le=2_000, description="orders of each tenant")
    sequences: int = Field(40, ge=5, le=5_000, description="random sequences of statements")
    steps: int = Field(20, ge=5, le=200, description="statements in each of them, at most")
    rows: int = Field(
        50_000, ge=2_000, le=5_000_000, description="rows of the table on which policies are timed"
    )
    shares: int = Field(100, ge=10, le=1_000, description="tenants in that table")
    partitions: tuple[int, ...] = Field(
        (100, 250, 600), min_length=3, description="partitions, one for each tenant, ascending"
    )
    rounds: int = Field(7, ge=3, le=100, description="times that each query is timed")
    seed: int = Field(1, ge=0, description="of secrets, sequences and the order of timings")

    @field_validator("partitions")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 2 or value[-1] > 2_000:
            raise ValueError("they ascend, from 2 to 2,000")
        return value
