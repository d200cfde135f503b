"""One arm under load: base load all the time, a burst in it, and what everybody says of it afterwards."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack

import pandas as pd

from lab.experiments.backpressure import workload
from lab.experiments.backpressure.measure.bench import FIRST, Bench
from lab.experiments.backpressure.measure.seen import Burst
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import Arm
from lab.load.vegeta import attack
from lab.services import http

DRAIN_S = 15.0
ATTEMPT = ["key", "number", "began", "ended", "status", "retry_after", "reason"]
EVENT = ["ref", "id", "client", "received", "deadline"]
DONE = [*EVENT, "offset", "begun", "done"]


def burst(params: Params, arm: Arm, up: Bench) -> Burst:
    """The whole schedule."""
    assert up.sidecar
    url = up.sidecar.url
    patience = params.attempts * (params.timeout_s + 3) + 5
    base, extra = workload.base(params, url), workload.extra(params, url)
    with ExitStack() as stack:
        begun = time.monotonic()
        whole = stack.enter_context(attack(base, params.base_rate, params.total_s, patience))
        _sleep_until(begun + params.before_s)
        cpu = up.cpu()
        rate = len(extra) / params.burst_s
        more = stack.enter_context(attack(extra, rate, params.burst_s, patience))
        _sleep_until(begun + params.before_s + params.burst_s)
        spent = {name: after - cpu[name] for name, after in up.cpu().items()}
        results = [load.results() for load in (whole, more)]
    if arm.protect:
        _drain(up)
    sent = pd.concat([_named(one) for one in results]).sort_values("at", ignore_index=True)
    return Burst(
        arm.name,
        float(results[0]["at"].min()),
        sent,
        pd.DataFrame(_real(http.call("GET", f"{url}/", timeout_s=20), "key"), columns=ATTEMPT),
        pd.DataFrame(_real(up.read(up.events), "id"), columns=EVENT),
        pd.DataFrame(_real(up.read(up.done), "id"), columns=DONE),
        spent,
    )


def _named(report: pd.DataFrame) -> pd.DataFrame:
    """The load tool's report with what the answers say: id, client, reason."""
    said = [json.loads(body) if body else {} for body in report["body"]]
    names = {name: [str(one.get(name, "")) for one in said] for name in ("id", "client", "reason")}
    return report.drop(columns=["body", "error"]).assign(**names)


def _real(messages: list[dict], name: str) -> list[dict]:
    """Without the events that tried the way out."""
    return [one for one in messages if one[name] != FIRST]


def _drain(up: Bench) -> None:
    """Until the sink has done all that was accepted, or a while has passed."""
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline and len(up.read(up.done)) < len(up.read(up.events)):
        time.sleep(0.2)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
