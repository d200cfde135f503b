"""Tables of a run."""

from __future__ import annotations

import pandas as pd

from lab.experiments.backpressure.judge import windows
from lab.experiments.backpressure.judge.observations import (
    accepted_p99,
    by_client,
    capacity,
    refused,
    sink_errors,
)
from lab.experiments.backpressure.measure.seen import Burst, Killed, Seen
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import BOTH


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    most = capacity(params, seen)
    bursts = list(seen.bursts.values())
    treatment = seen.bursts.get(BOTH.name, bursts[0])
    made = {
        "arms": pd.DataFrame([_arm(params, one, most) for one in bursts]),
        "curves": pd.concat([windows.curve(params, one) for one in bursts], ignore_index=True),
        "clients": by_client(params, treatment, most),
        "rejections": _rejections(params, bursts),
    }
    if seen.durable and seen.memory:
        made["kills"] = pd.DataFrame([_kills("broker", seen.durable), _kills("memory", seen.memory)])
    return made


def _arm(params: Params, own: Burst, most: float) -> dict[str, object]:
    """goodput, offered: events/s in the burst. refused: share of the burst. accepted, late: events of it that went into the
    queue, and those of them that the sink finished too late. growth: of the queue once all should have settled, events/s.

    attempts: per event; attempts_rate: per s, from the burst's second second on. cpu_ms: of ingestion per attempt.
    """
    end = params.before_s + params.burst_s
    good, count = windows.answered_after(params, own)
    accepted = windows.accepted(params, own)
    tried = int(windows.in_burst(params, own.attempts["began"] - own.start).sum())
    return {
        "arm": own.arm,
        "offered": windows.offered(params, own),
        "goodput": windows.goodput(params, own),
        "capacity": most,
        "refused": refused(params, own, most)[1],
        "predicted": refused(params, own, most)[0],
        "accepted": len(accepted),
        "late": int(accepted["late"].sum()),
        "sink_errors": sink_errors(params, own).value,
        "p99_ms": accepted_p99(params, own).value * params.target_ms,
        "attempts": windows.attempts_per_event(params, own),
        "attempts_rate": windows.attempts_rate(params, own),
        "after": good / count if count else float("nan"),
        "recover_s": windows.time_to_recover(params, own),
        "backlog": windows.backlog(own, end),
        "growth": windows.growth(params, own),
        "cpu_ms": own.cpu["ingest"] * 1e3 / max(1, tried),
        "sidecar_cpu": own.cpu["sidecar"] / params.burst_s,
    }


def _rejections(params: Params, bursts: list[Burst]) -> pd.DataFrame:
    """How the load tool's requests of the burst ended, by arm and reason: good, quota, share, limit, client, or a time-out."""
    parts = []
    for one in bursts:
        report = windows.sent(one)
        burst = report[windows.in_burst(params, report["at"])]
        reason = burst["reason"].where(~burst["good"], "in time")
        parts.append(
            reason.value_counts().rename_axis("ended").reset_index(name="events").assign(arm=one.arm)
        )
    return pd.concat(parts, ignore_index=True)


def _kills(kept: str, killed: Killed) -> dict[str, object]:
    promised = [name for one in killed.promised for name in one]
    return {
        "kept": kept,
        "kills": killed.kills,
        "promised": len(promised),
        "lost": len(set(promised) - killed.done),
    }
