"""What can be set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.evidence.params import Parameters

ArmName = Literal["random-sticky", "keyed", "salted hot key"]


class Params(Parameters):
    """Parameters of kafka_lag; the ladder's rungs are rate/100, rate/10 and rate."""

    rate: int = Field(100_000, ge=1_000, le=5_000_000, description="messages/s at the top of the ladder")
    seconds: float = Field(
        8.0, ge=2, le=600, description="s of sending at the top rung; lower rungs three eighths of it"
    )
    partitions: int = Field(6, ge=2, le=200, description="partitions of the topic")
    consumers: int = Field(2, ge=1, le=64, description="processes in the consumer group")
    producers: int = Field(2, ge=1, le=64, description="load generator processes")
    message_bytes: int = Field(100, ge=16, le=100_000, description="bytes of a message's value")
    zipf: float = Field(1.2, ge=0, le=4, description="exponent of the keys' popularity where keys are skewed")
    lane_share: float = Field(
        0.3, gt=0, le=10, description="what one partition's worker can process, as a share of the top rate"
    )
    strategies: tuple[ArmName, ...] = Field(
        ("random-sticky", "keyed", "salted hot key"), min_length=1, description="arms of the treatment"
    )
    seed: int = Field(1, ge=0, description="seed of keys, payloads and sampling times")

    @property
    def rungs(self) -> list[int]:
        """Offered rates, messages/s, ascending."""
        return [self.rate // 100, self.rate // 10, self.rate]

    @property
    def service_ns(self) -> int:
        """Fixed cost of one message in its partition's worker, ns."""
        return round(1e9 / (self.lane_share * self.rate))

    def hold_s(self, rung: int) -> float:
        """How long a rung is held, s: three eighths of `seconds` below the top, or what some 200 messages take."""
        return self.seconds if rung == self.rate else max(self.seconds * 3 / 8, min(self.seconds, 200 / rung))
