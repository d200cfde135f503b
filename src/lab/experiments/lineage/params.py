"""What can be set."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from lab.evidence.params import Parameters

Columns = Annotated[int, Field(ge=200, le=50_000)]


class Params(Parameters):
    """Parameters of lineage."""

    flights: int = Field(500, ge=200, le=336_776, description="flights in the raw table, drawn at random")
    changes: int = Field(3, ge=1, le=4, description="ways in which each raw column is changed, one at a time")
    statements: int = Field(200, ge=20, le=20_000, description="generated statements whose lineage is known")
    verified: int = Field(
        20, ge=5, le=20_000, description="of these, statements whose own tables are perturbed"
    )
    depth: int = Field(3, ge=1, le=6, description="constructs nested in a generated statement, at most")
    graphs: tuple[Columns, ...] = Field(
        (200, 400, 800, 1_200), min_length=3, description="columns of synthetic graphs, ascending"
    )
    queries: int = Field(20, ge=5, le=1_000, description="columns asked for in each graph, drawn at random")
    seed: int = Field(1, ge=0, description="seed of flights, changes, statements and graphs")

    @field_validator("graphs")
    @classmethod
    def _ascending(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise ValueError("must ascend")
        return values
