"""An observation for each criterion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.observability.criteria import CRITERIA
from lab.experiments.observability.judge.laws import precision_at
from lab.experiments.observability.judge.tables import burning, confusion
from lab.experiments.observability.measure.seen import Live, Seen
from lab.experiments.observability.mechanism import Confusion
from lab.experiments.observability.workload.arms import STATIC

ON_TIME_S = 0.1
WIDE = 0.3  # an interval this wide tells no precision
_LIMITS = {item.name: item.limit.bound for item in CRITERIA}


def observe(seen: Seen, made: dict[str, pd.DataFrame]) -> dict[str, Observation]:
    """By criterion."""
    days = seen.days
    own = confusion(days, days.arms[0], "test")
    empty = list(seen.live.empty_panels)
    return {
        "alert_fires_and_runbook_resolves": unresolved(made["live"], attended=True),
        "quiet_stays_quiet": groundless(seen.live, made["deliveries"]),
        "runbook_linked": Observation(len(seen.unlinked), ", ".join(seen.unlinked)),
        "rules_tested": rules_tested(seen.checks),
        "panels_answer": Observation(len(empty), ", ".join(empty)),
        "firing_as_counted": Observation(days.differing, f"of {days.compared:,} minutes compared"),
        "precision": precision(own),
        "recall": recall(own),
        "load_reached": on_time(seen.live),
        "delay_predicted": delay_predicted(*burning(made)),
        "precision_predicted": precision_predicted(made["arms"]),
    }


def precision(found: Confusion) -> Observation:
    detail = f"{len(found.detected)} anomalies, {len(found.false_alerts)} false alerts"
    return _share("precision", found.precision, found.precision_interval, detail)


def recall(found: Confusion) -> Observation:
    due = sum(injection.due for injection, _ in found.detected)
    return _share(
        "recall", found.recall, found.recall_interval, f"{due} of {due + len(found.missed)} that were due"
    )


def _share(name: str, value: float, interval: tuple[float, float], detail: str) -> Observation:
    """Told only if the whole interval lies on one side of the limit."""
    told = not interval[0] < _LIMITS[name] <= interval[1]
    more = "" if told else f"; {interval[0]:.2f} to {interval[1]:.2f} lies on both sides of the limit"
    return Observation(value, detail + more, interval, conclusive=told and not np.isnan(value))


def unresolved(live: pd.DataFrame, attended: bool) -> Observation:
    """Anomalies without alert, with the fault still there, or with an alert that still fires; and, where somebody attends,
    without the runbook's success."""
    own = live[live["attended"] == attended]
    told = own[["alert_s", "resolved_s"]].notna().all(axis=1)
    right = told & own["gone"] & ~own["firing"]
    if attended:
        right &= own["status"] == 0
    return Observation(int((~right).sum()), ", ".join(own[~right]["pipeline"]) or f"{len(own)} anomalies")


def groundless(live: Live, told: pd.DataFrame) -> Observation:
    """Alerts on a pipeline without a fault, or before it."""
    since = told["pipeline"].map(live.injected).fillna(np.inf)
    early = told[(told["status"] == "firing") & (told["at"] < since)]
    wrong = early[early["at"] >= live.begun]
    quiet = min(live.injected.values()) - live.begun
    detail = ", ".join(f"{row.alert} on {row.pipeline}" for row in wrong.itertuples())
    return Observation(
        len(wrong),
        detail
        or f"{quiet:.0f} s before the faults; one pipeline for {live.end - live.begun:.0f} s; "
        f"{len(early) - len(wrong)} alerts while the windows filled, which do not count",
    )


def rules_tested(checks: pd.DataFrame) -> Observation:
    wrong = checks[checks["passed"] != checks["due"]]
    spoilt = int((~checks["due"]).sum())
    return Observation(
        len(wrong),
        "; ".join(f"{row.check}: {row.said}" for row in wrong.itertuples())
        or f"{spoilt} spoilt rules caught",
    )


def on_time(live: Live) -> Observation:
    late = np.asarray(live.late_s)
    return Observation(float(np.mean(late <= ON_TIME_S)) if len(late) else 0.0, f"of {len(late):,} rows")


def delay_predicted(steady: pd.DataFrame, apart: int) -> Observation:
    """Median relative error. apart: anomalies that law and rule do not agree on having an alert."""
    if steady.empty:
        return Observation(float("nan"), "no steady anomaly was alerted on", conclusive=False)
    errors = (steady["predicted_s"] / steady["delay_s"] - 1).abs()
    detail = f"{len(errors)} anomalies, worst {errors.max():.0%}; of {apart} more law or rule alone says that they are alerted on"
    return Observation(float(errors.median()), detail)


def foretold(arms: pd.DataFrame) -> tuple[float, pd.Series]:
    """Precision of the static threshold on the rarer stream as the other one foretells it, and that stream's row."""
    here, there = (
        arms[(arms["arm"] == STATIC) & (arms["stream"] == name)].iloc[0] for name in ("test", "rare")
    )
    return precision_at(there["anomalies"], here["found"], here["false"]), there


def precision_predicted(arms: pd.DataFrame) -> Observation:
    predicted, there = foretold(arms)
    interval = float(there["precision_low"]), float(there["precision_high"])
    detail = f"{predicted:.2f} foretold, {there['precision']:.2f} measured ({interval[0]:.2f} to {interval[1]:.2f})"
    told = interval[1] - interval[0] <= WIDE
    return Observation(abs(predicted - float(there["precision"])), detail, conclusive=told)
