"""What can be set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.evidence.params import Parameters

Mode = Literal[
    "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"
]


class Params(Parameters):
    """Parameters of schema_evolution."""

    mode: Mode = Field("FULL_TRANSITIVE", description="compatibility mode of the gate in the roll-back drill")
    fuzz_pairs: int = Field(
        400, ge=20, le=100_000, description="random pairs of a reader's and a writer's schema"
    )
    values: int = Field(16, ge=4, le=1_000, description="messages decoded for each pair")
    orders: int = Field(
        150, ge=20, le=100_000, description="orders of each version on the topic and in each Parquet file"
    )
    walks: int = Field(60, ge=10, le=10_000, description="random histories in which each step keeps BACKWARD")
    steps: int = Field(10, ge=4, le=100, description="versions of each random history")
    drills: int = Field(
        2, ge=1, le=20, description="roll-back drills for each way to treat unreadable messages"
    )
    rate: int = Field(100, ge=10, le=2_000, description="orders per second in a drill")
    bad_s: float = Field(
        1.0,
        ge=0.2,
        le=60,
        description="least seconds from the bad deploy to the roll-back, which waits until all consumers met a bad order",
    )
    seed: int = Field(1, ge=0, description="seed of schemas, values and histories")
