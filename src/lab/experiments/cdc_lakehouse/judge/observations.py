"""From what was seen to the criteria's values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.judge import operations
from lab.experiments.cdc_lakehouse.judge.operations import Operation
from lab.experiments.cdc_lakehouse.measure.kills import Injected
from lab.experiments.cdc_lakehouse.measure.under_load import UnderLoad
from lab.experiments.cdc_lakehouse.mechanism import Consistency
from lab.experiments.cdc_lakehouse.params import KILLED_AT, Fault, Params
from lab.experiments.cdc_lakehouse.workload import writers
from lab.experiments.cdc_lakehouse.workload.transactions import KINDS, RELOAD

_GRACE_S = 1.0


def of_table(found: Consistency, table: pd.DataFrame) -> dict[str, Observation]:
    """Criteria that any variant's table is judged by: at the end, and at every snapshot.

    No bound by the rule of three: rows, snapshots and transactions of one run are no independent tries.
    """
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


def of_delivery(
    lost: Mapping[str, int], repeated: Mapping[str, int], transactions: int
) -> dict[str, Observation]:
    """`transactions`: how many the source committed."""
    return {
        "nothing_lost": _delivery(lost, transactions),
        "nothing_repeated": _delivery(repeated, transactions),
    }


def _delivery(violations: Mapping[str, int], transactions: int) -> Observation:
    count = sum(violations.values())
    broken = ", ".join(f"{number} {name}" for name, number in violations.items() if number)
    return Observation(count, broken or f"of {transactions:,} transactions")


def of_lag(calm: pd.DataFrame) -> dict[str, Observation]:
    """`calm`: what `lag.intervals` returns; inconclusive if an interval has no batch."""
    if (calm["calm"] == 0).any():
        idle = ", ".join(f"{one:g} s" for one in calm.loc[calm["calm"] == 0, "interval"])
        why = (
            f"no batch at a commit interval of {idle} ended before the first fault: this machine is too slow"
        )
        names = ("lag_predicted", "interval_kept", "lag_p95")
        return dict.fromkeys(names, Observation(float("nan"), why, conclusive=False))
    others = calm.iloc[1:]
    off = [
        abs(row[f"predicted_{name}"] - row[name]) / row[name]
        for _, row in others.iterrows()
        for name in ("p50", "p95")
    ]
    kept = (calm["gap"] / calm["interval"] - 1).abs()
    first = calm.iloc[0]
    return {
        "lag_predicted": Observation(
            float(max(off)),
            "; ".join(
                f"at {row.interval:g} s median {row.predicted_p50:.2f} s predicted, {row.p50:.2f} s seen, 95th percentile "
                f"{row.predicted_p95:.2f} s and {row.p95:.2f} s, in {_of(row)}"
                for row in records(others)
            )
            + f"; from {_of(first)}",
        ),
        "interval_kept": Observation(
            float(kept.max()),
            "; ".join(f"median {row.gap:.2f} s at {row.interval:g} s" for row in records(calm)),
        ),
        "lag_p95": Observation(float(first["p95"]), _of(first)),
    }


def _of(row: Any) -> str:
    """What a lag is a quantile of: those of one batch became visible together, so batches are the independent tries."""
    number = int(row.batches)
    return f"{number} batch{'es' if number != 1 else ''} of {int(row.transactions):,} transactions"


def of_load(load: UnderLoad, params: Params, found: Sequence[Operation]) -> dict[str, Observation]:
    """Whether the workload was what it should be. found: the operations as the source committed them."""
    over = load.over + _GRACE_S
    planned = (writers.transactions(params) // params.writers) * params.writers
    on_time = sum(one.acknowledged <= over for one in load.done if one.kind in KINDS)
    late = [one.acknowledged - one.intended for one in load.done]
    counts = operations.counts(found)
    rare = operations.too_rare(counts)
    told = ", ".join(f"{kind} {counts[kind]:,}" for kind in operations.DANGEROUS)
    return {
        "load_reached": Observation(
            min(1.0, on_time / planned),
            f"{on_time:,} of {planned:,} transactions; behind schedule by {statistics.median(late):.3f} s in the "
            f"median, {max(late):.2f} s at most",
        ),
        "every_operation_occurred": Observation(
            len(rare), f"too rare: {', '.join(rare)}" if rare else f"committed: {told}"
        ),
    }


def of_faults(
    asked: Sequence[Fault], load: UnderLoad, found: Sequence[Operation], commits: Sequence[float]
) -> dict[str, Observation]:
    """Whether the kills hit, what happened at the source meanwhile, and what a reader could see afterwards.

    asked: kinds of kill that there had to be. commits: when each snapshot was committed, s since the epoch.
    """
    hits = [one for one in load.faults if one.hit]
    idle = set(asked) - {one.fault for one in hits}
    text = "; ".join(
        f"{one.fault}{'' if one.hit else ' (missed)'}: back after {one.back - one.at:.1f} s"
        for one in load.faults
    )
    omitted = ", ".join(fault for fault in KILLED_AT if fault not in asked)
    text = "; ".join(filter(None, (text or "nothing was killed", omitted and f"not asked for: {omitted}")))
    observed = {"killed_at_work": Observation(len(idle), text)}
    if not hits:
        none = Observation(0, "no kill hit its window", conclusive=not asked)
        return observed | {"operations_in_outage": none, "snapshots_after_recovery": none}
    outages = {one.fault: (one.at, load.over if math.isnan(one.back) else one.back) for one in hits}
    rarest = {fault: operations.rarest_between(found, *outage) for fault, outage in outages.items()}
    emptied = {
        one.at
        for outage in outages.values()
        for one in operations.between(found, *outage)
        if one.kind == RELOAD
    }
    after = {one.fault: following(one, load, commits) for one in hits}
    return observed | {
        "operations_in_outage": Observation(
            min(len(emptied), *(count for _, count in rarest.values())),
            "; ".join(f"{fault}: fewest {kind}, {count}" for fault, (kind, count) in rarest.items())
            + f"; TRUNCATE in any of them, {len(emptied)}",
        ),
        "snapshots_after_recovery": Observation(
            min(after.values()), "; ".join(f"{fault}: {count}" for fault, count in after.items())
        ),
    }


def following(one: Injected, load: UnderLoad, commits: Sequence[float]) -> int:
    """Snapshots under load after the one that ended an outage, up to the next kill."""
    later = [other.at for other in load.faults if other.at > one.back]
    return sum(one.back < at < min([load.over, *later]) for at in commits)
