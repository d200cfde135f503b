"""Windows without drift, each with a reference of its own: p-values of both tests, and scipy's beside some of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lab.experiments.model_drift import oracle
from lab.experiments.model_drift.measure.seen import Quiet
from lab.experiments.model_drift.mechanism import (
    binned,
    chi_square,
    detect,
    ks_p_value,
    ks_statistic,
    merge_rare,
)
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.workload.people import FEATURES, Ints, People

CLOSE = 0.05  # p-values up to here are computed as `detect` does
ASKED, EXACT = 10, 4  # windows of which scipy is asked too; features of one of them also for its exact p


def look(people: People, reference: Ints, current: Ints) -> tuple[list[float], list[float]]:
    """KS statistic and chi-square p-value of every feature, from counts: the tests of `detect`, without its frames."""
    _, starts = people.coded
    parts = [(reference[begin:end], current[begin:end]) for begin, end in pairwise(starts)]
    return [ks_statistic(*part) for part in parts], [chi2_p(*part) for part in parts]


def chi2_p(reference: Ints, current: Ints) -> float:
    """Of one feature without missing values."""
    cells = binned(np.append(reference, 0), np.append(current, 0), ordered=True)
    return chi_square(*merge_rare(*cells))[0]


def quiet(params: Params, people: People) -> Quiet:
    """`params.windows` windows; reference and window are drawn together, so that both are of the same people."""
    random = np.random.default_rng([params.seed, 1])
    found = [
        _one(params, people, people.draw(random, params.reference + params.window))
        for _ in range(params.windows)
    ]
    distances, ps = (np.array(part) for part in zip(*found, strict=True))
    return Quiet(p_values(params, distances), ps)


def _one(params: Params, people: People, rows: Ints) -> tuple[list[float], list[float]]:
    parts = people.counts(rows[: params.reference]), people.counts(rows[params.reference :])
    return look(people, *parts)


def p_values(params: Params, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of KS; those far from any limit by the limiting distribution, which takes a thousandth of the time."""
    n, m = params.reference, params.window
    ps = special.kolmogorov(np.sqrt(n * m / (n + m)) * distances)
    close = ps < CLOSE
    ps[close] = ks_p_value(distances[close], n, m)
    return np.asarray(ps)


def agreement(params: Params, people: People) -> pd.DataFrame:
    """`detect` beside scipy on rows, half of the windows drifting.

    Columns: feature; KS: ours, scipy, exact; chi2, scipy_chi2.
    """
    random, made = np.random.default_rng([params.seed, 2]), []
    for number in range(ASKED):
        kind, dose = ("none", 0.0) if number % 2 else ("covariate", params.doses[0])
        before = people.frame.iloc[people.draw(random, params.reference)][list(FEATURES)]
        now = people.frame.iloc[people.draw(random, params.window, kind, dose)][list(FEATURES)]
        for each in detect(before, now, correction="none").features:
            own = before[each.name], now[each.name]
            # The exact distribution takes long; above 10,000 rows scipy's default does not use it either.
            exact = (
                oracle.ks(*own, "exact") if number == 0 and each.name in FEATURES[:EXACT] else float("nan")
            )
            made.append((each.name, each.ks_p, oracle.ks(*own), exact, each.chi2_p, oracle.chi_square(*own)))
    return pd.DataFrame(made, columns=["feature", "ours", "scipy", "exact", "chi2", "scipy_chi2"])
