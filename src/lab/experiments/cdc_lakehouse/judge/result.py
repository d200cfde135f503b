"""A run's result: observations for the criteria, metrics, and the tables that figures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.judge import lag, observations, operations
from lab.experiments.cdc_lakehouse.judge.delivery import deliveries
from lab.experiments.cdc_lakehouse.judge.metrics import metrics
from lab.experiments.cdc_lakehouse.judge.sizes import by_table, of_sizes
from lab.experiments.cdc_lakehouse.measure.after_load import Compared, Seen
from lab.experiments.cdc_lakehouse.measure.under_load import UnderLoad
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.workload.transactions import RELOAD


def control(params: Params, compared: Compared) -> Result:
    """Of a design that replayed the events: its table, at the end and at every snapshot."""
    observed = observations.of_table(compared.end, compared.snapshots)
    return Result(params, observed, tables={"snapshots": compared.snapshots})


def treatment(params: Params, seen: Seen, measured: Mapping[str, pd.DataFrame]) -> Result:
    """Of the run under load and kills. measured: tables of what was measured without load."""
    load, known, table = seen.load, seen.truth, seen.table.snapshots
    # Made after the observer had left: only the compaction.
    visible = {row.id: load.visible.get(row.id, row.at) for row in records(table)}
    lags = lag.lags(known, table, visible)
    batches = lag.timed(load.batches, table, visible)
    calm = lag.intervals(lags, batches, params.intervals, load.calm)
    found = operations.committed([entry[:3] for entry in known.log], load.done)
    lost, repeated = deliveries(seen)
    commits = list(table.loc[table["operation"] != "compaction", "at"])
    observed = (
        observations.of_table(seen.table.end, table)
        | observations.of_lag(calm)
        | observations.of_load(load, params, found)
        | observations.of_delivery(lost, repeated, len({xid for xid, *_ in known.log} - known.seed))
        | observations.of_faults(params.faults, load, found, commits)
        | (of_sizes(measured["sizes"]) if "sizes" in measured else {})
    )
    peaceful = lag.calm_of(batches, load.calm)
    tables = dict(measured) | {
        "snapshots": table.assign(seconds=table["at"] - load.start),
        "lags": lags.assign(
            seconds=lags["committed"] - load.start, calm=lags["snapshot"].isin(peaceful["id"])
        ),
        "batches": batches.assign(
            seconds=batches["began"] - load.start, calm=batches["id"].isin(peaceful["id"])
        ),
        "intervals": calm,
        "faults": _faults(load, commits),
        "log": _log(load),
        "reloads": pd.DataFrame(
            {"seconds": sorted(one.acknowledged - load.start for one in load.done if one.kind == RELOAD)}
        ),
    }
    if "sizes" in measured:
        tables["by_table"] = by_table(measured["sizes"])
    changes = sum(end.events for end in known.ends)
    return Result(params, observed, metrics(tables, changes, load.restarts), tables, seen.versions)


def _faults(load: UnderLoad, commits: Sequence[float]) -> pd.DataFrame:
    rows = [
        (
            one.fault,
            one.at - load.start,
            one.back - load.start,
            one.hit,
            observations.following(one, load, commits),
        )
        for one in load.faults
    ]
    return pd.DataFrame(rows, columns=["fault", "at", "back", "hit", "following"])


def _log(load: UnderLoad) -> pd.DataFrame:
    frame = pd.DataFrame(load.log, columns=["at", "written", "confirmed", "kept_from"])
    return frame.assign(
        seconds=frame["at"] - load.start,
        retained=frame["written"] - frame["kept_from"],
        unconfirmed=frame["written"] - frame["confirmed"],
    )
