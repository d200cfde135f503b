"""What can be set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lab.evidence.params import Parameters

Fault = Literal["processor", "loop", "zombie", "broker", "commit"]
FAULTS: dict[Fault, str] = {
    "processor": "processor killed",
    "loop": "loop killed, Spark not",
    "zombie": "processor stopped, then resumed",
    "broker": "broker killed",
    "commit": "answer to COMMIT lost",
}
FEWEST = 500  # messages of a round
TIMES = 10  # batches of each size whose cost is measured in a pass, after a first one that is not
PASSES = 4  # so often is the topic read from its begin for them, after a first time that warms the broker up


class Params(Parameters):
    """Parameters of exactly_once."""

    messages: int = Field(50_000, ge=1_000, le=5_000_000, description="messages sent, in all rounds together")
    rate: int = Field(2_500, ge=100, le=50_000, description="messages/s while a round's load is on")
    rounds: int = Field(4, ge=1, le=400, description="rounds, each with one fault while the load is on")
    faults: tuple[Fault, ...] = Field(
        ("processor", "zombie", "broker", "commit"), min_length=1, description="faults that take turns"
    )
    partitions: int = Field(2, ge=1, le=12, description="partitions of each topic")
    batch_ms: int = Field(200, ge=10, le=5_000, description="ms for which a processor gathers a batch")
    work_us: int = Field(150, ge=0, le=10_000, description="µs that a processor waits for each message")
    sizes: tuple[Annotated[int, Field(ge=1, le=5_000)], ...] = Field(
        (25, 1_500, 3_000),
        min_length=3,
        max_length=6,
        description="messages in a transaction whose cost is measured",
    )
    seed: int = Field(1, ge=0, description="seed of the order of faults, their moments and the payloads")

    @field_validator("rounds")
    @classmethod
    def _long_enough(cls, rounds: int, info: ValidationInfo) -> int:
        if info.data.get("messages", 0) < FEWEST * rounds:
            raise ValueError(f"each round needs {FEWEST} messages, to be hit while it is under load")
        return rounds

    @field_validator("sizes")
    @classmethod
    def _enough(cls, sizes: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError("each size once")
        if (TIMES + 1) * sum(sizes) > info.data.get("messages", 0):
            raise ValueError(f"`messages` must fill {TIMES + 1} batches of each of the sizes")
        return sizes

    @property
    def of_a_round(self) -> int:
        """Messages in a round."""
        return self.messages // self.rounds

    @property
    def seconds(self) -> float:
        """How long a round's load is on, s."""
        return self.of_a_round / self.rate
