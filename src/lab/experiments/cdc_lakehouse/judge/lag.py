"""Lag by transaction; by batch; and by commit interval, from batches under load and before any fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.errors import ServiceError
from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.oracle import Truth

_SHARES = {"p50": 0.5, "p95": 0.95}


def lags(known: Truth, table: pd.DataFrame, seen: Mapping[int, float]) -> pd.DataFrame:
    """One row per transaction: its commit, the snapshot that first holds it, and when that could be read.

    Columns: xid, committed, captured, visible (s since the epoch), lag (s), snapshot.
    """
    batches = table[table["operation"] != "compaction"]
    rows, begin = [], 0
    for batch in records(batches):
        for end in known.ends:
            if begin <= end.offset < batch.transactions:
                visible = seen[batch.id]
                rows.append((end.xid, end.at, end.captured, visible, visible - end.at, batch.id))
        begin = batch.transactions
    return pd.DataFrame(rows, columns=["xid", "committed", "captured", "visible", "lag", "snapshot"])


def timed(
    batches: Sequence[Mapping[str, object]], table: pd.DataFrame, seen: Mapping[int, float]
) -> pd.DataFrame:
    """The driver's own log of its batches joined with when each could be read; only those that were committed.

    Columns: as logged, and visible (s since the epoch), took (s), gap (s to the batch before).
    """
    by_position = {row.position: row.id for row in records(table[table["operation"] != "compaction"])}
    rows = pd.DataFrame([one | {"id": by_position.get(str(one["position"]))} for one in map(dict, batches)])
    rows = rows.dropna(subset=["id"]).assign(visible=lambda t: t["id"].map(seen)).sort_values("began")
    return rows.assign(took=rows["visible"] - rows["began"], gap=rows["began"].diff())


def intervals(
    lags: pd.DataFrame, batches: pd.DataFrame, wanted: Sequence[float], calm: tuple[float, float]
) -> pd.DataFrame:
    """One row per commit interval, from batches that waited and ended within `calm`: under load, before any fault.

    Columns, s: interval, p50, p95, mean (of lag), gap (batch to batch, median), capture (commit to Kafka), took (begin
    of a batch to visible, mean by transaction), predicted_p50, predicted_p95 (from the first interval; not a number there);
    counts: calm, batches, transactions, changes (per batch). If no batch is calm, all at that interval count, so that
    there is something to show, or all at any; ServiceError if there is none at all.
    """
    rows = []
    for one in wanted:
        own = batches[batches["interval"] == one]
        peaceful = calm_of(own, calm)
        shown = next((some for some in (peaceful, own, batches) if not some.empty), None)
        if shown is None:
            raise ServiceError("no batch was done under load: this machine is too slow")
        rows.append({"calm": len(peaceful)} | _interval(one, lags, shown))
    return _predicted(pd.DataFrame(rows))


def calm_of(batches: pd.DataFrame, calm: tuple[float, float]) -> pd.DataFrame:
    """The batches whose changes came within `calm`, and that ended there."""
    waited_from = batches["began"] - batches["gap"]  # not a number for the first, which has no gap
    return batches[(waited_from >= calm[0]) & (batches["visible"] < calm[1])]


def _interval(interval: float, lags: pd.DataFrame, batches: pd.DataFrame) -> dict[str, float]:
    own = lags[lags["snapshot"].isin(batches["id"])]
    quantiles = {name: float(own["lag"].quantile(share)) for name, share in _SHARES.items()}
    return quantiles | {
        "interval": interval,
        "batches": len(batches),
        "transactions": len(own),
        "changes": float(batches["changes"].mean()),
        "mean": float(own["lag"].mean()),
        "gap": float(batches["gap"].median()),
        "capture": float((own["captured"] - own["committed"]).mean()),
        "took": float((batches["took"] * batches["transactions"]).mean() / batches["transactions"].mean()),
    }


def _predicted(rows: pd.DataFrame) -> pd.DataFrame:
    """Who commits at a random moment waits q T for the sink's turn at the q-quantile; what comes on top does not
    depend on T. So the q-quantile at another interval is the one at the first, plus q times the difference."""
    first = rows.iloc[0]
    for name, share in _SHARES.items():
        predicted = first[name] + share * (rows["interval"] - first["interval"])
        rows[f"predicted_{name}"] = predicted.where(rows.index > 0)
    return rows
