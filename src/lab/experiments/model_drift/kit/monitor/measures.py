"""Statistics of two samples of one feature, from counts of the same values: tests, effect sizes, corrections."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

SMALLEST_EXPECTED = (
    5.0  # in a cell of the chi-square test, the usual rule (Cochran 1954); rarer codes are merged
)
MOST_CODES = 30  # a numeric feature with more values than that is put into BINS bins of about equal count
BINS = 10
EXACT_BELOW, EXACT_TO = 50, 10_000  # rows of the smaller and of the larger side, for KS
Counts = NDArray[np.int64]


def ks_statistic(reference: ArrayLike, current: ArrayLike) -> float:
    """Largest distance of the two distribution functions, from counts of the same values in their order."""
    before, now = np.cumsum(reference), np.cumsum(current)
    if not len(before) or not before[-1] or not now[-1]:
        return math.nan
    return float(np.max(np.abs(before / before[-1] - now / now[-1])))


def ks_p_value(d: ArrayLike, n: int, m: int) -> NDArray[np.float64]:
    """As scipy's ks_2samp(method="asymp"), which is what its default takes from 10,001 rows on."""
    return np.clip(stats.kstwo.sf(d, np.round(n * m / (n + m))), 0.0, 1.0)


def ks_test(before: Counts, now: Counts) -> tuple[float, float]:
    """Statistic and p-value; exact where a side is small, for there the other one is far off. (nan, 1) without values."""
    d, n, m = ks_statistic(before, now), int(before.sum()), int(now.sum())
    if math.isnan(d):
        return d, 1.0
    if min(n, m) < EXACT_BELOW and max(n, m) <= EXACT_TO:
        rows = (np.repeat(np.arange(len(counts)), counts) for counts in (before, now))
        return d, float(stats.ks_2samp(*rows, method="exact").pvalue)
    return d, float(ks_p_value(d, n, m))


def binned(reference: Counts, current: Counts, ordered: bool) -> tuple[Counts, Counts]:
    """Numbers with many values in bins of about equal count; the last cell (missing) stays alone."""
    values = len(reference) - 1
    if not ordered or values <= MOST_CODES:
        return reference, current
    # Cut by both together: a cut that looks at one of them only would not treat them alike.
    pooled = np.cumsum((reference + current)[:-1])
    place = np.minimum(((pooled - 1) * BINS) // pooled[-1], BINS - 1).astype(int)
    cells = np.append(place, BINS)
    before, now = (np.bincount(cells, part, BINS + 1).astype(np.int64) for part in (reference, current))
    return before, now


def merge_rare(reference: Counts, current: Counts) -> tuple[Counts, Counts]:
    """Codes that are too rare for the test in one cell, by both samples together; unused ones go."""
    used = (reference + current) > 0
    before, now = reference[used], current[used]
    pooled = before + now
    share = min(before.sum(), now.sum()) / pooled.sum()
    order = np.argsort(pooled, kind="stable")
    rare = int(np.sum(pooled * share < SMALLEST_EXPECTED))
    if rare and pooled[order[:rare]].sum() * share < SMALLEST_EXPECTED:
        rare += 1  # what is rare even together goes with the next smallest
    if rare < 2:
        return before, now
    kept, merged = order[rare:], order[:rare]
    return tuple(np.append(part[kept], part[merged].sum()) for part in (before, now))  # type: ignore[return-value]


def chi_square(reference: Counts, current: Counts) -> tuple[float, float]:
    """p-value of Pearson's test of homogeneity, and Cramér's V (which is Cohen's w for two samples)."""
    if len(reference) < 2:
        return 1.0, 0.0
    table = np.array([reference, current], dtype=float)
    total = table.sum()
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / total
    statistic = float(((table - expected) ** 2 / expected).sum())
    p = float(
        special.chdtrc(len(reference) - 1, statistic)
    )  # chi2.sf without its checks: a hundredth of the time
    return p, math.sqrt(statistic / total)


def psi(reference: Counts, current: Counts) -> float:
    """Population stability index; half a row is added to each cell, so that an empty one is no infinity."""
    before, now = ((part + 0.5) / (part.sum() + 0.5 * len(part)) for part in (reference, current))
    return float(np.sum((now - before) * np.log(now / before)))


def adjust(ps: ArrayLike, correction: str) -> NDArray[np.float64]:
    """p-values adjusted for their number."""
    given = np.asarray(ps, dtype=float)
    if correction == "none":
        return given
    if correction == "bonferroni":
        return np.minimum(given * len(given), 1.0)
    if correction == "benjamini-hochberg":
        return np.asarray(stats.false_discovery_control(given, method="bh"))
    order = np.argsort(given)
    steps = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    found = np.empty_like(given)
    found[order] = np.minimum(steps, 1.0)
    return found
