"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from lab.evidence.params import Parameters

BATCH = 100  # entities of one batch lookup
ASKED_AT_ONCE = 50  # entities of one check


class Params(Parameters):
    """Parameters of feature_store; their defaults are those of the notebook."""

    entities: int = Field(5_000, ge=200, le=1_000_000, description="entities that are updated")
    history: int = Field(10, ge=4, le=1_000, description="updates of the mean entity before the run")
    asked: int = Field(4_000, ge=200, le=1_000_000, description="rows of the point-in-time join")
    rate: float = Field(200.0, ge=10, le=20_000, description="updates/s while lookups run")
    late: float = Field(
        0.05, ge=0.01, le=0.4, description="share of updates that are older than one before them"
    )
    repeated: float = Field(0.05, ge=0.01, le=0.4, description="share of updates that were sent before")
    zipf: float = Field(0.5, ge=0, le=2, description="exponent of the entities' popularity")
    seconds: float = Field(14.0, ge=2, le=600, description="s of updates and lookups")
    after: float = Field(4.0, ge=2, le=60, description="s of updates after Redis is killed")
    delays: tuple[float, ...] = Field(
        (0.5, 1.0, 2.0),
        min_length=3,
        max_length=6,
        description="s by which slower stream jobs hold updates back",
    )
    checks: float = Field(15.0, ge=2, le=200, description="checks/s of 50 entities each")
    lookups: float = Field(50.0, ge=5, le=5_000, description="single lookups/s")
    batches: float = Field(5.0, ge=1, le=500, description="lookups/s of 100 entities each")
    seed: int = Field(1, ge=0, description="of updates, entities and times")

    @field_validator("delays")
    @classmethod
    def _ascending(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0.05 <= each <= 10 for each in value) or list(value) != sorted(set(value)):
            raise ValueError("each is 0.05 to 10 s, in ascending order")
        return value

    @model_validator(mode="after")
    def _long_enough(self) -> Params:
        if self.seconds < self.settled + 1:
            raise ValueError(
                f"seconds is {self.seconds:g}; give at least one more than the longest of delays"
            )
        return self

    @property
    def settled(self) -> float:
        """s after which the slowest stream job is behind by all that it holds."""
        return max(self.delays)

    @property
    def fresh(self) -> float:
        """Updates/s that change what is true."""
        return self.rate * (1 - self.late - self.repeated)
