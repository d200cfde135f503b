"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.cold_start.judge.law import PREDICTED, Value, law
from lab.experiments.cold_start.judge.observations import counted, p99
from lab.experiments.cold_start.judge.scores import ENDS, Judge, reliability
from lab.experiments.cold_start.measure.seen import Floats, Phase, Seen
from lab.experiments.cold_start.params import LADDER, WARM
from lab.experiments.cold_start.workload.arms import BY_VARIANCE
from lab.load.histogram import encode, histogram

METHOD = "bootstrap of users 95 %"


def tables(seen: Seen, judge: Judge, scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {"scores": scores, "calibration": _calibration(seen)}
    if len(neighbours := judge.neighbours()):
        found["neighbours"] = neighbours
    if seen.orders is not None:
        found["orders"] = seen.orders
    if seen.phases:
        found["phases"] = pd.DataFrame([_phase(phase) for phase in seen.phases])
    return found


def _calibration(seen: Seen) -> pd.DataFrame:
    likes = seen.predictions.likes
    parts = [
        reliability(likes, chances).assign(strategy=name, interactions=count)
        for (name, count), chances in seen.predictions.chances.items()
    ]
    return pd.concat(parts).reset_index()


def _phase(phase: Phase) -> dict[str, object]:
    total = max(sum(phase.sources.values()), 1)
    shares = {source: phase.sources.get(source, 0) / total for source in ("cache", "computed", "default")}
    return {"client": phase.client, "phase": phase.name, "requests": total, "p99_ms": p99(phase)} | shares


def metrics(seen: Seen, judge: Judge, scores: pd.DataFrame, strategy: str) -> list[Metric]:
    """The warm baseline's, then each strategy's, then the cache's."""
    warm = judge.warm
    level, groups = seen.predictions.weights
    return [
        Metric("warm_auc", warm.auc, "", "AUC of the warm baseline, pooled over users", better="higher"),
        Metric("warm_log_loss", warm.log_loss, "nats", "log-loss of the warm baseline", better="lower"),
        Metric("warm_calibration_error", warm.calibration_error, "", "of the warm baseline", better="lower"),
        Metric("k_level", level, "interactions", "k, what the default counts for in a user's level"),
        Metric("k_groups", groups, "interactions", "the same in a user's liking of a genre"),
        Metric(
            "k_by_variances", seen.predictions.by_variance[0], "interactions", "k of the level by variances"
        ),
        *(metric for _, row in scores.iterrows() for metric in _scored(row)),
        *_level(seen, judge),
        *_log_losses(seen, judge, strategy),
        *(_served(phase) for phase in seen.phases),
    ]


def name(kind: str, strategy: str, interactions: int) -> str:
    """Of a strategy's metric."""
    return f"{kind}.{strategy.replace(' ', '_')}@{interactions}"


def _scored(row: pd.Series) -> Sequence[Metric]:
    strategy, count = str(row["strategy"]), int(row["interactions"])
    where = f"{strategy}, {counted(count)}"
    return [
        _difference(row, "auc_delta", "", f"AUC below the warm baseline: {where}", "lower"),
        _difference(row, "log_loss_delta", "nats", f"log-loss above the warm baseline: {where}", "lower"),
        *(
            _difference(row, f"{kind}_gain", unit, f"gained on popularity: {where}", "higher")
            for kind, unit in (("auc", ""), ("log_loss", "nats"))
            if f"{kind}_gain" in row
        ),
        Metric(
            name("calibration_error", strategy, count), row["calibration_error"], "", where, better="lower"
        ),
    ]


def _difference(row: pd.Series, kind: str, unit: str, text: str, better: str) -> Metric:
    called = name(kind, str(row["strategy"]), int(row["interactions"]))
    ends = (float(row[f"{kind}_low"]), float(row[f"{kind}_high"]))
    return Metric(called, float(row[kind]), unit, text, interval=ends, method=METHOD, better=better)


def _level(seen: Seen, judge: Judge) -> list[Metric]:
    """The level's squared error by interactions, and what the law makes of it."""
    if seen.levels is None:
        return []
    measured, sampled = judge.averages(seen.levels)
    k = seen.predictions.weights[0]
    gained = (law(k, measured).full, law(k, sampled).full)
    return [
        *(
            _sampled(level_name(count), measured[count], sampled[count], "stars²", text)
            for count in measured
            for text in [f"squared error of the level, {counted(level_name(count).partition('@')[2])}"]
        ),
        _sampled("level_gain", *gained, "stars²", "G, what an endless history would take off, by the law"),
    ]


def level_name(interactions: int) -> str:
    return f"level_error@{'all' if interactions == WARM else interactions}"


def _log_losses(seen: Seen, judge: Judge, strategy: str) -> list[Metric]:
    """The law held against log-loss, which too few users decide; and the fitted k against the textbook's."""
    (own, sampled), (rival, of_rival) = judge.losses(strategy), judge.losses(BY_VARIANCE)
    if not (set(LADDER) <= set(own) and PREDICTED in rival):
        return []
    k = seen.predictions.weights[0]
    return [
        _sampled(
            "log_loss_law_error",
            _of_gain(k, own),
            _of_gain(k, sampled),
            "",
            f"distance of the same law from the log-loss gained at {PREDICTED} interactions / gained",
            "lower",
        ),
        _sampled(
            "fitted_k_ahead",
            rival[PREDICTED] - own[PREDICTED],
            of_rival[PREDICTED] - sampled[PREDICTED],
            "nats",
            f"log-loss by which the fitted k is ahead of the k by variances, {PREDICTED} interactions",
            "higher",
        ),
    ]


def _of_gain(k: float, measured: Mapping[int, Value]) -> Value:
    gained = measured[0] - measured[PREDICTED]
    return abs((measured[PREDICTED] - law(k, measured).at(PREDICTED)) / gained)


def _sampled(called: str, value: float, draws: Floats, unit: str, text: str, better: str = "") -> Metric:
    low, high = np.percentile(draws, ENDS)
    return Metric(called, value, unit, text, interval=(float(low), float(high)), method=METHOD, better=better)


def _served(phase: Phase) -> Metric:
    return Metric(
        served_name(phase.client, phase.name),
        p99(phase),
        "ms",
        f"99th percentile of the answer time from the schedule: {phase.client}, {phase.name}",
        better="lower",
        histogram=encode(histogram((phase.latencies_ms * 1e6).astype("int64"))),
    )


def served_name(client: str, phase: str) -> str:
    return f"p99.{client}.{phase}".replace(" ", "_").replace("'", "")
