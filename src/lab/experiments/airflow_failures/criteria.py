"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly
from lab.experiments.airflow_failures.params import SLOTS

CRITERIA = (
    Criterion(
        "recovered_or_failed_safe",
        "Every faulted run ends with its batch published in full, or fails with nothing of it published and an alert out; "
        "runs that do neither.",
        exactly(0),
        "invariant",
        "runs",
        acceptance=True,
    ),
    Criterion(
        "failure_alerted",
        "A run that does not recover has an alert at the receiver; runs without one.",
        exactly(0),
        "invariant",
        "runs",
        acceptance=True,
    ),
    Criterion(
        "published_right",
        "What is published of a batch is what the source made, order by order: orders missing, doubled or unknown.",
        exactly(0),
        "invariant",
        "orders",
    ),
    Criterion(
        "every_fault_detected",
        "Of each run that an injected fault hits the receiver is told, though the run recovers; runs of which it is not.",
        exactly(0),
        "invariant",
        "runs",
    ),
    Criterion(
        "quiet_run_silent",
        "A guarded run without a fault raises no alert; alerts.",
        exactly(0),
        "invariant",
        "alerts",
    ),
    Criterion(
        "faults_hit",
        "Each fault struck within a try of the task that it is meant for; faults that did not.",
        exactly(0),
        "invariant",
        "faults",
        precondition=True,
    ),
    Criterion(
        "pool_kept",
        "Guarded extracts that run at once, in a pool of so many slots, all runs together; most.",
        at_most(SLOTS),
        "invariant",
        "tasks",
    ),
    Criterion(
        "amplification_bounded",
        "While the source is away, calls that reach it for each request that was wanted, in a storm of runs that share a circuit "
        "breaker; one run alone makes as many calls as open it.",
        at_most(2.0),
        "ratio",
        "calls",
    ),
    Criterion(
        "breaker_predicted",
        "Calls of a storm with guards over the most that circuit breaker and pool let through by the model; worst storm.",
        at_most(1.0),
        "absolute",
    ),
    Criterion(
        "amplification_predicted",
        "Without guards they are (1 + r) to the power of the layers; worst relative difference.",
        at_most(0.0),
        "ratio",
    ),
    Criterion(
        "heartbeat_predicted",
        "A task that died with its supervisor is detected between time-out less heartbeat and time-out plus scan; by how much "
        "the worst lies outside, as a share of the time-out.",
        at_most(0.25),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "no guards",
        "The same faults on the same tasks without guards: retries alone.",
        breaks="published_right",
    ),
    Control(
        "retries in layers",
        "The unavailable source asked by up to three layers that all retry.",
        breaks="amplification_bounded",
    ),
)
