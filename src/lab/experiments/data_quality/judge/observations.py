"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import none_seen_bound
from lab.experiments.data_quality.judge.rates import RULES, SHUFFLED, TWO, halves, interval
from lab.experiments.data_quality.measure.seen import Delivery, Seen
from lab.experiments.data_quality.mechanism.gate import TOLERATED
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.workload.batches import GOOD

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")


def observe(params: Params, seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    found = {
        "rejected_and_named": rejected_and_named(seen.deliveries),
        "none_reaches_mart": none_reaches_mart(seen.deliveries),
        "good_batches_load": good_batches_load(seen.deliveries),
        "repaired_released": repaired_released(seen.deliveries),
    }
    if seen.verdicts is not None:
        found["verdicts_agree"] = verdicts_agree(seen.verdicts)
    if seen.rates is not None:
        found["false_alarms_bounded"] = false_alarms_bounded(seen.rates, seen.sides, seen.calibration)
        found["faults_tell"] = faults_tell(params, seen.rates)
        found["model_predicts"] = model_predicts(seen.rates)
    return found


def is_bad(delivery: Delivery) -> bool:
    """More violated than is tolerated, by the oracle."""
    return len(delivery.due) > TOLERATED


def rejected_and_named(deliveries: Sequence[Delivery]) -> Observation:
    """Bad batches that were taken in, and violated expectations that the error does not tell rightly."""
    bad = [each for each in deliveries if is_bad(each)]
    wrong = [f"{each.name} ({each.kind}) accepted" for each in bad if each.accepted]
    wrong += [f"{each.name}: {name}" for each in bad for name in _untold(each)]
    told = sum(len(each.due) for each in bad)
    return Observation(
        len(wrong), "; ".join(wrong[:3]) or f"{len(bad)} batches with {told} violated expectations"
    )


def _untold(delivery: Delivery) -> list[str]:
    """Expectations that are due and not told, or told without being due, or with rows that do not fail."""
    told = {
        each.name
        for each in delivery.named
        if each.told and not each.wrong and (each.rows or not each.needs_rows)
    }
    return sorted(set(delivery.due) ^ told)


def none_reaches_mart(deliveries: Sequence[Delivery]) -> Observation:
    """Rows of bad batches in the mart."""
    bad = [each for each in deliveries if is_bad(each)]
    detail = f"of {sum(each.arrived for each in bad):,} rows in {len(bad)} bad batches"
    return Observation(sum(each.in_mart for each in bad), detail)


def good_batches_load(deliveries: Sequence[Delivery]) -> Observation:
    """Batches with at most one violation that are not in the mart once and whole."""
    fine = [each for each in deliveries if not is_bad(each)]
    wrong = [
        each.name for each in fine if not (each.accepted and each.in_mart == each.arrived and each.equal)
    ]
    return Observation(
        len(wrong),
        ", ".join(wrong[:3]) or f"{len(fine)} batches, {sum(each.arrived for each in fine):,} rows",
    )


def repaired_released(deliveries: Sequence[Delivery]) -> Observation:
    """Rejected batches that were changed in quarantine, or whose repair is not in the mart once and whole."""
    rejected = [each for each in deliveries if not each.accepted]
    fine = [
        each.untouched and each.released and each.after == each.repaired and each.equal_after
        for each in rejected
    ]
    wrong = [each.name for each, is_fine in zip(rejected, fine, strict=True) if not is_fine]
    return Observation(
        len(wrong), ", ".join(wrong[:3]) or f"{len(rejected)} batches rejected, repaired and released"
    )


def verdicts_agree(verdicts: pd.DataFrame) -> Observation:
    """Verdicts on one expectation and batch that differ."""
    total, differing = int(verdicts["expectations"].sum()), int(verdicts["differing"].sum())
    which = "; ".join(verdicts[verdicts["differing"] > 0]["which"].head(3))
    bound = "" if differing else f" (batches that differ: ≤ {none_seen_bound(len(verdicts)):.2g} at 95 %)"
    return Observation(differing, which or f"of {total:,} verdicts on {len(verdicts)} batches{bound}")


def false_alarms_bounded(rates: pd.DataFrame, sides: Sequence[int], calibration: int) -> Observation:
    """Violations of a good batch with bounds at the extremes, held against the theorem's bound, suite by suite."""
    good = rates[(rates["kind"] == GOOD) & (rates["arm"] == SHUFFLED) & (rates["margin"] == 0)]
    means = good.groupby("reference")["violated"].mean().sort_index().to_numpy()
    ratios = means * (calibration + 1) / np.asarray(sides)
    reach = float(stats.t.ppf(0.9995, len(ratios) - 1)) * ratios.std(ddof=1) / np.sqrt(len(ratios))
    detail = (
        f"{means.mean():.2f} violated on average of {len(ratios)} suites, {np.mean(sides) / (calibration + 1):.2f} by the bound; "
        f"ratio {ratios.mean():.2f}, from {ratios.mean() - reach:.2f} to {ratios.mean() + reach:.2f} at 99.9 %"
    )
    return Observation(float(ratios.mean() - reach), detail)


def faults_tell(params: Params, rates: pd.DataFrame) -> Observation:
    """Rejected of the worst batches, less rejected of the good ones."""
    own = rates[(rates["arm"] == SHUFFLED) & (rates["margin"] == params.margin)]
    good, bad = own[own["kind"] == GOOD], own[(own["size"] == params.sizes[-1]) & (own["faults"] == 1)]
    found, false = float(RULES[TWO](bad).mean()), float(RULES[TWO](good).mean())
    low, _ = interval(RULES[TWO](bad), bad["reference"])
    _, high = interval(RULES[TWO](good), good["reference"])
    return Observation(
        float(low - high),
        f"{100 * found:.1f} % of {len(bad)} faulty, {100 * false:.1f} % of {len(good)} good ones",
    )


def model_predicts(rates: pd.DataFrame) -> Observation:
    """False alarms of the second half of the tables."""
    predicted, seen, tables = halves(rates, 0.0)
    detail = f"{tables} tables, bounds at the extremes: {predicted:.0f} predicted, {seen:.0f} seen"
    return Observation(abs(predicted - seen) / max(seen, 1.0), detail)
