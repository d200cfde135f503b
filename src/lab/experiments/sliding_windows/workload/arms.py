"""Which windows are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lab.experiments.sliding_windows.criteria import NO_DEDUPLICATION, NO_LATENESS
from lab.experiments.sliding_windows.mechanism import windows
from lab.experiments.sliding_windows.params import HOUR_S, SIZES_S, Params

NAMES = {60: "1 min", 300: "5 min", HOUR_S: "1 h"}


@dataclass(frozen=True)
class Arm:
    """One query. mode: `append` or `update`. transform: as `windows`, takes `also`."""

    name: str
    size_s: int
    slide_s: int
    lateness_s: float
    deduplicate: bool = True
    mode: str = "append"
    transform: Callable[..., Any] = windows

    @property
    def per_event(self) -> int:
        """Windows that each event lies in."""
        return self.size_s // self.slide_s

    def apply(self, events: Any, also: tuple[Any, ...] = ()) -> Any:
        size, slide, lateness = (
            timedelta(seconds=value) for value in (self.size_s, self.slide_s, self.lateness_s)
        )
        return self.transform(events, size, slide, lateness, deduplicate=self.deduplicate, also=also)


def treatment(params: Params, transform: Callable[..., Any] = windows) -> list[Arm]:
    """The three sizes; the shortest is written at every change, the others when they are final."""
    modes = ("update", "append", "append")
    return [
        Arm(NAMES[size], size, slide, params.max_delay_s, mode=mode, transform=transform)
        for size, slide, mode in zip(SIZES_S, params.slides_s, modes, strict=True)
    ]


def controls(params: Params) -> list[Arm]:
    """Windows of 5 min, each with one thing taken away."""
    size, slide = SIZES_S[1], params.slides_s[1]
    return [
        Arm(NO_DEDUPLICATION, size, slide, params.max_delay_s, deduplicate=False),
        Arm(NO_LATENESS, size, slide, 0),
    ]


def priced(params: Params) -> list[Arm]:
    """Windows of 1 h by ever smaller slides."""
    return [Arm(f"1 h by {slide} s", HOUR_S, slide, params.max_delay_s) for slide in params.price_slides_s]
