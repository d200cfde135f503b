"""An observation for each criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.airflow_failures.criteria import CRITERIA
from lab.experiments.airflow_failures.judge.outcomes import (
    GOOD,
    Alert,
    detected_s,
    first,
    hit,
    in_time,
    most_at_once,
    outcome,
    worst_error,
)
from lab.experiments.airflow_failures.measure.seen import Ran, Seen, Try
from lab.experiments.airflow_failures.oracle import most_calls
from lab.experiments.airflow_failures.params import FAILURES, HEARTBEAT_S, SCAN_S, SLOTS, Params
from lab.experiments.airflow_failures.workload import KILLS, QUIET

_MOST = next(item.limit.bound for item in CRITERIA if item.name == "amplification_bounded")
LOST = next(name for name, supervisor in KILLS.items() if supervisor)


def observe(params: Params, seen: Seen, told: Sequence[Alert], table: pd.DataFrame) -> dict[str, Observation]:
    """By criterion, of the runs with guards. table: storms."""
    runs = [ran for ran in seen.runs if ran.shot.guarded]
    return of_runs(runs, told) | {
        "every_fault_detected": every_fault_detected(runs, told),
        "quiet_run_silent": quiet_run_silent(runs, told),
        "pool_kept": pool_kept(seen),
        "amplification_bounded": refused(table[table["guarded"].astype(bool)]),
        "breaker_predicted": breaker_predicted(params, table[table["guarded"].astype(bool)]),
        "amplification_predicted": predicted(table),
        "heartbeat_predicted": heartbeat_predicted(params, runs, told),
    }


def of_runs(runs: Sequence[Ran], told: Sequence[Alert]) -> dict[str, Observation]:
    """What holds for runs with guards, and is asked of those without."""
    return {
        "recovered_or_failed_safe": recovered_or_failed_safe(runs, told),
        "failure_alerted": failure_alerted(runs, told),
        "published_right": published_right(runs),
        "faults_hit": faults_hit(runs),
    }


def _faulted(runs: Sequence[Ran]) -> list[Ran]:
    return [ran for ran in runs if ran.shot.fault != QUIET and hit(ran)]


def _named(runs: Sequence[Ran]) -> str:
    return ", ".join(dict.fromkeys(ran.shot.fault for ran in runs))


def recovered_or_failed_safe(runs: Sequence[Ran], told: Sequence[Alert]) -> Observation:
    """A run that has not ended when patience has is told as that: it can't be said what becomes of it."""
    ends = [(ran, outcome(ran, told)) for ran in _faulted(runs)]
    bad = [ran for ran, end in ends if end not in (*GOOD, "not ended")]
    open_ended = [ran for ran, end in ends if end == "not ended"]
    detail = "; ".join(
        f"{_named([ran for ran, end in ends if end == kind])}: {kind}"
        for kind in dict.fromkeys(end for _, end in ends)
    )
    return Observation(len(bad), detail, conclusive=bool(bad) or not open_ended)


def failure_alerted(runs: Sequence[Ran], told: Sequence[Alert]) -> Observation:
    ended = [ran for ran in _faulted(runs) if ran.played.state == "failed"]
    silent = [ran for ran in ended if not any(alert.run == ran.shot.run for alert in told)]
    return Observation(len(silent), f"{len(ended)} runs failed" + (f": {_named(silent)}" if silent else ""))


def published_right(runs: Sequence[Ran]) -> Observation:
    """Of runs that published something, or say that they did."""
    own = [ran for ran in runs if ran.published or ran.played.state == "success"]
    missing, doubled, unknown = (
        sum(getattr(ran.difference, part) for ran in own) for part in ("missing", "doubled", "unknown")
    )
    detail = f"{missing} missing, {doubled} doubled, {unknown} unknown in {len(own)} batches"
    return Observation(missing + doubled + unknown, detail)


