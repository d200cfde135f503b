"""Readers of generated SQL: precision and recall of direct sources, with intervals over statements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.statistics import none_seen_bound

RESAMPLES = 2_000


@dataclass(frozen=True)
class Share:
    """A share of pairs, with its 95 % interval.

    Pairs of one statement are not independent, so statements are drawn, not pairs. Without a wrong one among n
    statements the lower end is 0.05^(1/n): the exact bound on statements, each counted as wholly wrong.
    """

    value: float
    low: float
    high: float
    wrong: int


def precision(rows: pd.DataFrame) -> Share:
    """Of the sources that are told, the share that is true."""
    return _share(rows["right"], rows["false"])


def recall(rows: pd.DataFrame) -> Share:
    """Of the true sources, the share that is told; a statement that was refused tells none."""
    return _share(rows["right"], rows["missed"])


def influence_precision(rows: pd.DataFrame) -> Share:
    """Of the sources that are told, the share that has any influence, direct or indirect."""
    return _share(rows["right"] + rows["related"], rows["false"] - rows["related"])


def _share(right: pd.Series, wrong: pd.Series) -> Share:
    good, bad = right.to_numpy(dtype=float), wrong.to_numpy(dtype=float)
    total = good.sum() + bad.sum()
    if not total:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    value = float(good.sum() / total)
    if not bad.sum():
        return Share(value, 1 - none_seen_bound(len(good)), 1.0, 0)
    drawn = np.random.default_rng(0).integers(0, len(good), (RESAMPLES, len(good)))
    sums = good[drawn].sum(axis=1), bad[drawn].sum(axis=1)
    shares = sums[0] / np.maximum(sums[0] + sums[1], 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return Share(value, float(low), float(high), int(bad.sum()))


def by_reader(read: pd.DataFrame) -> pd.DataFrame:
    """A row for each reader: precision and recall with intervals, refusals, statements without any mistake."""
    rows = []
    for name, part in read.groupby("reader", sort=False):
        exact = int(((part["false"] == 0) & (part["missed"] == 0) & ~part["refused"]).sum())
        row = {"reader": name, "statements": len(part), "refused": int(part["refused"].sum()), "exact": exact}
        for measure, found in (("precision", precision(part)), ("recall", recall(part))):
            row |= {measure: found.value, f"{measure}_low": found.low, f"{measure}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)
