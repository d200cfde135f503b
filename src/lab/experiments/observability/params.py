"""What can be set."""

from __future__ import annotations

from pydantic import Field

from lab.evidence.params import Parameters

# The objectives of the kit's rules: the share of rows that may be bad, by kind.
BUDGET = {"rejected": 0.001, "late": 0.01, "missing": 0.01}
KINDS = tuple(BUDGET)
MONTH_S = 30 * 86_400  # for which an error budget has to last


class Params(Parameters):
    """Parameters of observability; their defaults are those of the notebook."""

    pipelines: int = Field(8, ge=2, le=200, description="pipelines of each generated stream")
    days: int = Field(10, ge=3, le=21, description="days of each generated stream")
    blips: float = Field(2.0, ge=0, le=50, description="harmless blips per pipeline and day")
    rarer: float = Field(
        5.0, ge=1, le=100, description="times fewer anomalies in the second stream, which checks the law"
    )
    rate: float = Field(50.0, ge=10, le=500, description="rows/s to each of the five live pipelines")
    quiet_s: float = Field(10.0, ge=5, le=600, description="s of live traffic before the faults")
    live_s: float = Field(30.0, ge=15, le=600, description="s, at most, until every live alert is resolved")
    seed: int = Field(1, ge=0, description="of the generated streams")
