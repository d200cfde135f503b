"""A small experiment that tests judge, publish and compare."""

from __future__ import annotations

from typing import Any

from lab.evidence import record
from lab.evidence.criteria import (
    Control,
    Criterion,
    Observation,
    at_most,
    conclude,
    exactly,
    judge_all,
    judge_control,
)
from lab.evidence.params import Parameters
from lab.evidence.result import Metric, Model, Result, Summary


class Params(Parameters):
    rate: int = 10


CRITERIA = (
    Criterion("reached", "The load was reached.", at_most(0.01), "ratio", precondition=True),
    Criterion("kept", "Nothing is lost.", exactly(0), "invariant"),
    Criterion("fast", "It is fast.", at_most(0.1), "ratio"),
    Criterion("soon", "It is soon.", at_most(5.0), "absolute", "ms"),
)
CONTROL = Control("without", "The mechanism taken away.", breaks="fast")


def result(**seen: Any) -> Result:
    """A result that passes, but for what is given."""
    values: dict[str, Any] = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0} | seen
    observed = {
        name: value if isinstance(value, Observation) else Observation(value)
        for name, value in values.items()
    }
    return Result(Params(), observed, [Metric("latency", 3.0, "ms", better="lower")])


def sample_record(
    treatment: dict, control: float, summary: Summary | None = None, model: Model | None = None
) -> record.Record:
    """A record of a run that saw `treatment`, and `control` for the criterion that must fail."""
    judged = judge_all(CRITERIA, result(**treatment).observed)
    arm = judge_control(CONTROL, CRITERIA, result(fast=control).observed)
    verdict = conclude(judged, {CONTROL.name: arm})
    origin = {"machine": {}, "services": {}, "libraries": {}, "source_hash": "0"}
    arms = {CONTROL.name: (CONTROL, arm)}
    return record.compose(
        "something", result(**treatment), judged, arms, verdict, 1.0, origin, summary, model
    )
