"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

LOWEST, BETWEEN, SECOND = "lowest versions", "versions between", "second Python"
BOTH = "lowest, other BLAS kernel"
# Beside the first environment, which has the newest versions. The first names are those of `kit.reproduce.environment.standard`.
CHANGES = (
    "same again",
    "hash seed",
    "time zone UTC+14",
    "time zone UTC-12",
    "locale",
    "working folder",
    "home",
    "one thread",
    "file order",
    "user",
    "one processor",
    "narrow vectors",
    "other BLAS kernel",
    LOWEST,
    BOTH,
    BETWEEN,
    SECOND,
)


class Params(Parameters):
    """Parameters of reproducible_notebook."""

    omit: tuple[str, ...] = Field((), description="environments to leave out, by name")
    pythons: tuple[str, ...] = Field(
        (), description="paths of other interpreters with numpy, pandas, ipykernel and nbclient"
    )
    ulp: int = Field(256, ge=0, le=2**40, description="steps between doubles by which two numbers may differ")
    months: int = Field(12, ge=2, le=12, description="months of observations that the analysis reads")
    replicates: int = Field(200, ge=10, le=100_000, description="replicates of its bootstrap")
    fresh: bool = Field(
        True, description="run an experiment of this project anew and compare it with the baseline"
    )
    seed: int = Field(1, ge=0, description="seed of the bootstrap")

    @field_validator("omit")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= set(CHANGES[1:]):
            raise ValueError(f"of: {', '.join(CHANGES[1:])}")
        return value

    @property
    def changes(self) -> tuple[str, ...]:
        """Environments beside the first, by name."""
        return tuple(name for name in CHANGES if name not in self.omit)
