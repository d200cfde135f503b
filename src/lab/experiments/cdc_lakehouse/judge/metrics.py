"""A run's figures for its record, with every value behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.cdc_lakehouse.judge.frames import records

_DIGITS = 4


def metrics(tables: Mapping[str, pd.DataFrame], changes: int, restarts: int) -> list[Metric]:
    """From what `result` puts together. changes: how many Debezium told of."""
    return [
        Metric("changes", changes, "changes", "row changes captured"),
        Metric("snapshots", len(tables["snapshots"]), "snapshots", "versions of the table, all compared"),
        Metric("restarts", restarts, "restarts", "of a connector that had failed, by a watchdog"),
        *_lags(tables),
        *_recoveries(tables["faults"]),
    ]


def _lags(tables: Mapping[str, pd.DataFrame]) -> Iterator[Metric]:
    batches, lags = tables["batches"], tables["lags"]
    for row in records(tables["intervals"]):
        at = f"commit interval {row.interval:g} s, without faults"
        own = batches[(batches["interval"] == row.interval) & batches["calm"]]
        raw = [round(value, _DIGITS) for value in lags.loc[lags["snapshot"].isin(own["id"]), "lag"]]
        took = [round(value, _DIGITS) for value in own["took"]]
        name = f"{row.interval:g}s"
        yield Metric(f"lag_p50_{name}", row.p50, "s", f"median lag, {at}", raw, better="lower")
        yield Metric(f"lag_p95_{name}", row.p95, "s", f"95th percentile of lag, {at}", better="lower")
        yield Metric(
            f"batch_{name}", row.took, "s", f"begin of a batch to visible, {at}", took, better="lower"
        )


def _recoveries(faults: pd.DataFrame) -> Iterator[Metric]:
    """One per kind of kill; those that missed count as well."""
    for fault, own in faults.groupby("fault", sort=False):
        raw = [float(value) for value in own["back"] - own["at"] if not math.isnan(value)]
        if raw:
            text = "kill to the successor's first work, as seen from outside"
            yield Metric(f"recovery_{fault}", raw[-1], "s", text, raw, better="lower")