def every_fault_detected(runs: Sequence[Ran], told: Sequence[Alert]) -> Observation:
    silent = [ran for ran in _faulted(runs) if first(ran, told) is None]
    hurt = _faulted(runs)
    faults = {(ran.shot.fault, ran.shot.round) for ran in hurt}  # a storm's runs meet one together
    return Observation(len(silent), _named(silent) or f"{len(faults)} faults, which hit {len(hurt)} runs")


def quiet_run_silent(runs: Sequence[Ran], told: Sequence[Alert]) -> Observation:
    quiet = {ran.shot.run for ran in runs if ran.shot.fault == QUIET}
    found = [alert for alert in told if alert.run in quiet]
    # Where a try failed all the same, as on a machine that is overwhelmed, an alert is not false.
    failed = any(each.state in ("failed", "up_for_retry") for ran in runs for each in _quiet_tries(ran))
    return Observation(len(found), ", ".join(alert.kind for alert in found), conclusive=not failed)


def _quiet_tries(ran: Ran) -> Sequence[Try]:
    return ran.tries if ran.shot.fault == QUIET else ()


def faults_hit(runs: Sequence[Ran]) -> Observation:
    missed = [ran for ran in runs if not in_time(ran)]
    return Observation(len(missed), _named(missed))


def pool_kept(seen: Seen) -> Observation:
    """Of tries as Airflow keeps them: the source is asked for but a moment of each."""
    own, others = (
        most_at_once([ran for ran in seen.runs if ran.shot.guarded == guarded], "extract")
        for guarded in (True, False)
    )
    return Observation(own, f"without guards {others}")


def bounded(table: pd.DataFrame) -> Observation:
    """The worst storm."""
    if table.empty:
        return Observation(float("nan"), "there was no storm", conclusive=False)
    calls, requests = int(table["calls"].sum()), int(table["requests"].sum())
    return Observation(float(table["amplification"].max()), f"{calls} calls for {requests} requests")


def refused(table: pd.DataFrame) -> Observation:
    """The worst storm with guards; that it is bounded says nothing of a circuit breaker which refused no try."""
    found, count = bounded(table), int(table["failed_tries"].sum() - table["calls"].sum())
    told = found.conclusive and (count > 0 or found.value > _MOST)
    return replace(
        found, detail=f"{found.detail}; {count} more tries refused by the breaker", conclusive=told
    )


def breaker_predicted(params: Params, table: pd.DataFrame) -> Observation:
    """The worst storm's calls over the most that there can be; as above, of a breaker that refused no try it says nothing."""
    if table.empty:
        return Observation(float("nan"), "there was no storm", conclusive=False)
    worst, most = int(table["calls"].max()), most_calls(FAILURES, SLOTS, params.storm_s, params.open_s)
    told = refused(table).conclusive or worst > most
    return Observation(worst / most, f"{worst} calls in a storm, at most {most}", conclusive=told)


def predicted(table: pd.DataFrame) -> Observation:
    """Not to be told where the source came back before all layers had given up."""
    error = worst_error(table)
    own = table[~table["guarded"].astype(bool)]
    detail = ", ".join(
        f"{calls} at {layers}" for calls, layers in zip(own["calls"], own["layers"], strict=True)
    )
    known = not math.isnan(error) and bool(own["gave_up"].all())
    return Observation(error, f"calls at layers: {detail}", conclusive=known)


def heartbeat_predicted(params: Params, runs: Sequence[Ran], told: Sequence[Alert]) -> Observation:
    times = [detected_s(ran, told) for ran in runs if ran.shot.fault == LOST and hit(ran)]
    if not times or any(map(math.isnan, times)):
        return Observation(float("nan"), "no task was lost, or none detected", conclusive=False)
    low, high = params.heartbeat_timeout_s - HEARTBEAT_S, params.heartbeat_timeout_s + SCAN_S
    outside = max(max(0.0, low - time, time - high) for time in times)
    said = ", ".join(f"{time:.1f}" for time in times)
    return Observation(outside / params.heartbeat_timeout_s, f"{said} s, predicted {low:g} to {high:g} s")
