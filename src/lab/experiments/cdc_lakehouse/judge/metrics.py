"""A run's figures for its record, with every value behind them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Metric
from lab.experiments.cdc_lakehouse.judge import sizes

_DIGITS = 4


def metrics(tables: Mapping[str, pd.DataFrame], changes: int, restarts: int) -> list[Metric]:
    """From what `result` puts together. changes: how many Debezium told of."""
    return [
        Metric("changes", changes, "changes", "row changes captured"),
        Metric("snapshots", len(tables["snapshots"]), "snapshots", "versions of the table, all compared"),
        Metric("restarts", restarts, "restarts", "of a connector that had failed, by a watchdog"),
        *_lags(tables),
        *_recoveries(tables["faults"]),
        *(_sizes(tables["sizes"]) if "sizes" in tables else ()),
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


def _sizes(table: pd.DataFrame) -> Iterator[Metric]:
    found = sizes.fastest(table)
    small, large = found.iloc[0], found.iloc[-1]
    times = f"a batch of {sizes.CHANGED} rows into {large.rows:,.0f} rows, over the same into {small.rows:,.0f}, fastest of each"
    yield Metric("size_ratio", float(large.took / small.took), "times", times, better="lower")
    copies = table[table["mode"] == sizes.COPY]
    merged = found.set_index("rows").loc[int(copies["rows"].iloc[0])]
    words = f"bytes of a batch by copy-on-write over merge-on-read, {copies['rows'].iloc[0]:,} rows"
    yield Metric("copied_ratio", float(copies["written"].median() / merged.written), "times", words)
    for row in records(found):
        raw = [round(value, _DIGITS) for value in row.raw]
        text = f"a batch of {sizes.CHANGED} rows into a table of {row.rows:,}, the fastest"
        yield Metric(f"batch_of_{row.rows}_rows", float(row.took), "s", text, raw, better="lower")


def _recoveries(faults: pd.DataFrame) -> Iterator[Metric]:
    """One per kind of kill; those that missed count as well."""
    for fault, own in faults.groupby("fault", sort=False):
        raw = [float(value) for value in own["back"] - own["at"] if not math.isnan(value)]
        if raw:
            text = "kill to the successor's first work, as seen from outside"
            yield Metric(f"recovery_{fault}", raw[-1], "s", text, raw, better="lower")
