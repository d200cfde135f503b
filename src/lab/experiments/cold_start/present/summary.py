"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.cold_start.judge.metrics import name, served_name
from lab.experiments.cold_start.measure.service import OUTAGES
from lab.experiments.cold_start.params import BEATS_FROM
from lab.experiments.cold_start.present.findings import Findings, findings
from lab.experiments.cold_start.workload.arms import DEFAULTS, RECOMMENDED, ZEROS

BEST, TIMEOUT = "time-out and breaker", "time-out only"

ALTERNATIVES = (
    Alternative(
        "Imputation by the mean",
        "What most pipelines do without a history; here called popularity, because only the item is left to rank by.",
        "scikit-learn 1.8, SimpleImputer: mean is its default strategy",
    ),
    Alternative(
        "A missing-value indicator",
        "The model learns by itself what a missing history means; it needs cold rows in training. Not run here.",
        "scikit-learn 1.8, SimpleImputer(add_indicator=True)",
    ),
    Alternative(
        "Hybrid factorisation",
        "Users are sums of embeddings of their attributes, so a new one has a place at once. Not run here.",
        "Kula, LightFM, 2015",
    ),
    Alternative(
        "Ask or explore",
        "A few questions at sign-up, or a bandit, buy the first interactions where they tell most. Not run here.",
        "Rashid et al., IUI 2002; Li et al., WWW 2010",
    ),
    Alternative(
        "redis-py's own time-outs",
        "5 s to connect and to answer, and ten retries with a backoff of up to 1 s: too patient for a cache.",
        "redis-py 8.1.0, run beside it here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    none, ten = found.score(RECOMMENDED, 0), found.score(RECOMMENDED, 10)
    return Summary(
        answer=(
            f"The average user will do, and the first ratings help if they are shrunk by n/(n+k): AUC is "
            f"{none['auc_delta']:.3f} below "
            f"the warm baseline's {found.value('warm_auc'):.3f} without a history, {ten['auc_delta']:.3f} with "
            f"ten ratings. Zeros instead cost "
            f"{found.zero_cost:.1f} nats of log-loss, unseen by AUC; ratings taken at their word lose to "
            f"popularity.{_cache(found)}"
        ),
        conditions=(
            "films rated by people who stayed: each has 20 ratings or more, so real newcomers may differ",
            "three attributes (age, gender, occupation) that say little about taste",
            f"a like is 4 stars or more; one Redis on loopback, {found.params.rate} requests/s",
        ),
        headline=Metric(
            "auc_delta_without_history",
            float(none["auc_delta"]),
            "of AUC",
            f"below the warm baseline's {found.value('warm_auc'):.3f} without a history",
            interval=(float(none["auc_delta_low"]), float(none["auc_delta_high"])),
            better="lower",
        ),
        figure="log_loss",
        decisions=(_default(found), _history(found), _weight(found), _zeros(found), *_serving(found)),
        alternatives=ALTERNATIVES,
    )


def _cache(found: Findings) -> str:
    if not _outages(found):
        return ""
    slowest = max(found.p99(BEST, phase) for phase in OUTAGES)
    return f" With Redis killed or frozen, 99 % get the default within {slowest:.0f} ms."


def _outages(found: Findings) -> bool:
    return set(OUTAGES) <= set(found.phases["phase"])


def _gained(row: pd.Series) -> str:
    """Log-loss gained on popularity, with its interval."""
    return f"{row['log_loss_gain']:+.4f} [{row['log_loss_gain_low']:+.4f}, {row['log_loss_gain_high']:+.4f}]"


def _default(found: Findings) -> Decision:
    kinds = ("attributes", "nearest segment")
    rows = {kind: found.score(kind, 0) for kind in kinds}
    told = " and ".join(f"{kind} {_gained(row)}" for kind, row in rows.items())
    ten = {kind: found.score(kind, 10)["log_loss_gain"] for kind in ("shrinkage", RECOMMENDED)}
    sure = all(row["log_loss_gain_low"] > 0 for row in rows.values())
    return Decision(
        "Do a new user's attributes make better features than the average does?",
        f"{'Yes, a little' if sure else 'Not shown'}, with age, gender and occupation: log-loss gained on "
        f"popularity by {told} nats. Start with the average: ten ratings shrunk to it gain {ten['shrinkage']:+.4f}, to the "
        f"attributes {ten[RECOMMENDED]:+.4f}.",
        "measured",
        [
            *(name("log_loss_gain", kind, 0) for kind in kinds),
            *(name("log_loss_gain", kind, 10) for kind in ten),
        ],
        figure="log_loss",
    )


def _history(found: Findings) -> Decision:
    one, own = (_gained(found.score(RECOMMENDED, count)) for count in (1, BEATS_FROM))
    word = found.score("first interactions", 10)["log_loss_gain"]
    # Of AUC and log-loss, as declared before the run; with fewer interactions a gain may be seen, but none was claimed.
    held = found.treatment.observed["beats_popularity"].value >= 0
    return Decision(
        "From how many interactions on is a user's own history worth using?",
        f"{'From' if held else 'Not shown from'} {BEATS_FROM} on, if shrunk: {BEATS_FROM} ratings gain {own} nats on popularity; "
        f"of fewer nothing was claimed (one: {one}). Taken at their word even ten give {word:+.3f}.",
        "measured",
        [
            "beats_popularity",
            *(name("log_loss_gain", RECOMMENDED, count) for count in (1, BEATS_FROM)),
            name("log_loss_gain", "first interactions", 10),
        ],
        figure="log_loss",
    )


def _weight(found: Findings) -> Decision:
    ahead = found.treatment.metric("fitted_k_ahead")
    assert ahead.interval is not None
    return Decision(
        "How large is k, the interactions that a default counts for?",
        f"Here {found.law.k:.0f} ratings, fitted so that beginnings of warm histories predict the rest; by variances "
        f"{found.value('k_by_variances'):.0f}, since early ratings are no random sample. With ten ratings the fitted one is "
        f"ahead by {ahead.value:+.4f} nats [{ahead.interval[0]:+.4f}, {ahead.interval[1]:+.4f}].",
        "measured",
        ["k_level", "k_by_variances", "fitted_k_ahead"],
        figure="weights",
    )


def _zeros(found: Findings) -> Decision:
    zero, mean = found.score(ZEROS, 0), found.score("popularity", 0)
    return Decision(
        "Does AUC notice that missing features became zeros?",
        f"No: {zero['auc']:.4f} against {mean['auc']:.4f} with the mean, while log-loss goes from "
        f"{mean['log_loss']:.3f} to "
        f"{zero['log_loss']:.3f}. Watch log-loss and calibration of cold users, by interactions.",
        "measured",
        ["auc_is_blind", name("log_loss_delta", ZEROS, 0), name("calibration_error", ZEROS, 0)],
        figure="calibration",
    )


def _serving(found: Findings) -> list[Decision]:
    if not _outages(found):
        return []
    waits = {client: found.p99(client, "frozen") for client in (BEST, TIMEOUT, DEFAULTS)}
    cost = found.score(RECOMMENDED, 0)["log_loss_delta"]
    return [
        Decision(
            "What should a feature service do when its cache does not answer?",
            f"Time out ({found.params.timeout_ms:g} ms), stop asking, serve the default: frozen, 99 % within "
            f"{waits[BEST]:,.0f} ms; without a "
            f"breaker {waits[TIMEOUT]:,.0f}, by redis-py's defaults {waits[DEFAULTS]:,.0f} (the outage's "
            f"length). Known users then cost "
            f"{cost:+.3f} nats.",
            "measured",
            ["served_in_time", "served_right", name("log_loss_delta", RECOMMENDED, 0)]
            + [served_name(client, "frozen") for client in waits],
            figure="cache",
        )
    ]
