"""What became of a run, when it was noticed, and by whom; how often a source that was away was called."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lab.experiments.airflow_failures import oracle
from lab.experiments.airflow_failures.measure.seen import Ran, Seen
from lab.experiments.airflow_failures.params import RETRIES_UNGUARDED
from lab.experiments.airflow_failures.workload import QUIET, STEPS, STORM
from lab.services.receiver import Delivery

Outcome = Literal[
    "recovered", "failed safe", "failed unnoticed", "wrong data", "published, then failed", "not ended"
]
GOOD = ("recovered", "failed safe")
AWAY = 503
COLUMNS = [
    "guarded",
    "round",
    "layers",
    "requests",
    "calls",
    "amplification",
    "predicted",
    "gave_up",
    "failed_tries",
]


@dataclass(frozen=True)
class Alert:
    """What the receiver was told, by its own clock. source: callback or watcher."""

    at: float
    run: str
    task: str
    kind: str
    source: str
    number: int


def alerts(deliveries: Sequence[Delivery]) -> list[Alert]:
    """In the order of their arrival."""
    found = [
        Alert(one.at, body["run_id"], body["task_id"], body["kind"], body["source"], int(body["try_number"]))
        for one in deliveries
        if isinstance(body := one.body, dict) and "run_id" in body
    ]
    return sorted(found, key=lambda alert: alert.at)


def hit(ran: Ran) -> bool:
    """Whether the fault struck at all."""
    return not math.isnan(ran.played.injected_at)


def in_time(ran: Ran) -> bool:
    """Whether it struck within a try of the task that it is meant for."""
    at, step = ran.played.injected_at, STEPS.get(ran.shot.fault, "load")
    return ran.shot.fault == QUIET or any(
        each.task == step and each.started_at <= at and not each.ended_at < at for each in ran.tries
    )


def outcome(ran: Ran, told: Sequence[Alert]) -> Outcome:
    """`told`: all alerts. What is wrong stays so, whatever comes later: somebody may have read it."""
    if ran.published and int(ran.difference):
        return "wrong data"
    if ran.played.state == "success":
        return "recovered" if not int(ran.difference) else "wrong data"
    if ran.played.state != "failed":
        return "not ended"
    if ran.published:
        return "published, then failed"
    return "failed safe" if any(alert.run == ran.shot.run for alert in told) else "failed unnoticed"


def first(ran: Ran, told: Sequence[Alert]) -> Alert | None:
    """The first alert about a run since its fault."""
    own = (alert for alert in told if alert.run == ran.shot.run and alert.at >= ran.played.injected_at)
    return next(own, None)


def detected_s(ran: Ran, told: Sequence[Alert]) -> float:
    """From the fault to its first alert, s; nan if there was none."""
    found = first(ran, told)
    return found.at - ran.played.injected_at if found else float("nan")


def most_at_once(runs: Iterable[Ran], task: str) -> int:
    """Tries of a task that ran at one moment."""
    tries = [each for ran in runs for each in ran.tries if each.task == task]
    ends = [(math.inf if math.isnan(each.ended_at) else each.ended_at, -1) for each in tries]
    now = most = 0
    for _, change in sorted([(each.started_at, 1) for each in tries] + ends):
        now += change
        most = max(most, now)
    return most


def storms(seen: Seen) -> pd.DataFrame:
    """A row for each storm: guarded runs of a round together, without guards by layers.

    predicted: (1 + r) ** layers, without guards. gave_up: all runs had failed before the source came back. failed_tries: of
    extracts.
    """
    away = Counter(call.batch for call in seen.calls if call.status == AWAY)
    rows = []
    for (guarded, number, layers), runs in _groups(seen.runs).items():
        calls, law = (
            sum(away[ran.shot.batch] for ran in runs),
            float("nan") if guarded else float((1 + RETRIES_UNGUARDED) ** layers),
        )
        gave_up = all(ran.played.state == "failed" for ran in runs)
        failed = sum(each.task == "extract" and each.state != "success" for ran in runs for each in ran.tries)
        rows.append((guarded, number, layers, len(runs), calls, calls / len(runs), law, gave_up, failed))
    return pd.DataFrame(rows, columns=COLUMNS)


def _groups(runs: Sequence[Ran]) -> dict[tuple[bool, int, int], list[Ran]]:
    found: dict[tuple[bool, int, int], list[Ran]] = {}
    for ran in runs:
        if ran.shot.fault == STORM:
            found.setdefault((ran.shot.guarded, ran.shot.round, ran.shot.layers), []).append(ran)
    return found


def worst_error(table: pd.DataFrame) -> float:
    """Largest relative difference from the calls that the oracle makes one by one; nan if none can be told."""
    own = table[~table["guarded"].astype(bool) & table["gave_up"].astype(bool)]
    errors = [
        abs(calls - (wanted := oracle.calls(RETRIES_UNGUARDED, int(layers)) * requests)) / wanted
        for layers, requests, calls in zip(own["layers"], own["requests"], own["calls"], strict=True)
    ]
    return max(errors, default=float("nan"))
