"""Rules that are compared: the kit's burn rates, and static thresholds that are set to the same recall on another stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import yaml

from lab.experiments.observability import oracle
from lab.experiments.observability.mechanism import (
    ALERTS,
    RULES,
    Alert,
    Confusion,
    Injection,
    alerts_of,
    evaluate,
)
from lab.experiments.observability.params import BUDGET, KINDS, Params
from lab.experiments.observability.workload.streams import SETTLED_MIN, START_S, Stream, stream

STEP_S = 60
HELD_S = 900.0  # the `for` of the patient static threshold
BURN, STATIC, PATIENT = "burn rate", "static", "static, for 15 m"
_MULTIPLES = np.geomspace(2, 100, 40)  # of the budget: thresholds that are tried


@dataclass(frozen=True)
class Arm:
    """A rule for each kind of anomaly. expressions: PromQL by kind, recorded series of the kit's allowed; for_s: their `for`."""

    name: str
    expressions: Mapping[str, str]
    for_s: float = 0.0

    def __post_init__(self) -> None:
        """ValueError for a kind that there is none of: it would have false alerts only."""
        if not self.expressions or not set(self.expressions) <= set(KINDS):
            raise ValueError(f"expressions for {sorted(self.expressions)}: the kinds are {', '.join(KINDS)}")


def burn_rate() -> Arm:
    """The kit's rules as they are."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    alerts = {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"] if "alert" in rule}
    return Arm(BURN, {kind: alerts[name] for kind, name in ALERTS.items()})


def static(params: Params) -> list[Arm]:
    """Thresholds on five minutes, by kind the highest with which recall on the tuning stream is the burn rate's, or comes
    next to it; and the same with a `for`.
    """
    tuning = stream(params, "tuning")
    return [
        Arm(
            name,
            {kind: f"pipeline:{kind}:ratio_rate5m > {_threshold(tuning, kind, for_s):.6g}" for kind in KINDS},
            for_s,
        )
        for name, for_s in ((STATIC, 0.0), (PATIENT, HELD_S))
    ]


def _threshold(tuning: Stream, kind: str, for_s: float) -> float:
    known = injections(tuning, kind)
    wanted = judged(tuning, kind, oracle.burning(tuning.counts, kind), known).recall
    shares = oracle.ratio(tuning.counts, kind, 5)

    def worth(limit: float) -> tuple[float, float]:
        recall = judged(tuning, kind, shares > limit, known, for_s).recall
        return min(recall, wanted), limit

    return max((float(multiple * BUDGET[kind]) for multiple in _MULTIPLES), key=worth)


def judged(
    days: Stream, kind: str, firing: oracle.Flags, known: list[Injection], for_s: float = 0.0
) -> Confusion:
    """Of flags by pipeline and minute, once the longest window is full."""
    firing = firing & (np.arange(firing.shape[1]) >= SETTLED_MIN)
    series = [
        {
            "metric": {"pipeline": name},
            "values": [(moment(int(minute)), "1") for minute in np.flatnonzero(own)],
        }
        for name, own in zip(days.names, firing, strict=True)
    ]
    return evaluate(pages(series, kind, for_s), known)


def moment(minute: int) -> float:
    """When a minute's sample is evaluated: half a minute after it, s since 1970."""
    return float(START_S + STEP_S * minute + STEP_S / 2)


def pages(series: list, kind: str, for_s: float = 0.0) -> list[Alert]:
    """Alerts of one kind as whoever is on call gets them: one again within ten minutes is no other."""
    return [
        Alert((kind, *cast("tuple[str, ...]", each.key)), each.start, each.end)
        for each in alerts_of(series, STEP_S, ("pipeline",), for_s, gap_s=600.0)
    ]


def injections(days: Stream, kind: str) -> list[Injection]:
    """What was injected of one kind."""
    return [
        Injection((row["kind"], row["pipeline"]), float(row["start"]), float(row["end"]), bool(row["due"]))
        for row in days.anomalies.to_dict("records")
        if row["kind"] == kind
    ]
