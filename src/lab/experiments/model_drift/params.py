"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

ALPHA = 0.01  # of the exercise: KS p-value below it
KINDS = ("none", "covariate", "label", "concept")


class Params(Parameters):
    """Parameters of model_drift; their defaults are those of the notebook."""

    window: int = Field(1_000, ge=100, le=5_000, description="rows that are compared at a time")
    reference: int = Field(5_000, ge=500, le=20_000, description="rows that they are compared with")
    looks: int = Field(10, ge=2, le=100, description="windows for which the corrected alpha has to last")
    windows: int = Field(
        1_200, ge=100, le=100_000, description="windows without drift, each with a reference"
    )
    doses: tuple[float, ...] = Field(
        (0.05, 0.1, 0.2, 0.4),
        min_length=2,
        description="sizes of injected drift, ascending, the last one live",
    )
    streams: int = Field(20, ge=10, le=1_000, description="streams for each kind and size of drift")
    rate: float = Field(5.0, ge=1, le=50, description="requests per second to each of the four models")
    batch: int = Field(100, ge=10, le=1_000, description="rows in a request")
    quiet_s: float = Field(7.0, ge=3, le=600, description="s of traffic before drift sets in")
    drift_s: float = Field(20.0, ge=10, le=600, description="s of traffic from then on")
    label_s: float = Field(1.0, ge=0.2, le=60, description="s after which the truth about a row is known")
    retrain_rows: int = Field(
        3_000, ge=500, le=50_000, description="labelled rows that a new model is made from"
    )
    seed: int = Field(1, ge=0, description="of draws, splits and schedules")

    @field_validator("doses")
    @classmethod
    def _ascending(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)) or not all(0 < each <= 1 for each in value):
            raise ValueError("sizes lie above 0, up to 1, ascending")
        return value

    @property
    def window_s(self) -> float:
        """Time in which a window fills, s."""
        return self.window / (self.rate * self.batch)
