"""Treatment and controls of what was seen: tables, metrics, observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.result import Metric, Result
from lab.evidence.statistics import clopper_pearson
from lab.experiments.airflow_failures.judge.observations import (
    bounded,
    observe,
    of_runs,
)
from lab.experiments.airflow_failures.judge.outcomes import Alert, alerts, detected_s, first, outcome, storms
from lab.experiments.airflow_failures.kit.harness.faults import FAULTS
from lab.experiments.airflow_failures.measure.seen import Ran, Seen
from lab.experiments.airflow_failures.params import Params
from lab.experiments.airflow_failures.workload import QUIET, STORM

MODES = {fault.name: fault.mode for fault in FAULTS}
DUE = {fault.name: fault.due for fault in FAULTS}
METHOD = "Clopper-Pearson 95 %"


def results(params: Params, seen: Seen) -> tuple[Result, dict[str, Result]]:
    """Treatment, and each control by its name."""
    told = alerts(seen.deliveries)
    made = tables(seen, told)
    treatment = Result(
        params,
        observe(params, seen, told, made["storms"]),
        metrics(seen, made),
        made,
        seen.versions,
    )
    without = [ran for ran in seen.runs if not ran.shot.guarded]
    layered = made["storms"][~made["storms"]["guarded"].astype(bool)]
    return treatment, {
        "no guards": Result(params, of_runs(without, told), versions=seen.versions),
        "retries in layers": Result(
            params, {"amplification_bounded": bounded(layered)}, versions=seen.versions
        ),
    }


def tables(seen: Seen, told: Sequence[Alert]) -> dict[str, pd.DataFrame]:
    """By name: a row for each run, try, alert, storm."""
    return {
        "runs": pd.DataFrame([_run(ran, told) for ran in seen.runs]),
        "tries": pd.DataFrame([row for ran in seen.runs for row in _tries(ran)]),
        "alerts": pd.DataFrame([row for ran in seen.runs for row in _alerts(ran, told)]),
        "storms": storms(seen),
    }


def _run(ran: Ran, told: Sequence[Alert]) -> dict[str, object]:
    found = first(ran, told)
    return {
        "fault": ran.shot.fault,
        "mode": MODES.get(ran.shot.fault, QUIET),
        "guarded": ran.shot.guarded,
        "round": ran.shot.round,
        "run": ran.shot.run,
        "layers": ran.shot.layers,
        "outcome": outcome(ran, told),
        "detected_s": detected_s(ran, told),
        "told_by": found.source if found else "",
        "ended_s": ran.played.ended_at - ran.played.injected_at,
        "heartbeat_s": ran.heartbeat_s,
        "tries": len(ran.tries),
        "published": ran.published,
        "missing": ran.difference.missing if ran.published else 0,
        "doubled": ran.difference.doubled,
        "dead": ran.dead,
    }


def _tries(ran: Ran) -> list[dict[str, object]]:
    """Times in s from the run's beginning."""
    begun = ran.played.begun_at
    return [
        {"fault": ran.shot.fault, "guarded": ran.shot.guarded, "round": ran.shot.round, "run": ran.shot.run}
        | {"task": each.task, "number": each.number, "state": each.state}
        | {"start_s": each.started_at - begun, "end_s": each.ended_at - begun}
        for each in ran.tries
    ]


def _alerts(ran: Ran, told: Sequence[Alert]) -> list[dict[str, object]]:
    """Of a run, with its fault's own moments, in s from the run's beginning."""
    begun = ran.played.begun_at
    own = [alert for alert in told if alert.run == ran.shot.run]
    moments = [(ran.played.injected_at, "fault", ""), (ran.played.healed_at, "healed", "")]
    moments += [(alert.at, alert.kind, alert.source) for alert in own]
    return [
        {"fault": ran.shot.fault, "guarded": ran.shot.guarded, "round": ran.shot.round, "run": ran.shot.run}
        | {"kind": kind, "source": source, "at_s": at - begun}
        for at, kind, source in moments
    ]


