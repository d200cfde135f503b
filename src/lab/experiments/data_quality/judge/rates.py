"""Shares of good and faulty batches that a rule rejects, with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.statistics import Interval
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
    good = blocked(rates)[rates["kind"] == GOOD]
    return pd.DataFrame(
        {"arm": arm, "margin": margin, "rule": rule, **_share(rejected(rows), rows["reference"])}
        for (arm, margin), rows in good.groupby(["arm", "margin"], sort=False)
        for rule, rejected in RULES.items()
    )


def misses(rates: pd.DataFrame) -> pd.DataFrame:
    """Share of faulty batches accepted, by arm, margin, rule, kind and size; kind "all" is the mean of single faults."""
    bad = blocked(rates)[rates["kind"] != GOOD]
    single = bad[bad["faults"] == 1].assign(kind="all")
    groups = pd.concat([bad, single]).groupby(["arm", "margin", "kind", "size"], sort=False)
    return pd.DataFrame(
        {
            "arm": arm,
            "margin": margin,
            "rule": rule,
            "kind": kind,
            "size": size,
            **_share(~rejected(rows), rows["reference"]),
        }
        for (arm, margin, kind, size), rows in groups
        for rule, rejected in RULES.items()
    )


def blocked(rates: pd.DataFrame) -> pd.DataFrame:
    """`reference` is what is counted: the suite; of days that one suite judges throughout, the other arm's suite of that day.

    Neighbouring days are alike, whoever judges them, so days in order are counted in blocks.
    """
    anew = rates[rates["arm"] == RELEARNED].drop_duplicates("day").set_index("day")["reference"]
    block = rates["day"].map(anew).fillna(rates["reference"])
    return rates.assign(reference=rates["reference"].where(rates["arm"] != FIXED, block))


def _share(hits: pd.Series, references: pd.Series) -> dict[str, float]:
    low, high = interval(hits, references)
    return {
        "hits": int(hits.sum()),
        "batches": len(hits),
        "suites": references.nunique(),
        "share": float(hits.mean()),
        "low": low,
        "high": high,
    }


def interval(hits: pd.Series, references: pd.Series) -> Interval:
    """At 95 %: exact, for as many independent batches as these are worth (Korn and Graubard 1998).

    Batches that one suite judged are not independent: where several are, suites are what is counted.
    """
    share, worth = float(hits.mean()), _worth(hits.astype(float), references)
    found = share * worth
    low = float(stats.beta.ppf(0.025, found, worth - found + 1)) if share > 0 else 0.0
    return low, float(stats.beta.ppf(0.975, found + 1, worth - found)) if share < 1 else 1.0


def _worth(hits: pd.Series, references: pd.Series) -> float:
    """Effective sample size: n / design effect (at least 1), and less for the few suites that the effect is known from."""
    batches, share = len(hits), float(hits.mean())
    suites = hits.groupby(references.to_numpy()).agg(["sum", "size"])
    if len(suites) == 1:
        return float(batches)
    off = suites["sum"] - share * suites["size"]
    variance = len(suites) / (len(suites) - 1) * float((off**2).sum()) / batches**2
    worth = min(batches, share * (1 - share) / variance) if variance > 0 else batches
    wider = stats.t.ppf(0.975, batches - 1) / stats.t.ppf(0.975, len(suites) - 1)
    return float(worth * wider**2)


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
    """Share of rejected batches that are faulty, by arm, rule, size and base rate: Bayes' theorem on measured shares.

    low, high: at the ends of the false alarms' interval, with the misses as they were seen.
    """
    rows = []
    for row in records(missed[missed["kind"] == "all"]):
        same = (alarms["arm"] == row.arm) & (alarms["margin"] == row.margin) & (alarms["rule"] == row.rule)
        false = alarms[same].iloc[0]
        for base in BASE_RATES:
            rows.append(
                {
                    "arm": row.arm,
                    "margin": row.margin,
                    "rule": row.rule,
                    "size": row.size,
                    "base": base,
                    "precision": _bayes(base, 1 - row.share, false["share"]),
                    "low": _bayes(base, 1 - row.share, false["high"]),
                    "high": _bayes(base, 1 - row.share, false["low"]),
                }
            )
    return pd.DataFrame(rows)


def _bayes(base: float, found: float, false: float) -> float:
    """Share of rejections that are right, if `base` of all batches are faulty."""
    right, wrong = base * found, (1 - base) * float(false)
    return right / (right + wrong) if right + wrong else 1.0


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
