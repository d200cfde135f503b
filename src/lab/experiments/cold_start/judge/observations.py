"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.cold_start.judge.law import FITTED, PREDICTED, law
from lab.experiments.cold_start.judge.scores import ENDS, Judge
from lab.experiments.cold_start.measure.seen import Floats, Phase, Seen
from lab.experiments.cold_start.measure.service import AFTER, OUTAGES
from lab.experiments.cold_start.params import (
    AUC_DELTA,
    BEATS_FROM,
    CALIBRATION_ERROR,
    LOG_LOSS_DELTA,
    PREDICTION_ERROR,
    Params,
)
from lab.experiments.cold_start.workload.arms import ZEROS


def of_strategy(scores: pd.DataFrame, strategy: str) -> dict[str, Observation]:
    """By criterion, of one strategy. scores: of all, see `scores.Judge.table`."""
    own = scores[scores["strategy"] == strategy].set_index("interactions").sort_index()
    found = {
        "auc_within_delta": within(own, "auc_delta", AUC_DELTA),
        "log_loss_within_delta": within(own, "log_loss_delta", LOG_LOSS_DELTA),
        "calibrated": calibrated(own),
    }
    if "auc_gain" in own and max(own.index) >= BEATS_FROM:
        found["beats_popularity"] = beats_popularity(own)
    return found


def of_run(params: Params, seen: Seen, scores: pd.DataFrame, judge: Judge) -> dict[str, Observation]:
    """By criterion, of what is not one strategy's."""
    found = {}
    if {ZEROS, "popularity"} <= set(scores["strategy"]):
        found["auc_is_blind"] = auc_is_blind(scores)
    if seen.orders is not None:
        found["ties_do_not_decide"] = ties(seen.orders)
    if seen.levels is not None:
        found["model_predicts"] = model_predicts(seen.predictions.weights[0], *judge.averages(seen.levels))
    named = {"held_out": seen.held_out, "features_exact": seen.features, "scores_exact": seen.scores}
    for name, exact in named.items():
        if exact is not None:
            found[name] = Observation(exact.differing, f"of {exact.compared:,}: {exact.what}")
    return found | (serving(params, seen.phases) if seen.phases else {})


def counted(interactions: int | str) -> str:
    """So many interactions, in words."""
    return f"{interactions} {'interaction' if str(interactions) == '1' else 'interactions'}"


def within(own: pd.DataFrame, name: str, deltas: Mapping[int, float]) -> Observation:
    """Upper ends of intervals over what was declared, the worst."""
    counts = [count for count in deltas if count in own.index]
    ratios = {count: float(own[f"{name}_high"][count]) / deltas[count] for count in counts}
    worst = max(ratios, key=lambda count: ratios[count])
    row = own.loc[worst]
    detail = (
        f"at {counted(worst)} {row[name]:.4f} ({row[f'{name}_low']:.4f} to {row[f'{name}_high']:.4f}), "
        f"declared {deltas[worst]:g}"
    )
    return Observation(ratios[worst], detail)


def calibrated(own: pd.DataFrame) -> Observation:
    worst = own["calibration_error"].idxmax()
    error = float(own["calibration_error"][worst])
    return Observation(error / CALIBRATION_ERROR, f"at {counted(int(worst))} {error:.4f}")


def beats_popularity(own: pd.DataFrame) -> Observation:
    """Where it is claimed; the others are told beside it."""
    claimed = own[own.index >= BEATS_FROM]
    lowest = min(float(claimed[f"{name}_gain_low"].min()) for name in ("auc", "log_loss"))
    below = "; ".join(
        f"{count}: AUC {_signed(row, 'auc_gain')}, log-loss {_signed(row, 'log_loss_gain')}"
        for count, row in own[own.index < BEATS_FROM].iterrows()
    )
    return Observation(
        lowest, f"claimed from {counted(BEATS_FROM)} on; seen below that, without a claim: {below}"
    )


def _signed(row: pd.Series, name: str) -> str:
    return f"{row[name]:+.4f} [{row[f'{name}_low']:+.4f}, {row[f'{name}_high']:+.4f}]"


