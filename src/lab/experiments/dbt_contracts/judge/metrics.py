"""Metrics and tables, from what was seen."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.dbt_contracts.judge import growth
from lab.experiments.dbt_contracts.judge.layers import GROUPS, LAYERS, NOBODY
from lab.experiments.dbt_contracts.measure.seen import Timed

*_, BENIGN = GROUPS


def timed_table(timed: list[Timed]) -> pd.DataFrame:
    return pd.DataFrame([asdict(one) for one in timed])


def slug(*words: str) -> str:
    """A metric's name."""
    return "_".join(words).replace(", ", "_").replace(" ", "_").lower()


def counts(rows: pd.DataFrame, arm: str) -> list[Metric]:
    """Of one arm: of each group how many changes were noticed, by layer too; and how many left wrong marts and status 0.

    Of benign changes no mart is compared: they may change it, as more rows do.
    """
    found = []
    for group in GROUPS:
        own = rows[rows["group"] == group]
        if not len(own):
            continue
        found.append(_count(own["layer"] != NOBODY, "noticed", group, arm))
        found += [
            _count(own["layer"] == layer, slug("by", layer), group, arm)
            for layer in LAYERS
            if (own["layer"] == layer).any() and layer != NOBODY
        ]
        if group != BENIGN:
            found.append(_count(own["wrong"], "wrong_mart", group, arm))
    return found


def _count(holds: pd.Series, what: str, group: str, arm: str) -> Metric:
    text = f"{group}, {arm}: of {len(holds)}"
    return Metric(slug(what, group, arm), float(holds.astype(bool).sum()), "changes", text)


def times(timed: pd.DataFrame) -> list[Metric]:
    """Seconds of each part at each size, and the tests' law."""
    own = growth.parts(timed)
    found = [
        Metric(
            slug(str(part), "s_at", str(orders)),
            float(rows["seconds"].median()),
            "s",
            f"{part}, {rows['nodes'].iloc[0]} nodes, {orders:,} orders, median",
            raw=[float(value) for value in rows["seconds"]],
            better="lower",
        )
        for (part, orders), rows in own.groupby(["part", "orders"], sort=False)
    ]
    law = growth.fitted(timed)
    return [
        *found,
        Metric(
            "tests_fixed_s",
            law.fixed,
            "s",
            "a, all data tests without rows, by the line",
            grade="extrapolated",
        ),
        Metric("tests_s_per_million", law.each * 1e6, "s", "b, all data tests, for each million orders"),
    ]
