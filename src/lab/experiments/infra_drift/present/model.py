"""Larger states: the run time grows with the objects, and with it every detection time; parts of a state look side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.infra_drift.present.findings import Findings, findings

READS = 10.0  # requests/s that an interface may allow: our example, quotas differ by service
ONE_MINUTE = 60.0


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Run time by objects, checked at the largest state."""
    found = findings(treatment, controls)
    largest = found.params.sizes[-1]
    return Model(
        statement=(
            "A look takes a fixed time and some for each object, and a change waits half an interval for the next read and then "
            "for the look's end."
        ),
        formula=r"R(n) = a + b\,n,\quad D = \tfrac{T}{2} + R - r \le T + R",
        constants=[treatment.metric(name) for name in ("run_fixed_s", "run_each_s", "read_s", "managed")],
        check=Prediction(
            f"run time of a look at {largest} objects",
            found.run_s(largest),
            found.value(f"run_{largest}_s"),
            "s",
            "run_time_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "objects": "arithmetic",
            "a look, one state, s": "measured",
            "longest detection at the shortest T, s": "measured",
            "states for looks of a minute": "arithmetic",
            f"reads alone at {READS:g}/s, s": "arithmetic",
        },
        checked_to=largest / found.value("managed"),
        changes_at=_changes_at(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    objects = found.value("managed") * factor
    run = found.run_s(objects)
    return {
        "factor": factor,
        "objects": f"{objects:,.0f}",
        "a look, one state, s": f"{run:,.1f}",
        "longest detection at the shortest T, s": f"{2 * run:,.1f}",
        "states for looks of a minute": f"{_states(found, objects):,}",
        f"reads alone at {READS:g}/s, s": f"{objects / READS:,.0f}",
    }


def _states(found: Findings, objects: float) -> int:
    """Of equal parts, each looked at within a minute."""
    return max(1, math.ceil(objects / _most(found, ONE_MINUTE)))


def _most(found: Findings, seconds: float) -> float:
    """Objects that a look gets through in that time; infinite where more objects took no longer."""
    each = found.value("run_each_s")
    return (seconds - found.value("run_fixed_s")) / each if each > 0 else math.inf


def _changes_at(found: Findings) -> str:
    most = _most(found, found.params.every_s)
    if not math.isfinite(most):
        return "not within what was measured"
    return f"{most:,.0f} objects: a look takes longer than T = {found.params.every_s:g} s"


def _advice(found: Findings) -> list[Advice]:
    most = _most(found, ONE_MINUTE)
    basis = f"the line up to {found.params.sizes[-1]} objects; roles of a PostgreSQL on the same machine, ten reads at a time"
    return [
        Advice(
            f"Split a state before a look outlasts its interval: within a minute one gets through some {most:,.0f} objects here. "
            "Parts have locks of their own, so a look at one does not wait for an apply to another.",
            "extrapolated",
            basis,
        ),
        Advice(
            f"Where an interface limits requests, that limit is the run time: {found.value('managed') * 100:,.0f} objects at "
            f"{READS:g} reads/s take {found.value('managed') * 100 / READS / 60:.0f} minutes, and applies share the same quota. "
            "Look less often at what seldom changes, or let an audit log call the detector.",
            "arithmetic",
            "one request for each object; the quota is our example",
        ),
        Advice(
            f"Do not shorten T below R: with T = {found.params.every_s:g} s and R = {found.value('run_s'):.1f} s a change waits "
            f"{found.params.every_s / 2:g} s for its read on average, the rest is R - r.",
            "measured",
        ),
    ]
