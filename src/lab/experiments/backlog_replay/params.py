"""What can be set."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from lab.evidence.params import Parameters

LEAD_S = 0.5  # at the first of these loads, before they count
# Of what the saturated sink takes: loads tried to find the safe one. The last can't be: it shows what too much looks like.
STEPS = (0.6, 0.75, 0.9, 1.1)
TRIES = 2  # of each, all of which must keep the alert: one that a stall of the machine broke makes a load unsafe, too


class Params(Parameters):
    """Parameters of backlog_replay; their defaults are those of the notebook."""

    backlog: int = Field(
        6_500, ge=1_000, le=10_000_000, description="rows that each policy has to catch up on"
    )
    live_rate: int = Field(250, ge=50, le=100_000, description="rows/s of live traffic, which goes on")
    row_ms: float = Field(
        0.3, ge=0.02, le=50, description="ms that the sink really waits for each row, in its one lane"
    )
    batch: int = Field(20, ge=1, le=10_000, description="rows that a replayer writes in one transaction")
    connections: int = Field(16, ge=1, le=100, description="transactions that a replayer may have open")
    alert_ms: float = Field(
        80.0, ge=5, le=60_000, description="alert threshold of the live rows' 99th percentile, ms"
    )
    target: float = Field(
        0.65, gt=0.1, le=0.95, description="load that fixed and ramp aim at, as a share of the safe capacity"
    )
    ramp_s: float = Field(2.0, ge=0.2, le=3_600, description="s over which the ramp opens")
    step_s: float = Field(1.2, ge=0.5, le=600, description="s of each try of a load, to find the safe one")
    keys: int = Field(1_000, ge=10, le=10_000_000, description="keys that backlog and live traffic share")
    seed: int = Field(1, ge=0, description="seed of keys and of the moment of the kill")

    @property
    def ideal_rate(self) -> float:
        """Rows/s of a lane that does nothing but wait for its rows."""
        return 1e3 / self.row_ms

    @property
    def rows(self) -> int:
        """Rows in the backlog's topic: enough for every policy, and for the search of the safe load."""
        return max(self.backlog, int(self.ideal_rate * (LEAD_S + self.step_s * TRIES * sum(STEPS))))

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.live_rate > 0.3 * self.ideal_rate:
            raise ValueError(
                f"live_rate must be at most {0.3 * self.ideal_rate:.0f}, 30 % of what a lane of row_ms could take: "
                "nothing would be left for the backlog"
            )
        return self
