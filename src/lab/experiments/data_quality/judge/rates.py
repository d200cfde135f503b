"""Shares of good and faulty batches that a rule rejects, with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.evidence.frames import records
from lab.evidence.statistics import Interval, wilson
from lab.experiments.data_quality.measure.rates import FIXED, RELEARNED, SHUFFLED
from lab.experiments.data_quality.workload.batches import GOOD

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

ARMS = (FIXED, RELEARNED, SHUFFLED)
ONE, TWO, COLUMNS = "1 expectation", "2 expectations", "2 columns"
# A batch is rejected from so many violated ones on.
RULES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    ONE: lambda rates: rates["violated"] >= 1,
    TWO: lambda rates: rates["violated"] >= 2,
    COLUMNS: lambda rates: rates["columns"] >= 2,
}
BASE_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


def false_alarms(rates: pd.DataFrame) -> pd.DataFrame:
    """Share of good batches rejected, by arm, margin and rule."""
    good = rates[rates["kind"] == GOOD]
    return pd.DataFrame(
        {"arm": arm, "margin": margin, "rule": rule, **_share(rejected(rows), rows["reference"], str(arm))}
        for (arm, margin), rows in good.groupby(["arm", "margin"], sort=False)
        for rule, rejected in RULES.items()
    )


def misses(rates: pd.DataFrame) -> pd.DataFrame:
    """Share of faulty batches accepted, by arm, margin, rule, kind and size; kind "all" is the mean of single faults."""
    bad = rates[rates["kind"] != GOOD]
    single = bad[bad["faults"] == 1].assign(kind="all")
    groups = pd.concat([bad, single]).groupby(["arm", "margin", "kind", "size"], sort=False)
    return pd.DataFrame(
        {
            "arm": arm,
            "margin": margin,
            "rule": rule,
            "kind": kind,
            "size": size,
            **_share(~rejected(rows), rows["reference"], str(arm)),
        }
        for (arm, margin, kind, size), rows in groups
        for rule, rejected in RULES.items()
    )


def _share(hits: pd.Series, references: pd.Series, arm: str) -> dict[str, float]:
    low, high = interval(hits, references) if arm == SHUFFLED else wilson(int(hits.sum()), len(hits))
    return {
        "hits": int(hits.sum()),
        "batches": len(hits),
        "share": float(hits.mean()),
        "low": low,
        "high": high,
    }


def interval(hits: pd.Series, references: pd.Series) -> Interval:
    """At 95 %. Batches that one suite judged are not independent: where several are, suites are what is counted."""
    shares = hits.astype(float).groupby(references.to_numpy()).mean()
    if len(shares) in (1, len(hits)) or shares.std() == 0:
        return wilson(int(hits.sum()), len(hits))
    reach = float(stats.t.ppf(0.975, len(shares) - 1)) * float(shares.std()) / np.sqrt(len(shares))
    return max(0.0, float(shares.mean()) - reach), min(1.0, float(shares.mean()) + reach)


def independent(rates: pd.DataFrame, expectations: int) -> pd.DataFrame:
    """Beside what was seen where nothing drifts: P(>= 1) and P(>= 2) if expectations were violated independently.

    a: share of an expectation's verdicts on good batches that are violations.
    """
    good = rates[(rates["kind"] == GOOD) & (rates["arm"] == SHUFFLED)]
    rows = []
    for margin, part in good.groupby("margin"):
        a = float(part["violated"].mean()) / expectations
        none = (1 - a) ** expectations
        one = expectations * a * (1 - a) ** (expectations - 1)
        rows += [
            {
                "margin": margin,
                "a": a,
                "rule": ONE,
                "independent": 1 - none,
                "seen": float((part["violated"] >= 1).mean()),
            },
            {
                "margin": margin,
                "a": a,
                "rule": TWO,
                "independent": 1 - none - one,
                "seen": float((part["violated"] >= 2).mean()),
            },
        ]
    return pd.DataFrame(rows)


def precision(alarms: pd.DataFrame, missed: pd.DataFrame) -> pd.DataFrame:
    """Share of rejected batches that are faulty, by arm, rule, size and base rate: Bayes' theorem on measured shares."""
    rows = []
    for row in records(missed[missed["kind"] == "all"]):
        same = (alarms["arm"] == row.arm) & (alarms["margin"] == row.margin) & (alarms["rule"] == row.rule)
        false = float(alarms[same]["share"].iloc[0])
        for base in BASE_RATES:
            true = base * (1 - row.share)
            share = true / (true + (1 - base) * false) if true + (1 - base) * false else 1.0
            rows.append(
                {
                    "arm": row.arm,
                    "margin": row.margin,
                    "rule": row.rule,
                    "size": row.size,
                    "base": base,
                    "precision": share,
                }
            )
    return pd.DataFrame(rows)


def halves(rates: pd.DataFrame, margin: float) -> tuple[float, float, int]:
    """(predicted, seen, tables): good batches rejected by the second half of the suites, predicted from the first half."""
    good = rates[(rates["kind"] == GOOD) & (rates["arm"] == SHUFFLED) & (rates["margin"] == margin)]
    first = good["reference"] < good["reference"].nunique() // 2
    rejected = RULES[TWO](good)
    second = int((~first).sum())
    return (
        float(rejected[first].mean()) * second,
        float(rejected[~first].sum()),
        int(good[~first]["reference"].nunique()),
    )
