"""Larger states: the run time grows with the objects, and with it every detection time; parts of a state look side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.fit import rough
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
            "A look takes a fixed time, as at the watched state, and some for each object, as roles take, and a change waits "
            "half an interval for the next read and then for the look's end, as long as a look takes no longer than T."
        ),
        formula=r"R(n) = R(n_0) + b\,(n - n_0),\quad \bar D = \tfrac{T}{2} + R - r,\quad D_{\max} \le T + R",
        constants=[treatment.metric(name) for name in ("run_s", "run_each_s", "read_s", "managed")],
        check=Prediction(
            f"run time of a look at {largest} roles",
            found.checked.at(largest),
            found.value(f"run_{largest}_s"),
            "s",
            "run_time_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "objects": "arithmetic",
            "a look, one state, s": "measured",
            "longest detection at T = R, s": "extrapolated",
            "states for looks of a minute": "extrapolated",
            f"reads alone at {READS:g}/s, s": "arithmetic",
        },
        checked_to=largest / found.value("managed"),
        changes_at=_changes_at(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    objects = found.value("managed") * factor
    run = found.look_s(objects)
    return {
        "factor": factor,
        "objects": f"{objects:,.0f}",
        "a look, one state, s": f"{run:,.1f}",
        "longest detection at T = R, s": f"{2 * run:,.1f}",
        "states for looks of a minute": f"{_states(found, objects):,}",
        f"reads alone at {READS:g}/s, s": f"{objects / READS:,.0f}",
    }


def _states(found: Findings, objects: float) -> int:
    """Of equal parts, each looked at within a minute."""
    return max(1, math.ceil(objects / found.most(ONE_MINUTE)))


def _changes_at(found: Findings) -> str:
    most = found.most(found.params.every_s)
    if not math.isfinite(most):
        return "not within what was measured"
    return f"some {rough(most)} objects: a look takes longer than T = {found.params.every_s:g} s"


def _advice(found: Findings) -> list[Advice]:
    every, run, managed = found.params.every_s, found.value("run_s"), found.value("managed")
    many = managed * 100
    basis = (
        f"the slope up to {found.params.sizes[-1]} roles of a PostgreSQL on the same machine; drawn without the largest, the "
        f"line missed that by {found.treatment.observed['run_time_predicted'].value:.0%}; OpenTofu asks for ten objects at a "
        "time (-parallelism), and this provider reads them one by one"
    )
    return [
        Advice(
            "Split a state before a look outlasts its interval: within a minute one gets through some "
            f"{rough(found.most(ONE_MINUTE))} objects here. Parts have locks of their own, so an apply to one ends no look "
            "at another. An inventory then takes what is in the other states for unmanaged: leave it to one watch, with their "
            "names under `ignore`.",
            "extrapolated",
            basis,
        ),
        Advice(
            f"Where an interface limits requests, that limit is the run time: {many:,.0f} objects at {READS:g} reads/s take "
            f"{many / READS / 60:.0f} minutes, and applies share the same quota. "
            "Look less often at what seldom changes, or let an audit log call the detector.",
            "arithmetic",
            "one request for each object; the quota is our example",
        ),
        Advice(
            f"Shorten T as long as it is longer than R: with T = {every:g} s and R = {run:.1f} s, {every / 2:g} s of the mean "
            "are the wait for a read. Below R looks are left out. And a look holds the state's lock, here "
            f"{run / every:.0%} of the time: an apply that meets one fails unless it has a `-lock-timeout`.",
            "arithmetic",
            "T and R of this run",
        ),
    ]
