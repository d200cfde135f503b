"""Windows that drift: after how many looks each rule alarms, which share shows a drift, and what the years brought."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.model_drift.measure.trials import chi2_p, look, p_values
from lab.experiments.model_drift.mechanism import detect
from lab.experiments.model_drift.params import ALPHA, KINDS, Params
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, LABELS, UNCORRECTED, on_any
from lab.experiments.model_drift.workload.people import AGE, FEATURES, TARGET, People

SIGMAS = 3.0  # as in the rule AccuracyLow
SHOWN = 200  # windows for the check of the power


def streams(params: Params, people: People, model: Any) -> pd.DataFrame:
    """Looks at series of drifting windows, each series with a reference of its own.

    Columns: kind, dose, stream, look, rule, alarm; ks_share: of features on which KS alarms.
    """
    scores = model.predict_proba(people.frame[list(FEATURES)])[:, 1]
    rows = []
    for kind in KINDS[1:]:
        for dose in params.doses:
            for stream in range(params.streams):
                rows += _stream(params, people, scores >= 0.5, kind, dose, stream)
    return pd.DataFrame(rows)


def _stream(
    params: Params, people: People, predicted: np.ndarray, kind: str, dose: float, stream: int
) -> list[dict[str, Any]]:
    random = np.random.default_rng([params.seed, 3, KINDS.index(kind), round(dose * 1e4), stream])
    before = people.draw(random, params.reference)
    reference = people.counts(before)
    held_out = float(np.mean(predicted[before] == people.frame[TARGET].to_numpy()[before]))
    whole = people.draw(random, params.window * params.looks, kind, dose)
    found, right = [], []
    for rows in np.split(whole, params.looks):
        found.append(look(people, reference, people.counts(rows)))
        right.append(float(np.mean(predicted[rows] == people.labels(random, rows, kind, dose))))
    distances, chi2 = (np.array(part) for part in zip(*found, strict=True))
    ks = p_values(params, distances)
    floor = held_out - SIGMAS * math.sqrt(
        held_out * (1 - held_out) * (1 / params.window + 1 / params.reference)
    )
    rules = (KS, CORRECTED, UNCORRECTED)
    flags = {rule.name: on_any(rule.alarms(ks, chi2, params.looks)) for rule in rules}
    flags[LABELS] = np.asarray(np.array(right) < floor)
    share = (ks < ALPHA).mean(1)
    return [
        {"kind": kind, "dose": dose, "stream": stream, "look": place + 1, "rule": rule, "alarm": bool(alarm)}
        | {"ks_share": float(share[place])}
        for rule, alarms in flags.items()
        for place, alarm in enumerate(alarms)
    ]


def power(params: Params, people: People) -> pd.DataFrame:
    """Windows in which age, the feature that was tilted, shows its drift.

    Columns: dose, w, freedom, shown (p < alpha), shown_corrected (for all features and looks), windows.
    w: Cohen's effect size between the pool and the tilted pool, in the bins that the test uses.
    """
    random, made = np.random.default_rng([params.seed, 4]), []
    values, codes = np.unique(people.frame[AGE], return_inverse=True)
    ages = len(values)
    for dose in params.doses:
        ps = []
        for _ in range(SHOWN):
            before = people.draw(random, params.reference)
            now = people.draw(random, params.window, "covariate", dose)
            ps.append(chi2_p(*(np.bincount(codes[rows], minlength=ages) for rows in (before, now))))
        shown = [int(np.sum(np.array(ps) < alpha)) for alpha in (ALPHA, corrected(params))]
        made.append((dose, *_effect(params, people, dose), *shown, SHOWN))
    return pd.DataFrame(made, columns=["dose", "w", "freedom", "shown", "shown_corrected", "windows"])


def corrected(params: Params) -> float:
    """Alpha of one test of all features and looks."""
    return ALPHA / (len(FEATURES) * params.looks)


def _effect(params: Params, people: People, dose: float) -> tuple[float, int]:
    """Of the whole pool: w between both samples together and each, as the test sees them; and degrees of freedom."""
    age = people.frame[AGE].rank(method="max").to_numpy()
    bins = np.minimum((age - 1) * 10 // len(age), 9).astype(int)
    q = np.bincount(bins, people.weights("covariate", dose), 10)
    p = np.bincount(bins, minlength=10) / len(bins)
    share = params.window / (params.window + params.reference)
    mixed = share * q + (1 - share) * p
    return float(np.sqrt(share * (1 - share) * np.sum((p - q) ** 2 / mixed))), 9


def years(params: Params, people: People, model: Any) -> pd.DataFrame:
    """Real drift: each year against 2015, as a whole and in windows.

    Columns: year, rows, features (that differ, corrected), largest_v, ks_features (p < .01), windows (share with an
    alarm, corrected for features and looks), accuracy.
    """
    random, names, made = np.random.default_rng([params.seed, 5]), list(FEATURES), []
    base = people.frame.assign(year=2015)
    for year, part in pd.concat([base, people.later]).groupby("year"):
        # 2015 against itself: one half against the other.
        halves = part.sample(frac=1, random_state=params.seed)
        before, now = (halves[: len(part) // 2], halves[len(part) // 2 :]) if year == 2015 else (base, part)
        whole = detect(before[names], now[names], ALPHA, "bonferroni")
        alarms = []
        for _ in range(params.looks):
            drawn = now.sample(params.window, random_state=random)
            reference = before.sample(params.reference, random_state=random)
            found = detect(reference[names], drawn[names], ALPHA, "bonferroni", looks=params.looks)
            alarms.append(found.drifted)
        right = float(np.mean(model.predict(now[names]) == now[TARGET]))
        made.append(
            {
                "year": int(str(year)),
                "rows": len(now),
                "features": sum(each.drifted for each in whole.features),
                "largest_v": max(each.v for each in whole.features),
                "ks_features": sum(each.ks_p < ALPHA for each in whole.features),
                "windows": float(np.mean(alarms)),
                "accuracy": right,
            }
        )
    return pd.DataFrame(made)
