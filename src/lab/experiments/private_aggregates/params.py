"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

# What the published statistics are of; fixed, because the page speaks of them.
AGES = tuple(range(25, 70, 5))
EDUCATION = (1, 2, 3, 4)
INCOME_GRAIN = 0.001  # thousand marks: one mark
INCOME_STEP = 0.2
QUANTILE = 0.9  # above which income does the best-off tenth begin?


class Params(Parameters):
    """Parameters of private_aggregates."""

    epsilon: float = Field(
        1.0, ge=0.05, le=20, description="total privacy budget of the six published statistics, per person"
    )
    rows: int = Field(
        5,
        ge=1,
        le=5,
        description="contribution bound: rows that count of one person (the survey has five waves)",
    )
    groups: int = Field(2, ge=1, le=5, description="groups in which one person counts")
    visits_bound: int = Field(60, ge=1, le=365, description="doctor visits to which a row is clipped")
    income_bound: float = Field(
        15.0, ge=1, le=100, description="thousand marks of monthly income to which a row is clipped"
    )
    delta: float = Field(
        1e-9, gt=0, lt=1e-3, description="chance that a group of one person is published, per release"
    )
    target: float = Field(
        0.05,
        ge=0.001,
        le=1,
        description="our threshold: relative error to stay within in 95 % of the releases",
    )
    epsilons: tuple[float, ...] = Field(
        (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
        min_length=3,
        description="epsilons at which the mean absolute error is measured, ascending",
    )
    audited: tuple[float, ...] = Field(
        (0.5, 1.0, 2.0), min_length=1, description="epsilons that are claimed and audited"
    )
    draws: int = Field(5_000, ge=1_000, le=1_000_000, description="releases behind each error")
    audit_draws: int = Field(
        30_000, ge=2_000, le=10_000_000, description="releases of a number from each neighbour in an audit"
    )
    leak_runs: int = Field(5_000, ge=100, le=1_000_000, description="releases searched for a leaked key")
    seed: int = Field(1, ge=0, description="seed of the subsample and of numpy's noise under attack")

    @field_validator("epsilons", "audited")
    @classmethod
    def _usable(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0.001 <= epsilon <= 20 for epsilon in value) or list(value) != sorted(set(value)):
            raise ValueError("each must be between 0.001 and 20, in ascending order")
        return value

    @property
    def slow_draws(self) -> int:
        """Releases behind an error of the quantile, which costs thirty times as much as a sum."""
        return self.draws // 3
