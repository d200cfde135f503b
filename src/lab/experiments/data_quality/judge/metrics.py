"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.data_quality.judge.observations import is_bad
from lab.experiments.data_quality.judge.rates import (
    FIXED,
    SHUFFLED,
    TWO,
    false_alarms,
    halves,
    independent,
    misses,
    precision,
)
from lab.experiments.data_quality.measure.seen import Delivery, Seen
from lab.experiments.data_quality.params import Params


def metrics(params: Params, seen: Seen) -> list[Metric]:
    """Damage, false alarms, misses."""
    found = [
        Metric(
            "spoilt_in_mart",
            sum(each.in_mart for each in seen.deliveries if is_bad(each)),
            "rows",
            "rows of bad batches in the mart",
        ),
        Metric(
            "worst_report",
            _worst(seen),
            "",
            "largest relative error of a day's report from the mart",
            better="lower",
        ),
    ]
    if seen.rates is None:
        return found
    alarms, missed = false_alarms(seen.rates), misses(seen.rates)
    family = independent(seen.rates, len(seen.expectations))
    own = family[(family["margin"] == params.margin) & (family["rule"] == TWO)].iloc[0]
    return [
        *found,
        Metric("expectations", len(seen.expectations), "expectations", "in the first suite"),
        Metric(
            "violated_share",
            float(own["a"]),
            "",
            "share of verdicts on good batches that are violations, where nothing drifts",
        ),
        *(_alarm(row) for _, row in alarms.iterrows()),
        *_missed(params, missed),
    ]


def _worst(seen: Seen) -> float:
    return max((each.report for each in seen.deliveries if each.report is not None), default=0.0)


def alarm_name(arm: str, rule: str, margin: float) -> str:
    """The metric of the good batches that an arm rejects."""
    return f"good_rejected_{arm}_{rule}_margin_{margin:g}".replace(" ", "_")


def missed_name(arm: str, kind: str, size: float, rule: str = TWO) -> str:
    """The metric of the faulty batches that an arm accepts."""
    return f"missed_{kind}_{size:g}_{arm}".replace(" ", "_") + (
        "" if rule == TWO else f"_{rule.replace(' ', '_')}"
    )


def _alarm(row: pd.Series) -> Metric:
    return Metric(
        alarm_name(row["arm"], row["rule"], row["margin"]),
        row["share"],
        "",
        f"share of {row['batches']} good batches with at least {row['rule']} violated, {row['arm']}, margin {row['margin']:g}",
        interval=(row["low"], row["high"]),
        method=_method(row["arm"]),
        better="lower",
    )


def _method(arm: str) -> str:
    return f"Korn-Graubard 95 %, {'blocks of days' if arm == FIXED else 'suites'} counted"


def _missed(params: Params, missed: pd.DataFrame) -> Iterator[Metric]:
    own = missed[(missed["margin"] == params.margin)]
    for _, row in own.iterrows():
        if row["rule"] == TWO or row["kind"] == "all":
            yield Metric(
                missed_name(row["arm"], row["kind"], row["size"], row["rule"]),
                row["share"],
                "",
                f"share of {row['batches']} batches with {row['kind']} in {100 * row['size']:g} % of the rows "
                f"that pass, {row['arm']}, "
                f"rejected from {row['rule']} on",
                interval=(row["low"], row["high"]),
                method=_method(row["arm"]),
                better="lower",
            )


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {"deliveries": pd.DataFrame(_delivery(each) for each in seen.deliveries)}
    if seen.rates is None or seen.verdicts is None:
        return found
    alarms, missed = false_alarms(seen.rates), misses(seen.rates)
    return found | {
        "alarms": alarms,
        "missed": missed,
        "precision": precision(alarms, missed),
        "family": independent(seen.rates, len(seen.expectations)),
        "verdicts": seen.verdicts,
        "expectations": pd.DataFrame(seen.expectations, columns=["name", "type", "columns"]),
        "days": by_day(params, seen.rates),
        "halves": pd.DataFrame([halves(seen.rates, 0.0)], columns=["predicted", "seen", "tables"]),
    }


def by_day(params: Params, rates: pd.DataFrame) -> pd.DataFrame:
    """Good days in order: how many expectations each violates."""
    good = rates[(rates["kind"] == "good") & (rates["arm"] != SHUFFLED) & (rates["margin"] == params.margin)]
    return good[["arm", "day", "violated", "columns"]].reset_index(drop=True)


def _delivery(each: Delivery) -> dict[str, object]:
    return {
        "batch": each.name,
        "kind": each.kind,
        "violated": len(each.due),
        "accepted": each.accepted,
        "rows": each.arrived,
        "in_mart": each.in_mart,
        "report_error": each.report,
        "error": each.error,
    }
