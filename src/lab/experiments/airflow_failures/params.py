"""What can be set."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from lab.evidence.params import Parameters

RETRIES_UNGUARDED = 2  # of each layer: the r of (1 + r) ** layers
SLOTS = 4  # of the pool of calls to the source
FAILURES = 3  # in a row, that open the kit's circuit breaker
HEARTBEAT_S, SCAN_S = 2.0, 1.0  # of supervisors; between the scheduler's looks for lost ones
WATCH_S = 1.0  # between the watcher's looks
DEFAULT_TIMEOUT_S, DEFAULT_HEARTBEAT_S, DEFAULT_SCAN_S = 300.0, 5.0, 10.0  # Airflow 3.3.2's own
KIT_WAIT_S, KIT_RETRIES, KIT_RETRY_S, KIT_RETRY_MOST_S = 30.0, 5, 60.0, 600.0  # the kit's own
CHUNK = 20  # orders that a load sends at a time


def outlasted_s(first_s: float, most_s: float) -> float:
    """s that the kit's retries wait, all together and at least: each twice as long as the one before, up to `most_s`."""
    return sum(min(most_s, first_s * 2**number) for number in range(KIT_RETRIES))


class Params(Parameters):
    """Parameters of airflow_failures; their defaults are those of the notebook."""

    rounds: int = Field(2, ge=1, le=50, description="faults of each kind with guards; one of each without")
    rows: int = Field(800, ge=200, le=100_000, description="orders in a batch, loaded twenty at a time")
    latency_ms: int = Field(
        100, ge=1, le=2_000, description="ms by which the warehouse's answers come later than at once"
    )
    outage_s: float = Field(
        8.0, ge=2, le=600, description="s for which database and link are away; source half as long again"
    )
    wait_s: float = Field(
        3.0,
        ge=1,
        le=600,
        description="s that a guarded task waits for an answer; the kit's own default is 30",
    )
    retry_s: float = Field(
        2.0, ge=1, le=600, description="s before the first retry, doubled after it; Airflow's default is 300"
    )
    heartbeat_timeout_s: int = Field(
        12, ge=5, le=600, description="s without a heartbeat until a task is lost; Airflow's default is 300"
    )
    layers: tuple[int, ...] = Field(
        (1, 2, 3), min_length=2, description="layers that retry without guards, ascending, at most 4"
    )
    seed: int = Field(1, ge=0, description="of the orders")

    @field_validator("layers")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or not all(1 <= each <= 4 for each in value):
            raise ValueError("layers lie between 1 and 4, ascending")
        return value

    @model_validator(mode="after")
    def _longer_than_a_wait(self) -> Params:
        if self.outage_s < 1.5 * self.wait_s:
            raise ValueError("outage_s is at least half as long again as wait_s, or nobody has to notice")
        return self

    @model_validator(mode="after")
    def _a_load_that_can_be_hurt(self) -> Params:
        if not 1 <= self.load_s <= 10 * self.wait_s:
            raise ValueError(
                f"rows and latency_ms make a load of {self.load_s:g} s, where a fault needs 1 s, and a task that is not late "
                f"takes at most {10 * self.wait_s:g} s"
            )
        return self

    @property
    def load_s(self) -> float:
        """s that a load takes at least."""
        return self.rows / CHUNK * self.latency_ms / 1000

    @property
    def retry_most_s(self) -> float:
        return 2.5 * self.retry_s

    @property
    def patience_s(self) -> float:
        """s for a fault to be due, and for a run to end after it: retries, doubled by jitter, and a lost task's time-out."""
        return 120 + self.heartbeat_timeout_s + 2 * outlasted_s(self.retry_s, self.retry_most_s)

    @property
    def storm_s(self) -> float:
        """s that the source is away: retries are to come while the circuit breaker is open, and to be left when it is not."""
        return 1.5 * self.outage_s

    @property
    def open_s(self) -> float:
        """s that the circuit breaker stays open: two thirds of an outage."""
        return self.outage_s * 2 / 3

    @property
    def late_s(self) -> float:
        """s after which the watcher calls a task late: long beyond a load's own time, on a busy machine too."""
        return 120 + 10 * self.load_s
