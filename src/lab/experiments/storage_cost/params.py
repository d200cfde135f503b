"""What can be set."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from lab.evidence.params import Parameters


class Params(Parameters):
    """Parameters of storage_cost."""

    prices: str = Field(
        "", description="price table (TOML) of your own; empty: S3's list prices that come with the kit"
    )
    median_mb: float = Field(
        32.0, ge=0.001, le=1e6, description="median size of an object, MB; sizes are log-normal"
    )
    session_minutes: float = Field(
        30.0,
        ge=0,
        le=1_440,
        description="ratings that follow within so many minutes are one read; 0: each is one",
    )
    ages: tuple[int, ...] = Field(
        (7, 30, 60, 90), min_length=2, description="ages in days of the rules that are compared, ascending"
    )
    max_wait_s: float = Field(
        1.0,
        gt=0,
        le=172_800,
        description="our threshold: longest wait for the first byte that is acceptable, s",
    )
    cold_share: float = Field(
        0.3, gt=0, le=1, description="our threshold: share of reads that may pay for retrieval"
    )
    egress: float = Field(0.0, ge=0, le=1, description="share of reads that leave the region")
    reheat_days: int = Field(
        31, ge=3, le=365, description="idle days after which the control's objects are read again"
    )
    aggressive_age: int = Field(1, ge=1, le=365, description="age in days of the aggressive rule")
    copies: int = Field(100, ge=2, le=1_000, description="times the objects on which the model is checked")
    sample: int = Field(40, ge=8, le=1_000, description="sample objects in the store; a quarter of each kind")
    instances: int = Field(30, ge=5, le=1_000, description="small traces on which all schedules are tried")
    seed: int = Field(1, ge=0, description="seed of sizes and small traces")

    @field_validator("ages")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1 or value[-1] > 3_650:
            raise ValueError("must be ascending, from 1 to 3,650")
        return value

    @field_validator("prices")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError("there is no such file")
        return value
