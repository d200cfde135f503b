"""What can be set."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from lab.evidence.params import Parameters

QueryNumber = Annotated[int, Field(ge=1, le=22)]
ScaleFactor = Annotated[float, Field(ge=0.001, le=100)]
Engine = Literal["DuckDB", "Trino", "Spark"]
Format = Literal["parquet", "iceberg", "delta"]
ANSWERED = (0.01, 0.1, 1.0)


class Params(Parameters):
    """Parameters of warehouse_bench."""

    scale_factor: float = Field(
        0.1, description="TPC-H scale factor at which formats are compared: 0.01, 0.1 or 1 (1 GB of text)"
    )
    model_scale_factors: tuple[ScaleFactor, ScaleFactor] = Field(
        (0.3, 0.5),
        description="two more, for plain Parquet; the largest of the three checks the model that the others are fitted to",
    )
    queries: tuple[QueryNumber, ...] | Literal["all"] = Field(
        (6, 12), description="numbers of the TPC-H queries, 1 to 22, or 'all'"
    )
    model_queries: tuple[QueryNumber, ...] = Field(
        (12,),
        min_length=1,
        description="those of them whose growth with the size of the tables is measured",
    )
    engines: tuple[Engine, ...] = Field(
        ("DuckDB", "Trino", "Spark"), min_length=1, description="engines to measure"
    )
    formats: tuple[Format, ...] = Field(
        ("parquet", "iceberg", "delta"), min_length=1, description="table formats to measure"
    )
    repeats: int = Field(
        6,
        ge=2,
        le=100,
        description="timed rounds of every query, after a first one that does not count; 6 make 95 %",
    )
    memory_mb: int = Field(2048, ge=1024, le=65536, description="MiB that each engine may use")
    seed: int = Field(1, ge=0, description="seed of the order of the queries")

    @field_validator("scale_factor")
    @classmethod
    def _answered(cls, value: float) -> float:
        if value not in ANSWERED:
            raise ValueError("must be 0.01, 0.1 or 1: answers exist for these only")
        return value

    @field_validator("queries", "model_queries", "engines", "formats")
    @classmethod
    def _distinct(cls, values: tuple | str) -> tuple | str:
        if values != "all" and len(set(values)) < len(values):
            raise ValueError("must not name anything twice")
        return values

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if len(set(self.sizes)) < len(self.sizes):
            raise ValueError(
                "model_scale_factors must be two different ones, and other ones than scale_factor"
            )
        if "iceberg" in self.formats and "Spark" not in self.engines:
            raise ValueError("formats with iceberg needs Spark among the engines: it registers the files")
        if "parquet" not in self.formats:
            raise ValueError("formats must have parquet: the others are compared with it")
        if strangers := sorted(set(self.model_queries) - set(self.numbers)):
            raise ValueError(
                f"model_queries must be some of queries; {', '.join(map(str, strangers))} is not"
            )
        return self

    @property
    def sizes(self) -> tuple[float, ...]:
        """All scale factors, ascending; the model is fitted to all but the last, which checks it."""
        return tuple(sorted((self.scale_factor, *self.model_scale_factors)))

    @property
    def growth_rounds(self) -> range:
        """Numbers of the rounds that measure growth, after those of the formats.

        Twice as many: a line through two small sizes multiplies what disturbs them.
        """
        return range(self.repeats + 1, 3 * self.repeats + 1)

    @property
    def whole(self) -> bool:
        """Whether this is the whole benchmark: all 22 queries at scale factor 1, every engine and format."""
        everything = len(self.numbers) == 22 and len(self.engines) == 3 and len(self.formats) == 3
        return everything and self.scale_factor == 1

    @property
    def numbers(self) -> tuple[int, ...]:
        """The chosen queries' numbers."""
        return tuple(range(1, 23)) if self.queries == "all" else self.queries
