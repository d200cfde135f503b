"""PostgreSQL to Iceberg by change data capture, under kills; and the same events by designs that are known to fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from lab.errors import ServiceError
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse import assess, lag, observations, operations, oracle
from lab.experiments.cdc_lakehouse.bench import TABLE, Bench, bench
from lab.experiments.cdc_lakehouse.design import ANYWHERE, ARRIVAL, SAFE, THROUGH, UPSERTS, Design
from lab.experiments.cdc_lakehouse.driver import DONE, READING, REPLAYING, Replay, evenly
from lab.experiments.cdc_lakehouse.frames import records
from lab.experiments.cdc_lakehouse.kit.verify import LakeTable, verify
from lab.experiments.cdc_lakehouse.live import Lived, live
from lab.experiments.cdc_lakehouse.metrics import metrics
from lab.experiments.cdc_lakehouse.observations import following
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.workload import RELOAD
from lab.progress import steps

_ATTACH = "AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none'"
BROKEN = (ANYWHERE, ARRIVAL, UPSERTS, THROUGH)
MODES = {"merge-on-read": "bank.merge_on_read", "copy-on-write": "bank.copy_on_write"}
# A fifth of the events fills the tables; then small and large batches in turn, so that what a batch costs by itself and
# what its changes cost can be told apart, whichever way the machine's speed drifts.
_SIZES = (0.2, 0.0005, 0.36, 0.008, 0.4315)
_IN_TURN = (*(sum(_SIZES[:turn]) for turn in range(1, len(_SIZES))), 1.0)


def run(params: Params, design: Design = SAFE) -> Result:
    """The pipeline under load and kills, with `design` as its sink."""
    return run_arms(params, design, ())[0]


def run_arms(
    params: Params, design: Design = SAFE, controls: Sequence[Design] = BROKEN
) -> tuple[Result, dict[str, Result]]:
    """The pipeline with `design`, then each of `controls` on the events that are still in Kafka.

    Replayed, the designs differ by nothing but themselves: same events, same engine, tables of their own.
    """
    replays = tuple(
        Replay({f"lake.bank.control_{number}": params.merge_mode}, one, _ends(one, params))
        for number, one in enumerate(controls)
    )
    if controls:
        replays += (Replay({f"lake.{table}": mode for mode, table in MODES.items()}, SAFE, _IN_TURN),)
    with steps(3) as work:
        work.next("start")
        with bench(params, design, replays) as own:
            work.next("load and kills")
            lived = live(own)
            own.desk.stop()
            work.next("controls and comparison")
            if not own.await_stage(REPLAYING, DONE):
                raise ServiceError(f"the Spark driver is at {own.desk.stage()!r} and does not end the load")
            known = assess.truth(own)
            treatment = _treatment(own, lived, known)  # while the driver replays
            if not own.await_stage(DONE):
                raise ServiceError(
                    f"the Spark driver is at {own.desk.stage()!r} and does not end its replays"
                )
            arms = {
                one.name: _control(own, known, f"bank.control_{number}")
                for number, one in enumerate(controls)
            }
            return _with_replays(own, treatment), arms


def _ends(design: Design, params: Params) -> tuple[float, ...]:
    if design is ANYWHERE:
        return evenly(params.replay_batches)
    if design is not THROUGH:
        return 0.5, 1.0
    # The last one behind the last TRUNCATE, whose reload would mend what a design had done to the rows.
    return 0.5, 1 - 0.15 / params.reloads, 1.0


def _with_replays(own: Bench, treatment: Result) -> Result:
    """What the driver measured by itself, without load, on top."""
    tables = {
        "modes": assess.writes(own, MODES if own.replays else {}),
        "reading": pd.DataFrame(own.desk.batches(READING)),
    }
    return replace(treatment, tables={**treatment.tables, **tables})


def _control(own: Bench, known: assess.Truth, table: str) -> Result:
    found = assess.snapshots(own, known, table)
    return Result(own.params, _compared(own, table, found), tables={"snapshots": found})


def _compared(own: Bench, table: str, found: pd.DataFrame) -> dict:
    with oracle.reader(own.catalog) as connection:
        lake = LakeTable(own.catalog.uri, table, options=_ATTACH)
        end = verify(own.database.dsn, lake, TABLE, connection=connection)
    return observations.of_table(end, found)


def _treatment(own: Bench, lived: Lived, known: assess.Truth) -> Result:
    table = assess.snapshots(own, known, TABLE)
    # Made after the observer had left: only the compaction.
    seen = {row.id: lived.seen.get(row.id, row.at) for row in records(table)}
    lags = assess.lags(known, table, seen)
    batches = assess.timed(lived.batches, table, seen)
    calm = lag.intervals(lags, batches, own.params.intervals, lived.calm)
    found = operations.committed([entry[:3] for entry in known.log], lived.done)
    lost, repeated = assess.deliveries(own, known, table, lived.missing)
    commits = list(table.loc[table["operation"] != "compaction", "at"])
    observed = (
        _compared(own, TABLE, table)
        | observations.of_lag(calm)
        | observations.of_load(lived, own.params, found)
        | observations.of_delivery(lost, repeated, len({xid for xid, *_ in known.log} - known.seed))
        | observations.of_faults(own.params.faults, lived, found, commits)
    )
    peaceful = lag.calm_of(batches, lived.calm)
    tables = {
        "snapshots": table.assign(seconds=table["at"] - lived.start),
        "lags": lags.assign(
            seconds=lags["committed"] - lived.start, calm=lags["snapshot"].isin(peaceful["id"])
        ),
        "batches": batches.assign(
            seconds=batches["began"] - lived.start, calm=batches["id"].isin(peaceful["id"])
        ),
        "intervals": calm,
        "kinds": pd.DataFrame(operations.counts(found).items(), columns=["kind", "transactions"]),
        "faults": _faults(lived, commits),
        "log": _log(lived),
        "reloads": pd.DataFrame(
            {"seconds": sorted(one.acknowledged - lived.start for one in lived.done if one.kind == RELOAD)}
        ),
    }
    changes = sum(end.events for end in known.ends)
    return Result(own.params, observed, metrics(tables, changes, lived.restarts), tables, own.versions())


def _faults(lived: Lived, commits: Sequence[float]) -> pd.DataFrame:
    rows = [
        (one.fault, one.at - lived.start, one.back - lived.start, one.hit, following(one, lived, commits))
        for one in lived.faults
    ]
    return pd.DataFrame(rows, columns=["fault", "at", "back", "hit", "following"])


def _log(lived: Lived) -> pd.DataFrame:
    frame = pd.DataFrame(lived.log, columns=["at", "written", "confirmed", "kept_from"])
    return frame.assign(
        seconds=frame["at"] - lived.start,
        retained=frame["written"] - frame["kept_from"],
        unconfirmed=frame["written"] - frame["confirmed"],
    )
