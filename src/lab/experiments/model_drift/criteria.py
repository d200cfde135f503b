"""What is claimed, declared before any run. The limits are our thresholds, but for the exercise's p < .01."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly
from lab.experiments.model_drift.params import ALPHA

CRITERIA = (
    Criterion(
        "alert_follows_ks",
        "A model's drift alert comes over the webhook if KS, by scipy from the served rows, has p < .01 on a feature, "
        "not before that and not otherwise; models where it is not so.",
        exactly(0),
        "invariant",
        "models",
        acceptance=True,
    ),
    Criterion(
        "ks_at_most_nominal",
        "KS with p < .01 has at most 1 % false alarms for each feature and drift-free window; upper end of the 99 % interval.",
        at_most(ALPHA),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "calibrated_at_nominal",
        "The chi-square test has 1 % of them: how far that lies outside of the 99 % interval.",
        exactly(0.0),
        "ratio",
    ),
    Criterion(
        "family_wise_at_most_nominal",
        "That over all features and looks more than 1 % of the series of windows have a false alarm is not shown: lower end of "
        "the 99 % interval. The rule aims at nearly 1 %, so no number of series that a run can make puts the upper end "
        "below it.",
        at_most(ALPHA),
        "ratio",
    ),
    Criterion(
        "p_values_agree",
        "Our p-values are scipy's, KS and chi-square, offline and in the served windows; largest difference.",
        at_most(1e-9),
        "invariant",
    ),
    Criterion(
        "drift_alerted",
        "Covariate, label and concept drift each raise an alert on the real path; kinds that do not.",
        exactly(0),
        "invariant",
        "kinds",
    ),
    Criterion(
        "no_page_without_drift",
        "The corrected alert and the one on accuracy stay silent where nothing drifts; models that had one.",
        exactly(0),
        "invariant",
        "models",
    ),
    Criterion(
        "concept_unseen_by_features",
        "Where only the meaning changes, features alarm no more often than without drift, for they are drawn alike: upper end "
        "of the 99 % interval for KS.",
        at_most(ALPHA),
        "ratio",
    ),
    Criterion(
        "performance_restored",
        "Where drift cost log-loss (more than 0.05 over the best to be had), retraining regains at least three "
        "quarters of what a model made from plenty of drifted rows would; worst model.",
        at_least(0.75),
        "ratio",
    ),
    Criterion(
        "no_request_dropped",
        "While models are replaced every request is answered with 200; requests that are not.",
        exactly(0),
        "invariant",
        "requests",
    ),
    Criterion(
        "rules_tested",
        "promtool's tests of the alert rules pass, and fail on each of three spoilt rules; what went otherwise.",
        exactly(0),
        "invariant",
        "runs",
    ),
    Criterion(
        "panels_answer",
        "Every panel of the dashboard shows something in this run's Prometheus; panels that are empty.",
        exactly(0),
        "invariant",
        "panels",
    ),
    Criterion(
        "power_predicted",
        "The share of windows that show a drift, predicted from its size by the noncentral chi-square distribution, at alpha "
        "and at the alpha that is corrected for all features and looks; worst error.",
        at_most(0.12),
        "absolute",
    ),
    Criterion(
        "load_reached",
        "Requests are sent within 100 ms of their time.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "latency_explained",
        "From drift to webhook takes no longer than the windows until KS alarms, a scrape, an evaluation and the grouping "
        "together, plus a second; worst model, time over bound.",
        at_most(1.0),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "uncorrected",
        "The same calibrated test, each feature and look by itself.",
        breaks="family_wise_at_most_nominal",
    ),
    Control("restart", "The model is replaced by a restart of its server.", breaks="no_request_dropped"),
)
