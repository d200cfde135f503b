"""Criteria of accuracy: what noise costs, and whether the answers are right before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import clopper_pearson
from lab.experiments.private_aggregates.criteria import FALSE_ALARM
from lab.experiments.private_aggregates.measure.accuracy import COVER_RELEASES
from lab.experiments.private_aggregates.measure.seen import Exact
from lab.experiments.private_aggregates.params import Params

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

# Where theory itself says that the mean of so many draws strays by more than this, nothing is judged.
TOO_RARE = 0.05
SAME_NOISE = ("count", "sum", "histogram")


def error_equals_theory(errors: pd.DataFrame) -> Observation:
    """Largest deviation from theory, in half-widths of its interval."""
    judged = errors[errors["standard_error"] <= TOO_RARE * errors["theory"]]
    reach = stats.norm.isf(FALSE_ALARM / 2 / len(judged))
    off = (judged["mae"] - judged["theory"]).abs() / (reach * judged["standard_error"])
    row = judged.loc[off.idxmax()]
    detail = (
        f"of {len(judged)} points the {row['statistic']} at epsilon {row['epsilon']:g}: measured "
        f"{row['mae']:.4g}, theory {row['theory']:.4g}; {len(errors) - len(judged)} points rest on too few "
        "draws with an error to be judged"
    )
    return Observation(float(off.max()), detail)


def utility_kept(params: Params, utility: pd.DataFrame) -> Observation:
    """The worst statistic's relative error in 95 % of its releases."""
    worst = utility.loc[utility["p95"].idxmax()]
    detail = f"the {worst['statistic']}: {100 * worst['p95']:.1f} %, with epsilon {worst['epsilon']:g} of {params.epsilon:g}"
    return Observation(float(worst["p95"]) / params.target, detail)


def model_predicts(predicted: float, measured: float) -> Observation:
    """How far the model is from the sum's error with ten times the people."""
    detail = (
        f"within {100 * predicted:.3f} % predicted, {100 * measured:.3f} % measured, in 95 % of the releases"
    )
    return Observation(abs(predicted / measured - 1), detail)


def interval_covers(hits: Mapping[str, int]) -> Observation:
    """Upper end of the worst share's interval: the share itself strays around 95 %, and the interval must reach it."""
    worst = min(hits, key=lambda name: hits[name])
    share, (low, high) = hits[worst] / COVER_RELEASES, clopper_pearson(hits[worst], COVER_RELEASES, 0.999)
    detail = (
        f"the {worst}: {100 * share:.1f} % of {COVER_RELEASES:,} releases, interval at 99.9 % from {100 * low:.1f} to "
        f"{100 * high:.1f} %, which {'reaches' if high >= 0.95 else 'does not reach'} 95 %"
    )
    return Observation(high, detail)


def exact_before_noise(params: Params, exactness: Sequence[Exact]) -> Observation:
    """Statistics that differ from a recomputation, and those in which somebody has too many rows."""
    wrong = []
    for item in exactness:
        if not _same(item):
            wrong.append(item.statistic)
        if item.most_rows > params.rows:
            wrong.append(f"rows of a person in the {item.statistic}")
    detail = ", ".join(wrong) or f"{len(exactness)} statistics, row limit {params.rows} kept"
    return Observation(len(wrong), detail)


def _same(item: Exact) -> bool:
    # Incomes are rounded to a mark before they are added; half a mark is the most that can differ.
    within = 0.0005 if item.statistic == "mean" else 0.0
    return bool(np.all(np.abs(np.asarray(item.found) - item.plain) <= within))


def agrees_with_diffprivlib(peer: pd.DataFrame) -> Observation:
    """Largest difference of the errors where both libraries add the same noise."""
    same = peer[peer["statistic"].isin(SAME_NOISE)]
    worst = same.loc[(same["ratio"] - 1).abs().idxmax()]
    detail = f"the {worst['statistic']}: ours {worst['ours']:.4g}, diffprivlib {worst['diffprivlib']:.4g}"
    return Observation(abs(float(worst["ratio"]) - 1), detail)
