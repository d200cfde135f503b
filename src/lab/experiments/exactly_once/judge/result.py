"""The results of a run: both pipelines as the treatment, the weaker modes as controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.evidence.result import Metric, Result
from lab.evidence.statistics import none_seen_bound
from lab.experiments.exactly_once.judge import observations as observe
from lab.experiments.exactly_once.judge import tables
from lab.experiments.exactly_once.measure.seen import APPENDED, SINK, Seen
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, AT_MOST_ONCE, EXACTLY_ONCE, Processor
from lab.experiments.exactly_once.params import Params

CONTROL_ARMS = {"at least once": AT_LEAST_ONCE.name, "at most once": AT_MOST_ONCE.name, "appended": APPENDED}


def results(params: Params, seen: Seen, versions: Mapping[str, str]) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of one run with all arms."""
    made = _tables(params, seen) | {"cost": tables.cost(seen.timed)}
    deliveries = made["deliveries"]
    observed = _of_loop(seen, EXACTLY_ONCE, deliveries) | {
        "sink_exact": observe.exact(deliveries, SINK),
        "halves_kept": observe.halves_kept(deliveries),
        "overhead_predicted": observe.overhead_predicted(seen.timed),
    }
    metrics = [*_metrics(params, seen, made), *_cost(made["cost"])]
    controls = {
        name: Result(
            params, {"sink_exact" if arm == APPENDED else "loop_exact": observe.exact(deliveries, arm)}
        )
        for name, arm in CONTROL_ARMS.items()
    }
    return Result(params, observed, metrics, made, versions), controls


def processor(params: Params, arm: Processor, seen: Seen, versions: Mapping[str, str]) -> Result:
    """One processor by itself."""
    made = _tables(params, seen)
    observed = _of_loop(seen, arm, made["deliveries"])
    return Result(params, observed, _metrics(params, seen, made), made, versions)


def _tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    return {
        "deliveries": tables.deliveries(params, seen),
        "lag": tables.lag(params, seen),
        "recovery": tables.recovery(params, seen),
    }


def _of_loop(seen: Seen, arm: Processor, deliveries: pd.DataFrame) -> dict:
    found = {
        "loop_exact": observe.exact(deliveries, arm.name),
        "order_kept": observe.order_kept(deliveries, arm.name),
        "faults_real": observe.faults_real(seen),
        "load_reached": observe.load_reached(seen),
    }
    if not arm.transactional:
        return found
    fenced = observe.zombie_fenced(seen, arm.name)
    return (
        found
        | ({"zombie_fenced": fenced} if fenced else {})
        | {"aborted_invisible": observe.aborted_invisible(seen, arm.name)}
    )


def _metrics(params: Params, seen: Seen, made: Mapping[str, pd.DataFrame]) -> list[Metric]:
    sent = sum(ran.round.count for ran in seen.rounds)
    faults = sum(ran.round.fault is not None for ran in seen.rounds)
    last: Any = made["deliveries"].groupby("arm").last()
    found = [
        Metric("messages", sent, "messages", "sent, warm-up included"),
        Metric("faults", faults, "faults", "one in each round"),
        Metric("loss_bound", none_seen_bound(faults), "", "share of faults that may lose or repeat, at 95 %"),
        Metric("transforms_repeated", len(seen.uncommitted) - sent, "messages", "transformed more than once"),
        Metric(
            "queries_failed",
            _queries_failed(seen),
            "failures",
            "of a Spark query, started again by its driver",
        ),
        Metric("restarts", sum(seen.restarts.values()), "restarts", "of processes that ended by themselves"),
    ]
    for arm in seen.delivered:
        lost, repeated = int(last.loc[arm, "lost"]), int(last.loc[arm, "duplicated"])
        found += [
            Metric(f"{arm}.lost", lost, "messages", "sent and never delivered", better="lower"),
            Metric(f"{arm}.duplicate_rate", repeated / sent, "", "repeats per message sent", better="lower"),
            Metric(
                f"{arm}.latency_p50",
                tables.latency(params, seen, arm),
                "ms",
                "of messages before a fault",
                better="lower",
            ),
        ]
        if own := tables.rhythm(seen, arm):
            found += [
                Metric(
                    f"{arm}.interval", own.interval_ms, "ms", "between two commits before a fault, median"
                ),
                Metric(
                    f"{arm}.open", own.open_ms, "ms", "from a batch's first message to its commit, median"
                ),
                Metric(f"{arm}.batch", own.size, "messages", "in a batch before a fault, median"),
            ]
    return [*found, *_recovery(made["recovery"])]


def _queries_failed(seen: Seen) -> int:
    return sum(one.what == "failed" for one in seen.told)


def _recovery(table: pd.DataFrame) -> list[Metric]:
    found = []
    for (fault, arm), own in table.groupby(["fault", "arm"]):
        values = own["recovery"].dropna().tolist()
        if not values:  # all of the round had come before the fault
            continue
        text = "from the fault to the next new message visible"
        median = float(pd.Series(values).median())
        found.append(Metric(f"{arm}.after_{fault}", median, "s", text, raw=values, better="lower"))
    return found


def _cost(cost: pd.DataFrame) -> list[Metric]:
    fit = observe.fitted(cost)
    rows: Any = cost.itertuples()
    return [
        Metric("commit_ms", fit.fixed, "ms", "c: a transaction's fixed cost", better="lower"),
        Metric("message_ms", fit.each, "ms", "m: a message's", better="lower"),
        *(
            Metric(
                f"{row.arm}@{row.size}",
                row.low,
                "ms",
                f"a batch of {row.size} messages, lower quartile",
                better="lower",
            )
            for row in rows
        ),
    ]
