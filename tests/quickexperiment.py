"""The smallest whole experiment: no service, an answer at once. `scratch` puts it into a project of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pandas as pd
from pydantic import Field

from lab.charts.figure import Figure
from lab.evidence.criteria import Control, Criterion, Observation, at_most
from lab.evidence.params import Parameters
from lab.evidence.result import Advice, Alternative, Decision, Metric, Model, Prediction, Result, Summary

TITLE = "Quick: an answer at once"
QUESTION = "Does it answer at once?"
NEEDS = ()
TIMED = False


class Params(Parameters):
    """Parameters of quick."""

    rate: int = Field(10, ge=1, le=1_000, description="messages/s")
    share: float = Field(0.5, ge=0, le=1, description="of one")
    arms: tuple[str, ...] = Field(("first",), min_length=1, description="what is compared")


CRITERIA = (Criterion("soon", "The answer comes soon.", at_most(500), "invariant", "ms", acceptance=True),)
CONTROLS = (Control("late", "The answer comes late.", breaks="soon"),)


def run(params: Params, wait_ms: float | None = None) -> Result:
    """An answer after as many ms as `rate`, unless told otherwise; at 899 none, and above that an error."""
    if params.rate == 899:
        print("waiting", flush=True)
        time.sleep(60)
    if params.rate > 899:
        raise RuntimeError("too fast for this machine")
    waited = params.rate if wait_ms is None else wait_ms
    return Result(params, {"soon": Observation(waited)}, [Metric("wait", waited, "ms", better="lower")])


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    return run(params), {"late": run(params, wait_ms=1_000)}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    data = pd.DataFrame({"wait": [treatment.metric("wait").value]})
    return {"wait": Figure("It waits", "One bar.", lambda width: None, data)}


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    wait = treatment.metric("wait")
    return Summary(
        f"After {wait.value} ms.",
        wait,
        [Decision("Is it soon?", f"Within {wait.value} ms.", "measured", ["soon"], figure="wait")],
        conditions=["one message", "no service"],
        figure="wait",
        alternatives=[Alternative("waiting", "what others do", "no version")],
    )


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    wait = treatment.metric("wait")
    return Model(
        "It waits as long.",
        "t = c",
        [wait],
        Prediction("here", wait.value, wait.value, "ms", "soon"),
        pd.DataFrame({"factor": [1, 10], "ms": [wait.value, wait.value]}),
        grades={"ms": "measured"},
        checked_to=1,
        changes_at="10 messages",
        advice=[Advice("Wait.", "measured")],
    )
