"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

CHECKED_AT = 2  # times the largest size that the line was fitted to


class Params(Parameters):
    """Parameters of governance; their defaults are those of the notebook."""

    tables: int = Field(18, ge=10, le=400, description="datasets in the company's database")
    rounds: int = Field(
        30, ge=2, le=2_000, description="databases with faults drawn at random, audited once each"
    )
    faults: int = Field(4, ge=1, le=8, description="faults in each of those")
    clean: int = Field(
        12, ge=2, le=1_000, description="databases without a fault, with harmless changes only"
    )
    columns: int = Field(
        20,
        ge=5,
        le=1_000,
        description="columns of each kind that the classifier is given, with and without personal data",
    )
    thresholds: tuple[float, ...] = Field(
        (0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
        min_length=3,
        description="shares of valid values that are compared, ascending",
    )
    threshold: float = Field(
        0.5, gt=0, le=1, description="share of valid values above which a column is labelled"
    )
    dirt: float = Field(
        0.3, ge=0, lt=1, description="share of values that are something else, in the dirtiest column"
    )
    onboardings: int = Field(12, ge=3, le=200, description="datasets that are onboarded one after the other")
    sizes: tuple[int, ...] = Field(
        (10, 20, 40),
        min_length=2,
        description="tables at which the audit is timed; checked at twice the largest",
    )
    rows: int = Field(200, ge=20, le=10_000, description="rows that the audit looks at in each table")
    seed: int = Field(1, ge=0, description="of values, faults and harmless changes")

    @field_validator("thresholds")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < each <= 1 for each in value) or list(value) != sorted(set(value)):
            raise ValueError("each is above 0 and at most 1, in ascending order")
        return value

    @field_validator("sizes")
    @classmethod
    def _tables(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 5 <= each <= 1_000 for each in value) or list(value) != sorted(set(value)):
            raise ValueError("each is from 5 to 1,000, in ascending order")
        return value