def auc_is_blind(scores: pd.DataFrame) -> Observation:
    none = scores[scores["interactions"] == 0].set_index("strategy")
    zero, mean = none.loc[ZEROS], none.loc["popularity"]
    detail = f"AUC {zero['auc']:.4f} and {mean['auc']:.4f}, log-loss {zero['log_loss']:.3f} and {mean['log_loss']:.3f}"
    return Observation(abs(float(zero["auc"] - mean["auc"])), detail)


def ties(orders: pd.DataFrame) -> Observation:
    ranges = {
        int(str(count)): float(np.ptp(own["log_loss_delta"])) for count, own in orders.groupby("interactions")
    }
    ratios = {count: ranges[count] / LOG_LOSS_DELTA[count] for count in ranges}
    worst = max(ratios, key=lambda count: ratios[count])
    return Observation(
        ratios[worst],
        f"{orders['order'].nunique()} orders; at {counted(worst)} they differ by {ranges[worst]:.4f}",
    )


def model_predicts(k: float, measured: Mapping[int, float], sampled: Mapping[int, Floats]) -> Observation:
    """The law's error at PREDICTED interactions. It can be told if the limit lies outside of the error's interval.

    To pass, a history that told nothing must break the limit too; a law that breaks it is refuted, whatever else would keep it.
    """
    predicted, true = law(k, measured).at(PREDICTED), measured[PREDICTED]
    error = abs(predicted / true - 1)
    low, high = (float(end) for end in np.percentile(missed(k, sampled), ENDS))
    nothing = abs(measured[0] / true - 1)
    doubts = {
        "the limit lies within": low <= PREDICTION_ERROR <= high,
        "that is within the limit too": error <= PREDICTION_ERROR and nothing <= PREDICTION_ERROR,
    }
    detail = (
        f"fitted to 0, {', '.join(map(str, FITTED))}; at {PREDICTED} predicted {predicted:.4f}, measured {true:.4f} stars²; "
        f"bootstrap of users {low:.1%} to {high:.1%}; had the history told nothing, {nothing:.0%}"
    )
    detail += "".join(f": {doubt}" for doubt, there in doubts.items() if there)
    return Observation(error, detail, (low, high), conclusive=not any(doubts.values()))


def missed(k: float, sampled: Mapping[int, Floats]) -> Floats:
    """Distance of the law from what was measured at PREDICTED, as a share of that, in each bootstrap sample."""
    return np.abs(law(k, sampled).at(PREDICTED) / sampled[PREDICTED] - 1)


def serving(params: Params, phases: Sequence[Phase]) -> dict[str, Observation]:
    """Of the first client in `phases`. While Redis is gone only the default is due; after it, the cache again."""
    own = [phase for phase in phases if phase.client == phases[0].client]
    slowest = max(own, key=p99)
    late = min(own, key=lambda phase: phase.on_time)
    total = sum(len(phase.latencies_ms) for phase in own)
    found = {
        "load_offered": Observation(late.on_time, f"{late.name}: {params.rate}/s for {params.seconds:g} s"),
    }
    if set(OUTAGES) <= {phase.name for phase in own}:
        limit = f"{slowest.name}: {p99(slowest):.1f} ms of {params.bound_ms:g} ms"
        found["served_in_time"] = Observation(p99(slowest) / params.bound_ms, limit)
        found["served_right"] = Observation(sum(map(_not_due, own)), f"of {total:,} in {len(own)} phases")
    return found


def p99(phase: Phase) -> float:
    return float(np.percentile(phase.latencies_ms, 99))


def _not_due(phase: Phase) -> int:
    """Answers that are missing or others than what is due; the default where Redis is up counts if nothing else came."""
    default = phase.sources.get("default", 0)
    others = sum(phase.sources.values()) - default
    if phase.name in OUTAGES:
        return phase.wrong + others
    return phase.wrong + (default if phase.name not in AFTER.values() or not others else 0)
