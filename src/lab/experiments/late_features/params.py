"""What can be set."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from lab.evidence.params import Parameters

Minutes = Annotated[int, Field(ge=0, le=10_080)]


class Params(Parameters):
    """Parameters of late_features."""

    day: str = Field("2013-07-19", description="first day of the flights that are sent, in 2013")
    days: int = Field(1, ge=1, le=14, description="how many days of flights are sent")
    watermarks: tuple[Minutes, ...] = Field(
        (5, 30, 60, 120),
        min_length=3,
        max_length=6,
        description="minutes: the watermarks that are swept, ascending",
    )
    watermark_minutes: int = Field(
        60, ge=0, le=10_080, description="minutes: the watermark of the treatment, one of those swept"
    )
    window_minutes: int = Field(60, ge=5, le=1_440, description="minutes: length of a feature's window")
    batch_events: int = Field(
        30, ge=5, le=10_000, description="events of a micro-batch (maxOffsetsPerTrigger)"
    )
    max_future_minutes: int = Field(
        60,
        ge=45,
        le=1_440,
        description="minutes that an event may be ahead of its arrival; real ones are up to 43",
    )
    retention_hours: int = Field(
        48, ge=1, le=8_760, description="hours for which the log is kept to restate from"
    )
    poison_days: int = Field(365, ge=2, le=3_650, description="days by which one event is stamped ahead")
    seed: int = Field(1, ge=0, description="seed of the place of that event in the stream")

    @model_validator(mode="after")
    def _fits(self) -> Params:
        if list(self.watermarks) != sorted(set(self.watermarks)):
            raise ValueError("watermarks: give each once, the shortest first")
        if self.watermark_minutes not in self.watermarks[1:]:
            raise ValueError(
                "watermark_minutes: one of watermarks, and not the shortest, which is the control"
            )
        if not date(2013, 1, 1) <= self.first < self.last <= date(2014, 1, 1):
            raise ValueError("day: the flights are those of 2013, written like 2013-07-19")
        return self

    @property
    def first(self) -> date:
        try:
            return date.fromisoformat(self.day)
        except ValueError:
            raise ValueError("day: write it like 2013-07-19") from None

    @property
    def last(self) -> date:
        """The day after those that are sent."""
        return self.first + timedelta(days=self.days)

    @property
    def window_s(self) -> int:
        return self.window_minutes * 60
