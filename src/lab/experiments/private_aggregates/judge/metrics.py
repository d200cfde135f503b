"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import clopper_pearson, wilson
from lab.experiments.private_aggregates.judge.model import sum_model
from lab.experiments.private_aggregates.measure.accuracy import COVER_RELEASES
from lab.experiments.private_aggregates.measure.leaks import ATTACKED
from lab.experiments.private_aggregates.measure.seen import Keys, Seen, Sizes


def metrics(seen: Seen) -> list[Metric]:
    """In the order of the measurements."""
    return [
        *(_error(row) for _, row in _rows(seen.errors)),
        *(_utility(row) for _, row in _rows(seen.utility)),
        *_coverage(seen.coverage or {}),
        *(_audit(row) for _, row in _rows(seen.audits)),
        *([_published(seen.keys)] if seen.keys else []),
        *(_identified(row) for _, row in _rows(seen.bits.attack if seen.bits else None)),
        *(_peer(row) for _, row in _rows(seen.peer)),
        *(_sizes(seen.sizes) if seen.sizes else []),
        *(_tried(row) for _, row in _rows(seen.sizes.tried if seen.sizes else None)),
        *(_model(seen.errors, seen.sizes) if seen.sizes and seen.errors is not None else []),
    ]


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {
        "ledger": seen.ledger.table if seen.ledger else None,
        "mae": seen.errors,
        "utility": seen.utility,
        "audits": seen.audits,
        "attack": seen.bits.attack if seen.bits else None,
        "peer": seen.peer,
        "groups": seen.sizes.groups if seen.sizes else None,
        "tried": seen.sizes.tried if seen.sizes else None,
    }
    return {name: table for name, table in found.items() if table is not None}


def _rows(table: pd.DataFrame | None) -> list[tuple[object, pd.Series]]:
    return [] if table is None else list(table.iterrows())


def _error(row: pd.Series) -> Metric:
    """Where no release erred, that is said: the normal interval of an error of 0 has no width to tell."""
    erred = row["mae"] > 0
    return Metric(
        f"mae_{row['statistic']}_at_{row['epsilon']:g}",
        row["mae"],
        row["unit"],
        f"mean absolute error of the {row['statistic']} at epsilon {row['epsilon']:g}"
        + ("" if erred else f": none of {row['releases']:,} releases erred"),
        interval=(row["low"], row["high"]) if erred else None,
        method="normal 95 %" if erred else "",
        better="lower",
    )


def _utility(row: pd.Series) -> Metric:
    return Metric(
        f"relative_error_{row['statistic']}",
        row["p95"],
        "",
        f"95th percentile of the {row['statistic']}'s relative error at epsilon {row['epsilon']:g}",
        better="lower",
    )


def _coverage(hits: Mapping[str, int]) -> list[Metric]:
    return [
        Metric(
            f"coverage_{name}",
            count / COVER_RELEASES,
            "",
            f"share of intervals that hold the {name}",
            interval=clopper_pearson(count, COVER_RELEASES),
            method="clopper-pearson 95 %",
        )
        for name, count in hits.items()
    ]


def _audit(row: pd.Series) -> Metric:
    return Metric(
        f"audit_{row['statistic'].replace(' ', '_')}_at_{row['claimed']:g}",
        row["bound"],
        "",
        f"lower bound on the epsilon of the {row['statistic']}, claimed {row['claimed']:g}",
    )


def _published(keys: Keys) -> Metric:
    mean = float(np.mean(keys.published))
    return Metric("groups_published", mean, "groups", f"of {keys.groups} in the data")


def _identified(row: pd.Series) -> Metric:
    return Metric(
        f"identified_at_{row['epsilon']:g}",
        float(row["naive_right"]),
        "",
        f"share of numpy's outputs that the true neighbour alone can have produced, epsilon {row['epsilon']:g}",
        interval=wilson(round(row["naive_right"] * 2 * ATTACKED), 2 * ATTACKED),
        method="wilson 95 %",
    )


def _peer(row: pd.Series) -> Metric:
    return Metric(
        f"ours_over_diffprivlib_{row['statistic']}", row["ratio"], "", f"error of the {row['statistic']}"
    )


def _sizes(sizes: Sizes) -> list[Metric]:
    return [
        Metric("people", sizes.people, "people", "people in the table"),
        Metric("group_epsilon", sizes.group_epsilon, "", "epsilon of the groups' counts"),
        Metric(
            "key_threshold", sizes.key_threshold, "rows", "noisy count from which an unknown key is published"
        ),
    ]


def _tried(row: pd.Series) -> Metric:
    text = "95th percentile of the relative error"
    return Metric(tried_name(row), row["p95"], "", text, better="lower")


def tried_name(row: pd.Series) -> str:
    """The metric of what was tried: advice, value and, if it is another table, its size."""
    at = "" if row["factor"] == 1 else f"_at_{row['factor']:g}_times_the_people"
    return f"p95_{row['advice'].replace(' ', '_')}_{row['value']:.4g}{at}"


def _model(errors: pd.DataFrame, sizes: Sizes) -> list[Metric]:
    fitted = sum_model(errors, sizes)
    return [
        Metric("noise_of_sum", fitted.noise, "visits", "Δ, mean absolute error of the sum times epsilon"),
        Metric("visits_per_person", fitted.per_person, "visits", "q, true visits of a person"),
        Metric(
            "clipping_bias", fitted.bias, "", "b, share of the sum lost by clipping and contribution bound"
        ),
    ]