def by_fault(runs: pd.DataFrame) -> pd.DataFrame:
    """Guarded faults, each an independent try: the storm's runs meet one fault together.

    Columns: fault, mode, round, recovered, safe (failed so), as_due, detected_s (of the first run that was told of).
    """
    own = runs[runs["guarded"].astype(bool) & (runs["fault"] != QUIET)]
    rows = [
        {"fault": fault, "mode": part["mode"].iloc[0], "round": number}
        | {
            name: bool((part["outcome"] == end).all())
            for name, end in (
                ("recovered", "recovered"),
                ("safe", "failed safe"),
                ("as_due", DUE[str(fault)]),
            )
        }
        | {"detected_s": part["detected_s"].min()}
        for (fault, number), part in own.groupby(["fault", "round"], sort=False)
    ]
    return pd.DataFrame(rows)


def metrics(seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    """Share recovered automatically, mean time to detection, amplification, what a start takes."""
    found, storm = by_fault(made["runs"]), made["storms"]
    recovered, as_due, count = int(found["recovered"].sum()), int(found["as_due"].sum()), len(found)
    times = found["detected_s"].dropna()
    without = made["runs"][~made["runs"]["guarded"].astype(bool) & (made["runs"]["fault"] != QUIET)]
    return [
        # Which kinds can be recovered from is known beforehand, so that this share has no interval; the next one has.
        Metric(
            "recovered_share",
            recovered / count,
            "",
            f"of faults with guards were recovered from automatically, {recovered} of {count}",
            better="higher",
        ),
        Metric(
            "ended_as_due",
            as_due / count,
            "",
            f"of faults with guards ended as they should, {as_due} of {count}: recovered, or failed safe where no retry can help",
            interval=clopper_pearson(as_due, count),
            method=METHOD,
            better="higher",
        ),
        Metric(
            "mean_time_to_detection",
            float(times.mean()) if len(times) else float("nan"),
            "s",
            "from a fault to its first alert, mean over faults with guards",
            raw=tuple(map(float, times)),
            better="lower",
        ),
        *_detections(found),
        *_amplifications(storm),
        Metric(
            "wrong_without_guards",
            float((without["outcome"] == "wrong data").sum()),
            "runs",
            f"of {len(without)} faulted runs without guards published wrong data",
        ),
        Metric(
            "doubled_without_guards",
            float(without["doubled"].sum()),
            "orders",
            "published more than once, without guards",
        ),
        Metric(
            "missing_without_guards",
            float(without["missing"].sum()),
            "orders",
            "left out of what was published, without guards",
        ),
        Metric("airflow_start", seen.start_s, "s", "until Airflow had parsed its DAGs", better="lower"),
    ]


def _detections(found: pd.DataFrame) -> list[Metric]:
    """Mean by mode."""
    return [
        Metric(
            f"detection_{str(mode).replace(' ', '_').replace('-', '_')}",
            float(part["detected_s"].mean()),
            "s",
            f"to detection, {mode}, mean of {len(part)}",
            raw=tuple(map(float, part["detected_s"].dropna())),
            better="lower",
        )
        for mode, part in found.groupby("mode", sort=False)
        if part["detected_s"].notna().any()
    ]


def _amplifications(storm: pd.DataFrame) -> list[Metric]:
    guarded = storm[storm["guarded"].astype(bool)]
    without = storm[~storm["guarded"].astype(bool)]
    return [
        Metric(
            "amplification_guarded",
            float(np.mean(guarded["amplification"])),
            "calls",
            "that reach a source which is away, for each request of a storm that shares a breaker, with guards",
            raw=tuple(map(float, guarded["amplification"])),
            better="lower",
        ),
        *(
            Metric(
                f"amplification_{layers}_layers",
                float(value),
                "calls",
                f"the same without guards, {layers} layers that retry",
            )
            for layers, value in zip(without["layers"], without["amplification"], strict=True)
        ),
    ]


__all__ = ["MODES", "STORM", "by_fault", "metrics", "results", "tables"]
