"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "peak_within_capacity",
        "Replayed at a fixed rate and by a ramp, the sink is in no 100 ms asked to take more than its safe capacity, measured "
        "in the same run: largest share of it.",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "live_within_alert",
        "While the backlog is replayed at a fixed rate, by a ramp and by AIMD, 99 % of the live rows are in the sink within "
        "the alert threshold of when they were due: largest 99th percentile, as a share of it.",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "drain_predicted",
        "Each of these ends when the integral of its rate reaches the backlog: largest relative error of the time to drain.",
        at_most(0.15),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "nothing_overwritten",
        "No key holds a value that is older than its newest one, although the backlog arrives behind the live traffic: keys.",
        exactly(0),
        "invariant",
        "keys",
        acceptance=True,
    ),
    Criterion(
        "none_lost_or_repeated",
        "Every row of the backlog and of the live traffic is absorbed once, also by a replay that was killed and begun again: "
        "rows lost or absorbed twice.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "kill_was_in_the_middle",
        "The replayer that was killed had absorbed a part of the backlog, and not all: kills of which that is true.",
        exactly(1),
        "invariant",
        "kills",
        precondition=True,
    ),
    Criterion(
        "live_on_schedule",
        "The live traffic was offered on schedule in every arm: least share of its rows that were handed over within 20 ms "
        "of when they were due.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "wait_simulated",
        "A queueing simulation tells the live rows' 99th percentile at the loads up to the safe one, from the saturated lane's "
        "time and the live transactions' interval without a backlog: relative error.",
        at_most(0.5),
        "absolute",
    ),
)

CONTROLS = (
    Control("unthrottled", "The same replay with no limit to its rate.", breaks="peak_within_capacity"),
    Control(
        "unthrottled, seen by the live traffic",
        "The same run: what became of the live rows.",
        breaks="live_within_alert",
    ),
    Control(
        "last write wins",
        "The same sink, which takes whatever comes last for the newest.",
        breaks="nothing_overwritten",
    ),
)
