"""From what was seen to the criteria's values."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import pandas as pd

from lab.errors import ServiceError
from lab.evidence.criteria import Observation
from lab.experiments.cdc_lakehouse import workload
from lab.experiments.cdc_lakehouse.frames import records
from lab.experiments.cdc_lakehouse.kit.verify import Consistency
from lab.experiments.cdc_lakehouse.live import Injected, Lived
from lab.experiments.cdc_lakehouse.params import Params

_GRACE_S = 1.0


def of_table(found: Consistency, table: pd.DataFrame) -> dict[str, Observation]:
    """Criteria that any arm's table is judged by: at the end, and at every snapshot."""
    counts = f"{found.missing} missing, {found.extra} too many, {found.different} different"
    rows = f"{counts}; {found.source_rows:,} rows at the source, {found.lake_rows:,} in the lake"
    equal = table["wrong"] == 0
    broken = table["total"] != table["expected"]
    worst = (table["total"] - table["expected"]).abs().max()
    return {
        "rows_equal_source": Observation(found.wrong, rows),
        "checksum_equal": Observation(
            found.source_checksum == found.lake_checksum,
            f"{found.source_checksum[:12]} and {found.lake_checksum[:12]}",
        ),
        "consistency_rate": Observation(float(equal.mean()), f"{equal.sum()} of {len(table)} snapshots"),
        "sum_at_every_snapshot": Observation(
            int(broken.sum()), f"of {len(table)} snapshots; largest deviation {worst:,.2f}"
        ),
    }


def of_delivery(violations: Mapping[str, int], transactions: int, changes: int) -> Observation:
    broken = ", ".join(f"{count} {name}" for name, count in violations.items() if count)
    return Observation(
        sum(violations.values()),
        broken or f"{transactions:,} transactions with {changes:,} changes, each once",
    )


def of_lag(calm: pd.DataFrame) -> dict[str, Observation]:
    """`calm`: what `intervals` returns; inconclusive if an interval has no batch."""
    if (calm["calm"] == 0).any():
        idle = ", ".join(f"{one:g} s" for one in calm.loc[calm["calm"] == 0, "interval"])
        why = (
            f"no batch at a commit interval of {idle} ended before the first fault: this machine is too slow"
        )
        names = ("lag_explained", "lag_above_floor", "lag_p95")
        return dict.fromkeys(names, Observation(float("nan"), why, conclusive=False))
    off = (calm["mean"] - calm["expected"]).abs() / calm["mean"]
    floor = calm["p50"] / (calm["interval"] / 2)
    first = calm.iloc[0]
    return {
        "lag_explained": Observation(
            float(off.max()),
            "; ".join(f"{row.mean:.2f} s seen, {row.expected:.2f} s expected" for row in records(calm)),
        ),
        "lag_above_floor": Observation(
            float(floor.min()),
            "; ".join(f"median {row.p50:.2f} s at {row.interval:g} s" for row in records(calm)),
        ),
        "lag_p95": Observation(float(first["p95"]), f"{int(first['transactions']):,} transactions"),
    }


def intervals(
    lags: pd.DataFrame, batches: pd.DataFrame, wanted: Sequence[float], calm: tuple[float, float]
) -> pd.DataFrame:
    """One row per commit interval, from batches that waited and ended within `calm`: under load, before any fault.

    Columns, s: interval, p50, p95, mean (of lag), gap (batch to batch), capture (commit to Kafka), wait, took (begin
    of a batch to visible), expected; counts: calm, batches, transactions, changes (per batch). If no batch is calm,
    all count, so that there is something to show. ServiceError if there is none at all.
    """
    waited_from = batches["began"] - batches["gap"]  # not a number for the first, which has no gap
    within = (waited_from >= calm[0]) & (batches["visible"] < calm[1])
    rows = []
    for one in wanted:
        own = batches[batches["interval"] == one]
        if own.empty:
            raise ServiceError(
                f"no batch was done at a commit interval of {one:g} s: this machine is too slow"
            )
        peaceful = own[within[own.index]]
        rows.append({"calm": len(peaceful)} | _interval(one, lags, own if peaceful.empty else peaceful))
    return pd.DataFrame(rows)


def _interval(interval: float, lags: pd.DataFrame, batches: pd.DataFrame) -> dict[str, float]:
    """A uniform arrival waits E[gap^2] / (2 E[gap]) on average for the next batch, half the gap if all are equal."""
    own = lags[lags["snapshot"].isin(batches["id"])]
    capture = float((own["captured"] - own["committed"]).mean())
    wait = float((batches["gap"] ** 2).mean() / (2 * batches["gap"].mean()))
    took = float((batches["took"] * batches["transactions"]).mean() / batches["transactions"].mean())
    return {
        "interval": interval,
        "batches": len(batches),
        "transactions": len(own),
        "changes": float(batches["changes"].mean()),
        "p50": float(own["lag"].median()),
        "p95": float(own["lag"].quantile(0.95)),
        "mean": float(own["lag"].mean()),
        "gap": float(batches["gap"].mean()),
        "capture": capture,
        "wait": wait,
        "took": took,
        "expected": capture + wait + took,
    }


def of_load(lived: Lived, params: Params) -> dict[str, Observation]:
    """Whether the workload was what it should be."""
    kinds = kinds_of(lived.done)
    over = lived.start + params.seconds + _GRACE_S
    planned = (workload.transactions(params) // params.writers) * params.writers
    on_time = sum(one.acknowledged <= over for one in lived.done if one.kind in workload.KINDS)
    late = [one.acknowledged - one.intended for one in lived.done]
    least = min(kinds.items(), key=lambda item: item[1])
    return {
        "load_reached": Observation(
            min(1.0, on_time / planned),
            f"{on_time:,} of {planned:,} transactions; behind schedule by {statistics.median(late):.3f} s in the "
            f"median, {max(late):.2f} s at most",
        ),
        "every_operation_occurred": Observation(least[1], f"fewest: {least[0]}"),
    }


def kinds_of(done: Sequence[workload.Done]) -> dict[str, int]:
    """Transactions of each kind that were done."""
    kinds = dict.fromkeys([*workload.KINDS, "TRUNCATE and reload", "new column"], 0)
    for one in done:
        kinds[one.kind] += 1
    return kinds


def of_faults(faults: Sequence[Injected]) -> Observation:
    """Kinds of fault of which no kill hit work in progress."""
    text = "; ".join(
        f"{one.fault}{'' if one.hit else ' (idle)'}: back after {one.back - one.at:.1f} s" for one in faults
    )
    idle = {one.fault for one in faults} - {one.fault for one in faults if one.hit}
    return Observation(len(idle), text or "no fault was asked for")
