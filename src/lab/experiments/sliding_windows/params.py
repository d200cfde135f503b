"""What can be set."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from lab.evidence.params import Parameters

SIZES_S = (60, 300, 3_600)  # the exercise's windows
HOUR_S = 3_600
PRICE_BATCHES = 3

Slide = Annotated[int, Field(ge=1, le=HOUR_S)]


class Params(Parameters):
    """Parameters of sliding_windows."""

    events: int = Field(18_000, ge=2_000, le=5_000_000, description="events, copies apart")
    users: int = Field(100, ge=10, le=100_000, description="users, all equally busy")
    seconds: float = Field(30.0, ge=8, le=600, description="s of sending")
    hours: float = Field(2.0, ge=2, le=48, description="h of event time")
    slow_minutes: float = Field(
        2.0, ge=1, le=30, description="min of event time at the end that take the second half of the sending"
    )
    max_delay_s: int = Field(
        120, ge=10, le=600, description="s that an event may be late; the watermark's allowance too"
    )
    duplicate_share: float = Field(0.05, gt=0, le=0.5, description="share of events that are sent twice")
    late_share: float = Field(0.02, gt=0, le=0.2, description="share of events that come later than allowed")
    slides_s: tuple[Slide, Slide, Slide] = Field(
        (30, 60, 300), description="s by which the windows of 1 min, 5 min and 1 h slide"
    )
    trigger_s: float = Field(
        1.0, ge=0, le=60, description="s from one batch to the next, if it is done by then"
    )
    batch_messages: int = Field(
        2_700,
        ge=100,
        le=5_000_000,
        description="messages that a batch takes at most, however long the one before took",
    )
    price_events: int = Field(
        6_000, ge=3_000, le=5_000_000, description="events for each slide whose price is measured"
    )
    price_slides_s: tuple[Slide, ...] = Field(
        (1_200, 300, 60),
        min_length=3,
        max_length=8,
        description="s by which a window of 1 h slides there",
    )
    seed: int = Field(1, ge=0, description="seed of events, delays and copies")

    @model_validator(mode="after")
    def _whole(self) -> Params:
        """Each event lies in the same number of windows: what is dropped is counted by that."""
        pairs = [
            *zip(SIZES_S, self.slides_s, strict=True),
            *((HOUR_S, slide) for slide in self.price_slides_s),
        ]
        for size, slide in pairs:
            if size % slide:
                raise ValueError(f"a slide of {slide} s does not divide its window of {size} s")
        if list(self.price_slides_s) != sorted(set(self.price_slides_s), reverse=True):
            raise ValueError("price_slides_s must fall: the last one is compared with the one before")
        return self

    @property
    def lateness(self) -> timedelta:
        return timedelta(seconds=self.max_delay_s)
