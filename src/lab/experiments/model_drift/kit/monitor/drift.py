"""Has the distribution of a feature changed? Two tests, effect sizes, and corrections for many features and looks.

Needs numpy, pandas and scipy. Kolmogorov-Smirnov takes values in their order and assumes no ties; on codes it alarms
less often than it says. The chi-square test of homogeneity takes codes as they are, and numbers in bins.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .measures import MOST_CODES, Counts, adjust, binned, chi_square, ks_test, merge_rare, psi

CORRECTIONS = ("none", "bonferroni", "holm", "benjamini-hochberg")
TESTS = ("chi2", "ks")
_ORDERED = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "datetime", "date")


class DriftError(ValueError):
    """What was given can't be compared; says why."""


@dataclass(frozen=True)
class Feature:
    """One feature. ks, ks_p: nan where values have no order. v: Cramér's V; psi: population stability index.

    p: of the test that decides; adjusted: for the other features and looks. drifted: adjusted below alpha.
    """

    name: Hashable
    ks: float
    ks_p: float
    chi2_p: float
    v: float
    psi: float
    p: float
    adjusted: float
    drifted: bool


@dataclass(frozen=True)
class Report:
    """What `detect` found. looks: over how many windows alpha is spread."""

    features: tuple[Feature, ...]
    alpha: float
    correction: str
    test: str
    looks: int

    @property
    def drifted(self) -> bool:
        return any(feature.drifted for feature in self.features)

    def table(self) -> pd.DataFrame:
        """A row for each feature, in the order of the reference's columns."""
        return pd.DataFrame([vars(feature) for feature in self.features])


def detect(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    alpha: float = 0.01,
    correction: str = "bonferroni",
    test: str = "chi2",
    looks: int = 1,
) -> Report:
    """Compare every feature of `current` with `reference`. DriftError, in words, for what can't be compared.

    correction: of CORRECTIONS; all but Benjamini-Hochberg's (false discovery rate) keep the chance of any false alarm
    over all features below alpha. test: "chi2", or "ks" for features that are numbers. looks: windows for which alpha
    has to last. A missing value counts as a code of its own in chi2, and is left out of ks.
    """
    _check(reference, current, alpha, correction, test, looks)
    measured = [_feature(name, reference[name], current[name]) for name in reference.columns]
    ps = np.array([found["ks_p"] if test == "ks" else found["chi2_p"] for found in measured])
    if np.isnan(ps).any():
        unordered = [str(name) for name, p in zip(reference.columns, ps, strict=True) if math.isnan(p)]
        raise DriftError(f"ks needs numbers; these are none: {', '.join(unordered)}. Use test='chi2'")
    adjusted = np.minimum(adjust(ps, correction) * looks, 1.0)
    return Report(
        tuple(
            Feature(name, **found, p=float(p), adjusted=float(each), drifted=bool(each < alpha))
            for name, found, p, each in zip(reference.columns, measured, ps, adjusted, strict=True)
        ),
        *(alpha, correction, test, looks),
    )


def _check(
    reference: pd.DataFrame, current: pd.DataFrame, alpha: float, correction: str, test: str, looks: int
) -> None:
    for name, frame in (("reference", reference), ("current", current)):
        if not isinstance(frame, pd.DataFrame):
            raise DriftError(f"{name} is no DataFrame but {type(frame).__name__}")
        if not frame.columns.is_unique:
            raise DriftError(f"{name} has two columns of one name")
        if not len(frame) or not len(frame.columns):
            raise DriftError(f"{name} is empty: {len(frame)} rows, {len(frame.columns)} columns")
    if differing := set(reference.columns) ^ set(current.columns):
        raise DriftError(f"features on one side only: {', '.join(sorted(map(str, differing)))}")
    if correction not in CORRECTIONS or test not in TESTS:
        raise DriftError(
            f"correction is one of {CORRECTIONS}, test one of {TESTS}, not {correction!r}, {test!r}"
        )
    if not 0 < alpha < 1 or isinstance(looks, bool) or not isinstance(looks, int) or looks < 1:
        raise DriftError(f"alpha lies between 0 and 1 and looks is at least 1, not {alpha!r}, {looks!r}")


def _feature(name: Hashable, reference: pd.Series, current: pd.Series) -> dict[str, float]:
    """All measures of one feature but the decision."""
    before, now, missing, ordered = counted(name, reference, current)
    whole = before.append_missing(missing[0]), now.append_missing(missing[1])
    merged = merge_rare(*(binned(*whole, ordered)))
    if not ordered and len(merged[0]) < 2 and len(before.counts) > MOST_CODES:
        raise DriftError(
            f"feature {name!r} has {len(before.counts):,} values, none of them frequent enough to be compared: "
            "put them in groups, or leave it out"
        )
    chi2_p, v = chi_square(*merged)
    d, ks_p = ks_test(before.counts, now.counts) if ordered else (math.nan, math.nan)
    return {"ks": d, "ks_p": ks_p, "chi2_p": chi2_p, "v": v, "psi": psi(*merged)}


@dataclass(frozen=True)
class Counted:
    """How often each value occurs, in the values' order where they have one."""

    counts: Counts

    def append_missing(self, missing: int) -> Counts:
        return np.append(self.counts, missing)


def counted(
    name: Hashable, reference: pd.Series, current: pd.Series
) -> tuple[Counted, Counted, tuple[int, int], bool]:
    """Counts of both over the same values, of missing ones apart, and whether values have an order."""
    ordered = _is_number(reference) and _is_number(current)
    if not ordered and _is_number(reference) != _is_number(current):
        if reference.notna().any() and current.notna().any():
            raise DriftError(f"feature {name!r} is {reference.dtype} before and {current.dtype} now")
        ordered = False
    first, second = (each.dropna() for each in (reference, current))
    if (
        ordered
        and first.dtype == second.dtype
        and not isinstance(first.dtype, pd.api.extensions.ExtensionDtype)
    ):
        pooled: Any = np.concatenate([first.to_numpy(), second.to_numpy()])
    else:  # as Python's own values: a column of int64 and one of uint64 meet as floats, and lose digits
        pooled = np.array([*first.tolist(), *second.tolist(), None], dtype=object)[:-1]
    try:
        codes, values = pd.factorize(pooled, sort=ordered)
    except TypeError as error:
        raise DriftError(f"feature {name!r} has values that can't be counted: {error}") from None
    size = len(values)
    parts = codes[: len(first)], codes[len(first) :]
    before, now = (Counted(np.bincount(part, minlength=size)) for part in parts)
    return before, now, (int(reference.isna().sum()), int(current.isna().sum())), ordered


def _is_number(column: pd.Series) -> bool:
    kind = column.dtype
    if pd.api.types.is_object_dtype(
        kind
    ):  # as database drivers give decimals and dates, and nullable numbers
        return pd.api.types.infer_dtype(column, skipna=True) in _ORDERED
    return bool(pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)) or bool(
        pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)
    )
