"""What can be set."""

from __future__ import annotations

from pydantic import Field, model_validator

from lab.evidence.params import Parameters

CLIENT_COUNT = 4  # of which one is greedy
QUOTA = 0.5  # of each client, of the sink's capacity: together twice of what there is, as quotas often are
BUDGET = 0.1  # retries per request: Google's book has a tenth, Finagle and Envoy a fifth
BUDGET_MOST = 3.0  # retries that a budget holds


class Params(Parameters):
    """Parameters of backpressure; their defaults are those of the notebook."""

    service_ms: float = Field(70.0, ge=5, le=200, description="ms that the sink takes for an event")
    base: float = Field(
        0.65, gt=0, le=0.9, description="load before and after the burst, of the sink's capacity"
    )
    burst: float = Field(5.0, ge=2, le=20, description="times the base load in the burst")
    before_s: float = Field(2.0, ge=1, le=600, description="s of base load before the burst")
    burst_s: float = Field(15.0, ge=2, le=600, description="s of the burst")
    after_s: float = Field(12.0, ge=2, le=600, description="s of base load after it")
    greedy: float = Field(0.6, gt=0, lt=1, description="share of the burst that the greedy client asks for")
    timeout_s: float = Field(1.0, ge=0.5, le=30, description="s after which a client gives an attempt up")
    attempts: int = Field(2, ge=1, le=10, description="attempts of a client at most")
    target_ms: float = Field(
        250.0, ge=50, le=5_000, description="ms in flight that the adaptive limit aims at"
    )
    k: float = Field(
        2.0, ge=1, le=10, description="requests per accepted one that a throttled client lets go"
    )
    memory_s: float = Field(2.0, ge=0.5, le=120, description="s that a throttled client remembers")
    kills: int = Field(3, ge=1, le=100, description="times that ingestion and sink are killed")
    alone: int = Field(1, ge=0, le=1, description="1 to try server and clients alone, too; 0 not to")
    seed: int = Field(1, ge=0, description="of the clients' turns, and of the moments of the kills")

    @model_validator(mode="after")
    def _can_be_told(self) -> Params:
        if self.base * self.burst <= 1.2:
            raise ValueError(f"burst times base is {self.base * self.burst:g}: below 1.2 it is no overload")
        if self.after_s < self.memory_s + 2:
            raise ValueError(
                "after_s must exceed memory_s by 2 s: a throttled client has to forget the burst first"
            )
        if self.target_ms / 1e3 > self.timeout_s / 2:
            raise ValueError("target_ms is at most half of timeout_s: what is accepted must be done in time")
        return self

    @property
    def capacity(self) -> float:
        """Events/s that the sink can do, as declared; the run measures it."""
        return 1_000 / self.service_ms

    @property
    def base_rate(self) -> float:
        """Events/s outside of the burst."""
        return self.base * self.capacity

    @property
    def burst_rate(self) -> float:
        """Events/s in the burst."""
        return self.burst * self.base_rate

    @property
    def total_s(self) -> float:
        return self.before_s + self.burst_s + self.after_s

    @property
    def settled_s(self) -> float:
        """Time after the burst from which on all has to be as before: the clients' memory and a second."""
        return self.memory_s + 1.0
