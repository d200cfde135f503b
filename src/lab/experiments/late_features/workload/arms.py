"""The queries of a run: four watermarks, larger batches, append mode, and the control without a guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from lab.experiments.late_features.mechanism import guard
from lab.experiments.late_features.params import Params

Split = Callable[[Any], tuple[Any, Any]]
COARSER = 4  # times the events of a batch
APPEND, COARSE, UNGUARDED = "append mode", "larger batches", "no guard"


@dataclass(frozen=True)
class Arm:
    """One query. split: the guard, from a frame to (kept, refused). coarser: times the events of a batch."""

    name: str
    watermark_minutes: int
    split: Split
    mode: Literal["update", "append"] = "update"
    coarser: int = 1


def sweep(params: Params) -> list[Arm]:
    """One for each watermark, the shortest first."""
    return [Arm(named(minutes), minutes, _guard(params)) for minutes in params.watermarks]


def chosen(params: Params) -> Arm:
    """The treatment; with a guard of a reader's own: `replace(chosen(params), split=mine)`."""
    return Arm(named(params.watermark_minutes), params.watermark_minutes, _guard(params))


def beside(params: Params) -> list[Arm]:
    """The same job in append mode, the shortest watermark in larger batches, the job without a guard."""
    own, shortest = params.watermark_minutes, params.watermarks[0]
    return [
        Arm(APPEND, own, _guard(params), "append"),
        Arm(COARSE, shortest, _guard(params), coarser=COARSER),
        Arm(UNGUARDED, own, everything),
    ]


def everything(events: Any) -> tuple[Any, Any]:
    """No guard: all is kept."""
    return events, events.where("false")


def named(minutes: int) -> str:
    return f"{minutes} min"


def _guard(params: Params) -> Split:
    return guard(timedelta(minutes=params.max_future_minutes))
