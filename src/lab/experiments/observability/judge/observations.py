"""An observation for each criterion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.observability.criteria import CRITERIA, PRECISION_LIMIT
from lab.experiments.observability.judge.laws import precision_at
from lab.experiments.observability.judge.tables import burning, confusion
from lab.experiments.observability.measure.seen import Live, Seen
from lab.experiments.observability.mechanism import Confusion
from lab.experiments.observability.workload.arms import STATIC

ON_TIME_S = 0.1
DRAWS = 2_000
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


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{count} {one if count == 1 else many}"


def precision(found: Confusion) -> Observation:
    right = counted(len(found.detected), "anomaly", "anomalies")
    detail = f"{right}, {counted(len(found.false_alerts), 'false alert', 'false alerts')}"
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
        f"{counted(len(early) - len(wrong), 'alert', 'alerts')} while the windows filled, not counted",
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
    here, there = _static(arms)
    return precision_at(there["anomalies"], here["found"], here["false"]), there


def _static(arms: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Rows of the busier stream and of the rarer one."""
    own = arms[arms["arm"] == STATIC]
    return own[own["stream"] == "test"].iloc[0], own[own["stream"] == "rare"].iloc[0]


def precision_predicted(arms: pd.DataFrame) -> Observation:
    """Inconclusive where as many anomalies and alerts, drawn anew, might tell otherwise.

    And where the law is within the limit and the busier stream's own precision too: then the base rates are too alike.
    """
    here, there = _static(arms)
    if not (here["injected"] and there["injected"]):
        return Observation(float("nan"), "a stream without an anomaly", conclusive=False)
    predicted, measured = foretold(arms)[0], float(there["precision"])
    error, constant = _apart(predicted, measured), _apart(float(here["precision"]), measured)
    low, high = (float(end) for end in np.percentile(_drawn(here, there), (2.5, 97.5)))
    passes, fails = high <= PRECISION_LIMIT < constant, low > PRECISION_LIMIT
    detail = (
        f"{predicted:.2f} foretold, {measured:.2f} measured ({there['precision_low']:.2f} to {there['precision_high']:.2f}); "
        f"95 % of draws {low:.0%} to {high:.0%} off; the busier stream's own precision, {here['precision']:.2f}, {constant:.0%}"
    )
    return Observation(error, detail, (low, high), conclusive=passes if error <= PRECISION_LIMIT else fails)


def _apart(predicted: float, measured: float) -> float:
    """As a share of what was measured; infinite where that is nothing, or there was no alert."""
    return abs(predicted / measured - 1) if measured > 0 else float("inf")


def _drawn(here: pd.Series, there: pd.Series) -> list[float]:
    """The law's errors, had the counts come out otherwise: false alerts are Poisson, anomalies alerted on binomial."""
    random = np.random.default_rng(0)
    (found, false), (hits, wrong) = (
        (random.binomial(row["injected"], row["found"], DRAWS), random.poisson(row["false_alerts"], DRAWS))
        for row in (here, there)
    )
    weeks = here["injected"] / here["anomalies"]
    share, measured = found / here["injected"], hits / np.maximum(hits + wrong, 1)
    predicted = map(precision_at, [there["anomalies"]] * DRAWS, share, false / weeks)
    return list(map(_apart, predicted, measured))
