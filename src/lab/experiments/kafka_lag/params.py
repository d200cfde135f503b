"""What can be set."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from lab.evidence.params import Parameters

StrategyName = Literal["random-sticky", "keyed", "salted hot key"]
MEAN_LOAD = 0.7  # our threshold, a usual rule of thumb: plan so that the mean worker is busy 70 % of its time


class Params(Parameters):
    """Parameters of kafka_lag; load levels are rate/100, rate/10 and rate."""

    rate: int = Field(100_000, ge=1_000, le=5_000_000, description="messages/s at the highest load level")
    seconds: float = Field(
        4.0, ge=1, le=600, description="s of sending at the highest level; below it three quarters of that"
    )
    partitions: int = Field(6, ge=2, le=200, description="partitions where strategies are compared")
    counts: tuple[Annotated[int, Field(ge=2, le=200)], ...] = Field(
        (5, 10, 11, 15),
        min_length=1,
        description="partition counts tried with skewed keys and workers that really wait",
    )
    consumers: int = Field(2, ge=1, le=64, description="processes in the consumer group")
    producers: int = Field(2, ge=1, le=64, description="load generator processes")
    message_bytes: int = Field(100, ge=16, le=100_000, description="bytes of a message's value")
    zipf: float = Field(1.2, ge=0, le=4, description="exponent of the keys' popularity where keys are skewed")
    service_rate: float = Field(
        0.3, gt=0, le=10, description="what one simulated worker can process, as a share of the highest rate"
    )
    wait_ms: float = Field(1.0, ge=0.5, le=50, description="ms that a real worker waits for each message")
    outage_s: float = Field(1.0, ge=0.3, le=5, description="s for which the consumer group is stopped")
    target_load: float = Field(
        0.9, gt=0, lt=1, description="our threshold: the fullest partition's share of its worker's time"
    )
    strategies: tuple[StrategyName, ...] = Field(
        ("random-sticky", "keyed", "salted hot key"), min_length=1, description="variants of the treatment"
    )
    seed: int = Field(1, ge=0, description="seed of keys, payloads and sampling times")

    @property
    def levels(self) -> list[int]:
        """Offered rates, messages/s, ascending."""
        return [self.rate // 100, self.rate // 10, self.rate]

    @property
    def worker_rate(self) -> float:
        """Messages/s that one simulated worker can process."""
        return self.service_rate * self.rate

    @property
    def service_ns(self) -> int:
        """Fixed cost of one message in a simulated worker, ns."""
        return round(1e9 / self.worker_rate)

    @property
    def workers(self) -> float:
        """The load, in workers that it would keep busy."""
        return 1 / self.service_rate

    @property
    def wait_ns(self) -> int:
        return round(self.wait_ms * 1e6)

    def window_s(self, level: int) -> float:
        """How long a level is measured, s: three quarters of `seconds` below the top, or what 200 messages take."""
        if level == self.rate:
            return self.seconds
        return max(self.seconds * 3 / 4, min(self.seconds, 200 / level))


def by_the_mean(workers: float, load: float = MEAN_LOAD) -> int:
    """Fewest partitions that keep the mean worker at `load` of its time; what the fullest takes is not asked."""
    return math.ceil(workers / load)
