"""Ingestion and sink killed at random moments under load: is what was promised done in the end?"""

from __future__ import annotations

import json
import time
from random import Random

from lab.experiments.backpressure import workload
from lab.experiments.backpressure.measure.bench import Bench, bench
from lab.experiments.backpressure.measure.seen import Killed
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import Arm
from lab.load.vegeta import attack

LOAD_S = 1.6
KILL_S = (0.6, 1.2)  # after the load's begin
DRAIN_S = 10.0
ACCEPTED = 202


def killed(params: Params, bootstrap: str, arm: Arm, durable: bool) -> Killed:
    """`params.kills` times: load, SIGKILL of both in the middle of it, start of both, and all that is left gets done."""
    random, promised = Random(params.seed), []
    told = {"INGEST_ACKNOWLEDGED": str(int(durable))}
    with bench(params, bootstrap, arm, sidecar=False, more=told) as up:
        for number in range(params.kills):
            promised.append(_once(params, up, f"kill{number}", random.uniform(*KILL_S)))
        done = frozenset(one["id"] for one in up.read(up.done))
    return Killed(params.kills, promised, done)


def _once(params: Params, up: Bench, label: str, after_s: float) -> list[str]:
    """Ids for which the load tool was told 202."""
    targets = workload.steady(up.ingest.url, label, round(params.base_rate * LOAD_S))
    with attack(targets, params.base_rate, LOAD_S, timeout_s=5) as load:
        time.sleep(after_s)
        up.ingest.node.kill()
        up.sink.kill()
        up.start_sink()
        up.ingest.node.start()
        report = load.results()
    _drain(up)
    return [json.loads(body)["id"] for body in report.loc[report["status"] == ACCEPTED, "body"]]


def _drain(up: Bench) -> None:
    deadline = time.monotonic() + DRAIN_S
    while time.monotonic() < deadline:
        refs = {one["ref"] for one in up.read(up.done)}
        if all(one["ref"] in refs for one in up.read(up.events)):
            return
        time.sleep(0.2)
