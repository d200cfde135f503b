"""An observation for each criterion."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import clopper_pearson
from lab.experiments.model_drift.judge.rates import SURE, clustered, in_series, shown
from lab.experiments.model_drift.measure.drifts import corrected
from lab.experiments.model_drift.measure.live import INTERVAL_S
from lab.experiments.model_drift.measure.seen import Quiet, Seen
from lab.experiments.model_drift.params import ALPHA, KINDS, Params
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, Arm, on_any
from lab.load.http import Answers

OK = 200
COSTLY = 0.05  # log-loss over what could be had: below, there is nothing to regain (our threshold)
EXPECTED = {"covariate": "FeatureDrift", "label": "FeatureDrift", "concept": "AccuracyLow"}


def observe(params: Params, seen: Seen, made: Mapping[str, pd.DataFrame]) -> dict[str, Observation]:
    """By criterion."""
    live, fired = seen.live, made["deliveries"]
    return {
        "alert_follows_ks": alert_follows_ks(live.compared, fired),
        "ks_at_most_nominal": at_most_nominal((seen.quiet.ks < ALPHA).mean(1), "features and windows"),
        "calibrated_at_nominal": at_nominal((seen.quiet.chi2 < ALPHA).mean(1)),
        "family_wise_at_most_nominal": family_wise(params, seen.quiet, CORRECTED),
        "p_values_agree": p_values_agree(seen.agreement, live.compared),
        "drift_alerted": drift_alerted(fired, live.drift_at),
        "no_page_without_drift": no_page(fired, live.drift_at),
        "concept_unseen_by_features": at_most_nominal(_concept(seen.streams), "features, by series"),
        "performance_restored": restored(made["performance"]),
        "no_request_dropped": dropped(live.answers),
        "rules_tested": rules_tested(seen.rules),
        "panels_answer": Observation(len(live.empty_panels), ", ".join(live.empty_panels)),
        "power_predicted": power_predicted(params, seen.power),
        "load_reached": Observation(
            live.answers.punctual(0.1), f"of {len(live.answers.outcomes):,} requests"
        ),
        "latency_explained": latency_explained(made["live"]),
    }


def family_wise(params: Params, quiet: Quiet, arm: Arm) -> Observation:
    """Series of looks with a false alarm: the lower end of the interval, which a rule that keeps its level has below it.

    That refutes and never shows: the detail tells up to which rate the series leave it open.
    """
    alarms = on_any(arm.alarms(quiet.ks, quiet.chi2, params.looks))
    series = np.asarray(in_series(alarms, params.looks).any(1))
    low, high = clopper_pearson(int(series.sum()), len(series), SURE)
    detail = (
        f"{int(series.sum())} of {len(series)} series of {params.looks} looks, a rate of up to {high:.1%} left open; "
        f"{alarms.mean():.2%} of single looks"
    )
    return Observation(low, detail, (low, high))


def at_most_nominal(shares: np.ndarray, what: str) -> Observation:
    mean, interval = clustered(shares)
    return Observation(interval[1], f"{mean:.3%} of {what}", interval)


def at_nominal(shares: np.ndarray) -> Observation:
    mean, (low, high) = clustered(shares)
    outside = max(0.0, low - ALPHA, ALPHA - high)
    return Observation(outside, f"{mean:.3%} of features and windows, {low:.2%} to {high:.2%}", (low, high))


def _concept(streams: pd.DataFrame) -> np.ndarray:
    """Share of features on which KS alarms, a value for each series: its looks share a reference."""
    chosen = streams[(streams["kind"] == "concept") & (streams["rule"] == KS.name)]
    return chosen.groupby(["dose", "stream"])["ks_share"].mean().to_numpy()


def p_values_agree(agreement: pd.DataFrame, compared: pd.DataFrame) -> Observation:
    ks = float((agreement["ours"] - agreement["scipy"]).abs().max())
    chi2 = float((agreement["chi2"] - agreement["scipy_chi2"]).abs().max())
    exact = float((agreement["ours"] - agreement["exact"]).abs().max())
    detail = (
        f"{len(agreement)} offline and {len(compared)} served windows; scipy's exact KS is up to {exact:.2g} from its "
        "asymptotic one"
    )
    return Observation(max(ks, chi2, float(compared["difference"].max())), detail)


def firing(fired: pd.DataFrame, alert: str, model: str, since: float = 0.0) -> pd.DataFrame:
    """Deliveries of an alert on a model that say it fires."""
    chosen = (fired["alert"] == alert) & (fired["model"] == model) & (fired["status"] == "firing")
    return fired[chosen & (fired["at"] >= since)]


def alert_follows_ks(compared: pd.DataFrame, fired: pd.DataFrame) -> Observation:
    """By model: an alert if and only if scipy has a p below .01 in a window, and after that window was full."""
    wrong = []
    for model in KINDS:
        below = compared[(compared["model"] == model) & (compared["scipy"] < ALPHA)]
        told = firing(fired, "FeatureDrift", model)
        right = (
            told["at"].min() >= below["at"].min()
            if len(told) and len(below)
            else len(told) == len(below) == 0
        )
        wrong += [] if right else [model]
    windows = int((compared["scipy"] < ALPHA).sum())
    return Observation(len(wrong), ", ".join(wrong) or f"{windows} of {len(compared)} windows below {ALPHA}")


def drift_alerted(fired: pd.DataFrame, drift_at: float) -> Observation:
    missed = [kind for kind, alert in EXPECTED.items() if not len(firing(fired, alert, kind, drift_at))]
    return Observation(len(missed), ", ".join(missed))


def no_page(fired: pd.DataFrame, drift_at: float) -> Observation:
    """Pages where nothing drifts, before drift begins, or on features where only the meaning changes."""
    wrong = set()
    for alert in ("FeatureDriftCorrected", "AccuracyLow"):
        for model in KINDS:
            told = firing(fired, alert, model)
            never = model == "none" or (model == "concept" and alert == "FeatureDriftCorrected")
            if len(told) and (never or told["at"].min() < drift_at):
                wrong.add(model)
    return Observation(len(wrong), ", ".join(sorted(wrong)))


def restored(performance: pd.DataFrame) -> Observation:
    """Of the log-loss that drift cost beyond what could be had, the share that retraining regained; worst model."""
    costly = performance[performance["during"] - performance["best"] > COSTLY]
    if costly.empty:
        return Observation(0.0, "no drift cost anything", conclusive=False)
    regained = (costly["during"] - costly["after"]) / (costly["during"] - costly["best"])
    regained = regained.fillna(0.0)  # never replaced
    detail = "; ".join(f"{model} {share:.0%}" for model, share in zip(costly["model"], regained, strict=True))
    return Observation(float(regained.min()), detail)


def dropped(answers: Answers) -> Observation:
    good = answers.statuses.get(OK, 0)
    other = answers.errors | {
        str(status): count for status, count in answers.statuses.items() if status != OK
    }
    return Observation(
        len(answers.outcomes) - good, ", ".join(f"{count} {what}" for what, count in other.items())
    )


def rules_tested(rules: pd.DataFrame) -> Observation:
    wrong = rules[rules["passed"] != rules["due"]]
    return Observation(len(wrong), "; ".join(wrong["rules"]) or f"{len(rules) - 1} spoilt ones caught")


def power_predicted(params: Params, power: pd.DataFrame) -> Observation:
    """Worst of all sizes, at alpha and at the corrected one: share that showed the drift against the share foretold."""
    rows = params.window + params.reference
    apart = [
        abs(row[column] / row["windows"] - shown(row["w"], rows, row["freedom"], alpha))
        for row in power.to_dict("records")
        for column, alpha in (("shown", ALPHA), ("shown_corrected", corrected(params)))
    ]
    return Observation(max(apart), f"{len(power)} sizes, {power['windows'].iloc[0]} windows each")


def latency_explained(live: pd.DataFrame) -> Observation:
    """Time to the webhook over: time to the first alarming window, three intervals and a second."""
    known = live.dropna(subset=["ks_s", "window_s"])
    if known.empty:
        return Observation(float("nan"), "no alert by KS", conclusive=False)
    ratio = known["ks_s"] / (known["window_s"] + 3 * INTERVAL_S + 1)
    return Observation(float(ratio.max()), f"{known['ks_s'].max():.1f} s at most")
