"""What can be set."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

NOW = datetime(
    2026, 4, 15, 9, 0, tzinfo=UTC
)  # when everything happens: a moment that stands still, so that runs agree
ALL = 50  # more than there are changes


class Params(Parameters):
    """Parameters of data_mesh; their defaults are those of the notebook."""

    changes: int = Field(
        ALL,
        ge=8,
        le=ALL,
        description="changes of the publisher that are tried, of each kind some; 50 for all",
    )
    orders: int = Field(400, ge=100, le=20_000, description="orders that the publisher has")
    timed_orders: int = Field(
        10_000, ge=1_000, le=2_000_000, description="orders in the table against which verification is timed"
    )
    consumers: tuple[int, ...] = Field(
        (4, 16, 48),
        min_length=3,
        description="consumers whose needs are verified when that is timed, ascending",
    )
    rounds: int = Field(3, ge=1, le=20, description="times that each is timed")
    seed: int = Field(1, ge=0, description="of the choice of changes and of the order of timings")

    @field_validator("consumers")
    @classmethod
    def _usable(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 2 or value[-1] > 2_000:
            raise ValueError("from 2 to 2,000, in ascending order")
        return value
