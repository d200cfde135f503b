"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.model_drift.measure.live import INTERVAL_S
from lab.experiments.model_drift.present.findings import Findings, findings, told
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, LABELS, UNCORRECTED
from lab.experiments.model_drift.workload.people import FEATURES

DEFAULTS_S = (60.0, 60.0, 30.0)  # Prometheus' scrape and evaluation, Alertmanager's group_wait
ALTERNATIVES = (
    Alternative(
        "Evidently",
        "Up to 1,000 rows KS or chi-square at .05, uncorrected; above, Wasserstein or Jensen-Shannon distance from 0.1 on.",
        "its documentation, 0.7; not run here",
    ),
    Alternative(
        "NannyML",
        "Estimates performance without labels from calibrated scores (CBPE); alarms at three standard deviations. Concept "
        "drift escapes it too.",
        "its documentation, 0.13; not run here",
    ),
    Alternative(
        "PSI",
        "Population stability index, alarm from 0.1 or 0.25 on whatever the number of rows; `detect` computes it too.",
        "a rule of credit scoring; thresholds not judged here",
    ),
    Alternative(
        "ADWIN, DDM",
        "Watch the error row by row instead of in windows; need labels as well.",
        "river's documentation; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    top, rows = found.params.doses[-1], found.params.rate * found.params.batch
    ks, looks = found.value("ks_false_alarms"), found.params.looks
    return Summary(
        answer=(
            f"A drift of size {top:g} reaches the webhook within {found.slowest:.1f} s at {rows:g} rows/s. KS at p < .01 alarms "
            f"on a quiet feature in {ks:.2%} of windows (codes have ties); over {looks} looks a calibrated test "
            f"alarms in {found.uncorrected:.0%} of quiet series uncorrected, in {found.corrected:.1%} corrected (at most "
            f"{found.corrected_at_most:.0%}, 95 % interval). Concept drift is seen only with labels."
        ),
        conditions=(
            f"windows of {found.params.window:,} rows; scrapes, evaluations and grouping every {INTERVAL_S} s",
            f"sixteen features, all integer codes but age; labels {found.params.label_s:g} s late",
            "drift injected at once and for good, by drawing real people with other weights; one served model for each kind",
        ),
        headline=Metric(
            "slowest_alert",
            found.slowest,
            "s",
            "from drift to the webhook, slowest of three kinds",
            better="lower",
        ),
        figure="detection",
        decisions=(
            _rule(found),
            _concept(found),
            _small(found),
            _intervals(found),
            _retrain(found),
            _effect(found),
        ),
        alternatives=ALTERNATIVES,
    )


def _rule(found: Findings) -> Decision:
    look, free = found.value("ks_any_look"), found.value("formula_any_look")
    return Decision(
        "Is KS with p < .01 on every feature a sound alarm?",
        f"For one look: {look:.1%} of quiet looks alarm on any of {len(FEATURES)} features, because ties make KS conservative; "
        f"in {found.params.looks} looks {found.by_series(KS.name):.0%} do. Without ties expect up to {free:.0%} a look.",
        "measured",
        ("ks_at_most_nominal", "ks_any_look", "ks_any_series", "formula_any_look"),
        figure="false_alarms",
    )


def _concept(found: Findings) -> Decision:
    top = found.params.doses[-1]
    shares = [found.detected("concept", top, rule) for rule in (KS.name, LABELS)]
    return Decision(
        "Can I do without labels?",
        f"No: of series with concept drift of {top:g} KS on features alarms in {shares[0]:.0%} (in quiet ones "
        f"{found.by_series(KS.name):.0%}), accuracy on labels in {shares[1]:.0%}.",
        "measured",
        ("concept_unseen_by_features", f"detected_concept_{top:g}_ks", f"detected_concept_{top:g}_accuracy"),
        figure="detection",
    )


def _small(found: Findings) -> Decision:
    small, top = found.params.doses[min(1, len(found.params.doses) - 2)], found.params.doses[-1]
    shares = [found.detected("covariate", small, rule.name) for rule in (UNCORRECTED, CORRECTED, KS)]
    return Decision(
        "What does correcting for features and looks cost?",
        f"Small drifts: of series with covariate drift of {small:g} the chi-square test finds {shares[0]:.0%} uncorrected, "
        f"{shares[1]:.0%} corrected (false alarms {found.uncorrected:.0%} and {found.corrected:.1%}); KS, uncorrected, "
        f"{shares[2]:.0%} (of quiet ones {found.by_series(KS.name):.0%}). At {top:g} the corrected one takes "
        f"{told(found.rows('covariate', top, CORRECTED.name))}.",
        "measured",
        (f"detected_covariate_{small:g}_chi_square_uncorrected", f"detected_covariate_{small:g}_chi_square"),
        figure="detection",
    )


def _intervals(found: Findings) -> Decision:
    live = found.table("live").dropna(subset=["ks_s"])
    path = float((live["ks_s"] - live["window_s"]).max())
    most, mean = sum(DEFAULTS_S), sum(DEFAULTS_S[:2]) / 2 + DEFAULTS_S[2]
    return Decision(
        "How long does an alert take with the defaults?",
        f"Here at most {path:.1f} s from a full window to the webhook, at {INTERVAL_S} s for each of three steps. The defaults "
        f"of Prometheus and Alertmanager add up to {most:.0f} s, {mean:.0f} s on average.",
        "arithmetic",
        ("latency_explained",),
        basis="scrape 60 s and evaluation 60 s, waited for by half on average; group_wait 30 s in full",
        figure="dashboard",
    )


def _retrain(found: Findings) -> Decision:
    table = found.table("performance")
    costs = (table["during"] - table["best"]).clip(lower=0).round(3)
    most, least = table.iloc[int(costs.argmax())], table.iloc[int(costs.argmin())]
    return Decision(
        "Should every drift alert retrain the model?",
        f"No: {least['model']} drift cost {costs.min():.2f} of log-loss over the best to be had, {most['model']} drift "
        f"{costs.max():.2f}, of which retraining regained {_regained(most):.0%}. Deploy only what wins on held-out rows.",
        "measured",
        ("performance_restored", *(f"loss_during_{row['model']}" for _, row in table.iterrows())),
        figure="performance",
    )


def _regained(row: pd.Series) -> float:
    return float((row["during"] - row["after"]) / (row["during"] - row["best"]))


def _effect(found: Findings) -> Decision:
    years = found.table("years")
    last = years.iloc[-1]
    differ, rows = int(last["features"]), int(last["rows"])
    return Decision(
        "Does a tiny p-value mean that I must act?",
        f"No: in {int(last['year'])}, with {rows:,} rows, {differ} of {len(FEATURES)} features differ from 2015, "
        f"none by more than V = {years['largest_v'].max():.3f}; accuracy moved by "
        f"{abs(last['accuracy'] - years['accuracy'].iloc[0]):.3f}.",
        "measured",
        ("year_largest_v",),
        figure="years",
    )
