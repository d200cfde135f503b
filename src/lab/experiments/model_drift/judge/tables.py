"""Tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.statistics import clopper_pearson
from lab.experiments.model_drift.judge.observations import EXPECTED, firing
from lab.experiments.model_drift.judge.rates import formula, in_series, log_loss
from lab.experiments.model_drift.measure.seen import Live, Quiet, Seen
from lab.experiments.model_drift.params import ALPHA, KINDS, Params
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, UNCORRECTED, on_any
from lab.experiments.model_drift.workload.people import FEATURES
from lab.services.receiver import Delivery

RULES = (KS, UNCORRECTED, CORRECTED)
ALERTS = ["at", "alert", "model", "status"]


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    fired = deliveries(seen.live.deliveries)
    return {
        "alarms": _alarms(params, seen.quiet),
        "features": pd.DataFrame(
            {
                "feature": FEATURES,
                "ks": (seen.quiet.ks < ALPHA).mean(0),
                "chi2": (seen.quiet.chi2 < ALPHA).mean(0),
            }
        ),
        "detection": _detection(params, seen.streams),
        "power": seen.power,
        "years": seen.years,
        "live": _live(seen.live, fired),
        "performance": _performance(seen.live),
        "deliveries": fired,
        "series": seen.live.series,
        "rules": seen.rules,
        "jobs": seen.live.jobs,
    }


def deliveries(told: Sequence[Delivery]) -> pd.DataFrame:
    """A row for each alert of each delivery: when it came in, by the receiver's clock, and what it said."""
    rows = [
        (one.at, alert["labels"]["alertname"], alert["labels"].get("model", ""), alert["status"])
        for one in told
        for alert in one.body["alerts"]
    ]
    return pd.DataFrame(rows, columns=ALERTS)


def _alarms(params: Params, quiet: Quiet) -> pd.DataFrame:
    """Share of series without drift in which a rule has alarmed by each look; formula: of independent tests."""
    rows = []
    for rule in RULES:
        alarms = in_series(on_any(rule.alarms(quiet.ks, quiet.chi2, params.looks)), params.looks)
        for look in range(1, params.looks + 1):
            share = float(alarms[:, :look].any(1).mean())
            rows.append((rule.name, look, share, formula(len(FEATURES) * look)))
    return pd.DataFrame(rows, columns=["rule", "look", "share", "formula"])


def _detection(params: Params, streams: pd.DataFrame) -> pd.DataFrame:
    """By kind, size and rule: share of series that were detected, and the median number of rows until then."""
    rows = []
    for (kind, dose, rule), part in streams.groupby(["kind", "dose", "rule"], sort=False):
        first = part[part["alarm"]].groupby("stream")["look"].min().reindex(range(params.streams))
        median = float(first.fillna(np.inf).median())
        found = int(first.notna().sum())
        low, high = clopper_pearson(found, params.streams)
        rows.append(
            {
                "kind": kind,
                "dose": dose,
                "rule": rule,
                "detected": found / params.streams,
                "low": low,
                "high": high,
            }
            | {"rows": median * params.window}
        )
    return pd.DataFrame(rows)


def _live(live: Live, fired: pd.DataFrame) -> pd.DataFrame:
    """By model, s from drift: the first window that KS alarms on, its alert, the corrected one, the one on accuracy, the
    new model's first answer; nan where there was none. alert_s: the first that was due.
    """
    rows = []
    for model in KINDS:
        windows = live.compared[(live.compared["model"] == model) & (live.compared["at"] >= live.drift_at)]
        below = windows[windows["scipy"] < ALPHA]
        first = {
            name: firing(fired, alert, model, live.drift_at)["at"].min() - live.drift_at
            for name, alert in (
                ("ks_s", "FeatureDrift"),
                ("corrected_s", "FeatureDriftCorrected"),
                ("accuracy_s", "AccuracyLow"),
            )
        }
        later = live.predictions[(live.predictions["model"] == model) & (live.predictions["version"] > 1)]
        rows.append(
            {"model": model, "window_s": below["at"].min() - live.drift_at, **first}
            | {"replaced_s": later["at"].min() - live.drift_at}
        )
    found = pd.DataFrame(rows)
    due = {"FeatureDrift": "ks_s", "AccuracyLow": "accuracy_s"}
    found["alert_s"] = [
        row[due[EXPECTED[row["model"]]]] if row["model"] in EXPECTED else np.nan
        for row in found.to_dict("records")
    ]
    return found


def _performance(live: Live) -> pd.DataFrame:
    """Log-loss and accuracy by drifting model: before drift, under it by the first version, by the last one, and the best."""
    rows = []
    for model in KINDS[1:]:
        own = live.predictions[live.predictions["model"] == model]
        last = int(own["version"].max())
        parts = {
            "before": own[~own["drifted"] & (own["version"] == 1)],
            "during": own[own["drifted"] & (own["version"] == 1)],
            "after": own[own["drifted"] & (own["version"] == last) & (last > 1)],
        }
        losses = {name: log_loss(part) for name, part in parts.items()}
        right = {
            f"accuracy_{name}": float(((part["score"] >= 0.5) == part["label"]).mean())
            for name, part in parts.items()
        }
        rows.append({"model": model, "versions": last, **losses, "best": live.best[model], **right})
    return pd.DataFrame(rows)
