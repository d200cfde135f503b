"""What can be set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from lab.evidence.params import Parameters

LayoutName = Literal["none", "date", "user hash", "date+hash"]
HELD_OUT = "date+hash"


def held_interval(every: Sequence[int]) -> int:
    """The interval whose compactions teach the model nothing, but are predicted: the middle one, of two the shorter.

    It has more compactions than the longer one, so that one disturbed compaction tells less.
    """
    return sorted(every)[(len(every) - 1) // 2]


class Params(Parameters):
    """Parameters of parquet_compaction."""

    events: int = Field(
        96_000, ge=20_000, le=10_000_000, description="events in the log, down to whole micro-batches"
    )
    days: int = Field(2, ge=2, le=365, description="days that the log spans")
    batches: int = Field(24, ge=8, le=2_000, description="micro-batches in which the log arrives")
    layouts: tuple[LayoutName, ...] = Field(
        ("none", "date", "user hash", "date+hash"), min_length=2, description="layouts of the treatment"
    )
    rtt_ms: float = Field(20.0, ge=1, le=500, description="ms of each round trip to the object store")
    threads: int = Field(8, ge=1, le=64, description="files that the query engine opens at once")
    target_mb: float = Field(12.0, ge=0.01, le=4_096, description="MB that compaction fills a file to")
    file_counts: tuple[int, ...] = Field(
        (1, 4, 16, 128),
        min_length=3,
        description="files that the large scan (ten times the log) is divided into, ascending",
    )
    tolerance: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="our threshold: share of a scan that opening files may take, and by which more than the least is good",
    )
    compact_every: tuple[int, ...] = Field(
        (3, 6, 12, 24),
        min_length=4,
        description="micro-batches between compactions, ascending; the cost model is tested on a middle one",
    )
    queries_per_batch: float = Field(
        1.0, gt=0, le=10_000, description="queries during one micro-batch's interval"
    )
    readings: int = Field(25, ge=20, le=100_000, description="readings during compaction")
    repeats: int = Field(2, ge=1, le=20, description="timings of each query, layout and state")
    seed: int = Field(1, ge=0, description="seed of the log and of the order of the timings")

    @field_validator("layouts")
    @classmethod
    def _one_is_held_out(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value) or HELD_OUT not in value or "date" not in value:
            raise ValueError(f"must hold {HELD_OUT!r}, which the model is tested on, and 'date', each once")
        return value

    @field_validator("compact_every", "file_counts")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)) or value[0] < 1 or value[-1] > 10_000:
            raise ValueError("must be ascending, from 1 to 10,000")
        return value

    @field_validator("file_counts")
    @classmethod
    def _can_be_fitted(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        # Two layouts' full scans and two halves: the four points that the model of scans needs at least.
        if sum(count % 2 == 0 for count in value) < 2:
            raise ValueError("needs two even numbers: the model is fitted on half of the files")
        return value

    @field_validator("compact_every")
    @classmethod
    def _within_the_log(cls, value: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        batches = info.data.get("batches")
        if batches is not None and value[-1] > batches:
            raise ValueError(f"must not exceed the {batches} micro-batches of the log (parameter batches)")
        others = [every for every in value if every != held_interval(value)]
        if batches is not None and sum(batches // every for every in others) < 4:
            raise ValueError(
                "leaves too few compactions: four are needed besides those at the middle interval"
            )
        return value

    @property
    def rtt_s(self) -> float:
        return self.rtt_ms / 1e3

    @property
    def batch_rows(self) -> int:
        """Events of one micro-batch."""
        return self.events // self.batches

    @property
    def target_bytes(self) -> int:
        return int(self.target_mb * 1e6)
