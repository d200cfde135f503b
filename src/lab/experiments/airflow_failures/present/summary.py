"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Result, Summary
from lab.experiments.airflow_failures.params import DEFAULT_TIMEOUT_S, KIT_WAIT_S
from lab.experiments.airflow_failures.present.findings import DEFAULTS, KILLED, Findings, findings

ALTERNATIVES = (
    Alternative(
        "Deadline alerts",
        "A DAG's own deadline, by the scheduler; tell that a run is late, not why, and not that a task was killed.",
        "Airflow 3.1 and later; not run here",
    ),
    Alternative(
        "RetryPolicy",
        "Decides by the exception whether and when to retry; jitter of one's own.",
        "Airflow 3.3; not run here",
    ),
    Alternative(
        "Celery and Kubernetes executors",
        "Hear of a worker's or pod's end by their own means; a lost supervisor is still found by its heartbeat.",
        "providers' documentation; not run here",
    ),
    Alternative(
        "Keys and MERGE",
        "A primary key refuses doubled rows where this DAG replaces the batch; it does not see missing ones.",
        "PostgreSQL 15; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    share, due, faults = treatment.metric("recovered_share"), treatment.metric("ended_as_due"), found.faults
    low, high = due.interval or (float("nan"), float("nan"))
    recovered, safe, as_due = (int(faults[name].sum()) for name in ("recovered", "safe", "as_due"))
    without, top = found.faulted(False), found.layered.iloc[-1]
    wrong = int(found.value("wrong_without_guards"))
    return Summary(
        answer=(
            f"With guards {recovered} of {len(faults)} faults in five modes were recovered from and {safe} failed safe, with an "
            f"alert: {as_due} ended as they should ({low:.0%} to {high:.0%}). The first word came after "
            f"{found.value('mean_time_to_detection'):.1f} s on average; with default "
            f"times, in outages of over {KIT_WAIT_S:g} s, it would be {found.default_s:.0f} s. "
            f"Without guards {wrong} of {len(without)} runs published wrong data, and {int(top['layers'])} layers of retries "
            f"made {top['amplification']:.0f} calls of one."
        ),
        conditions=(
            f"time-outs notice three of seven faults: {found.params.heartbeat_timeout_s} s without a heartbeat "
            f"(default {DEFAULT_TIMEOUT_S:g}), {found.params.wait_s:g} s without an answer ({KIT_WAIT_S:g})",
            f"outages of {found.params.outage_s:g} s, {found.params.retry_s:g} s before the first retry; one shorter than its "
            "time-out is waited out",
            "LocalExecutor on one machine, the target database apart from Airflow's own",
        ),
        headline=share,
        figure="timeline",
        decisions=(_retries(found), _killed(found), _layers(found), _jitter(found)),
        alternatives=ALTERNATIVES,
    )


def _retries(found: Findings) -> Decision:
    without = found.faulted(False)
    return Decision(
        "Do retries alone make a pipeline safe?",
        f"No: of {len(without)} faulted runs with nothing but retries {int(found.value('wrong_without_guards'))} published wrong "
        f"data, {found.value('doubled_without_guards'):,.0f} orders doubled and "
        f"{found.value('missing_without_guards'):,.0f} missing. Load and publish must replace their batch, and count it.",
        "measured",
        (
            "published_right",
            "wrong_without_guards",
            "doubled_without_guards",
            "missing_without_guards",
        ),
        figure="timeline",
    )


def _killed(found: Findings) -> Decision:
    first, after_s = found.told_by(KILLED), found.callback_s
    later = "no callback came" if math.isnan(after_s) else f"the callback {after_s:.1f} s"
    return Decision(
        "Who notices a task that was killed?",
        f"While retries are left the scheduler, as its executor says that the running task is over: first word by the {first} "
        f"after {found.killed_s:.1f} s{'' if first == 'callback' else f', {later}'}. If its supervisor dies too, nobody before "
        f"the heartbeat's time-out: {found.lost_s:.1f} s at {found.params.heartbeat_timeout_s} s, {DEFAULTS.low:g} to "
        f"{DEFAULTS.high:g} s by default.",
        "measured",
        ("every_fault_detected", "heartbeat_predicted", "detection_task_crash"),
        figure="detection",
    )


def _layers(found: Findings) -> Decision:
    storm, each = found.storm, found.layered["amplification"]
    calls, all_calls = (", ".join(f"{by * count:.0f}" for by in each) for count in (1, storm["requests"]))
    return Decision(
        "How many layers should retry?",
        f"One: {', '.join(map(str, found.layered['layers']))} layers made {calls} calls of one request to a source that was "
        f"away: {all_calls} of {storm['requests']}, by arithmetic. One layer with backoff, a pool and a circuit breaker made "
        f"{storm['calls']} of {storm['requests']} that shared it; one alone opens it by its own failures.",
        "measured",
        (
            "amplification_predicted",
            "amplification_bounded",
            "amplification_guarded",
        ),
        figure="amplification",
    )


def _jitter(found: Findings) -> Decision:
    return Decision(
        "Is Airflow's own jitter enough?",
        "It is a hash of DAG, task, logical date and try, in whole seconds: runs without a logical date all wait equally long, "
        "and so do all whose wait `max_retry_delay` cuts off. Give each run a date, and the limit room, or a RetryPolicy.",
        "arithmetic",
        basis="Airflow 3.3.2, models/taskinstance.py, next_retry_datetime",
    )
