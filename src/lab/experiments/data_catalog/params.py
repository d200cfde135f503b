"""What can be set."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

# Dates of change are drawn back from here: a day that stands still, so that runs agree.
TODAY = date(2026, 1, 1)
KINDS = ("name", "owner", "field")  # the common queries of the acceptance criterion
FORMS = ("exact", "prefix", "typo")
ALL = 2_293  # datasets of the wheel


class Params(Parameters):
    """Parameters of data_catalog; their defaults are those of the notebook."""

    datasets: int = Field(
        ALL, ge=200, le=ALL, description="datasets in the catalog, drawn from those of the wheel"
    )
    queries: int = Field(50, ge=10, le=1_000, description="queries of each kind and form")
    boost: float = Field(
        0.5, ge=0, le=10, description="by how much more a dataset counts that was changed today"
    )
    half_life: float = Field(90.0, ge=1, le=10_000, description="days after which that is halved")
    boosts: tuple[float, ...] = Field(
        (0.0, 0.25, 0.5, 1.0, 2.0, 4.0),
        min_length=3,
        description="boosts that are compared, ascending from 0",
    )
    clients: int = Field(50, ge=1, le=400, description="people who search at the same time")
    pace: float = Field(1.0, gt=0, le=20, description="searches per second of each of them")
    seconds: float = Field(3.0, ge=1, le=600, description="s of load on each store")
    copies: int = Field(5, ge=3, le=50, description="copies of the catalog in the largest one measured")
    seed: int = Field(1, ge=0, description="of queries, typing errors, owners and dates")

    @field_validator("boosts")
    @classmethod
    def _usable(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value[0] != 0 or any(not 0 <= each <= 100 for each in value) or list(value) != sorted(set(value)):
            raise ValueError("the first is 0, all are at most 100, in ascending order")
        return value

    @property
    def rate(self) -> float:
        """Searches per second of all clients together."""
        return self.clients * self.pace
