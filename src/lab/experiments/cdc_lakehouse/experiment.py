"""PostgreSQL to Iceberg by change data capture, under kills; and the same events by designs that are known to fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lab.evidence.result import Metric, Result
from lab.experiments.cdc_lakehouse import assess, observations, oracle
from lab.experiments.cdc_lakehouse.bench import TABLE, Bench, bench
from lab.experiments.cdc_lakehouse.design import ANYWHERE, ARRIVAL, SAFE, THROUGH, UPSERTS, Design
from lab.experiments.cdc_lakehouse.driver import READING, Replay, evenly
from lab.experiments.cdc_lakehouse.frames import records
from lab.experiments.cdc_lakehouse.kit.verify import LakeTable, verify
from lab.experiments.cdc_lakehouse.live import Lived, live
from lab.experiments.cdc_lakehouse.params import Params
from lab.progress import Steps, steps

_ATTACH = "AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none'"
BROKEN = (ANYWHERE, ARRIVAL, UPSERTS, THROUGH)
MODES = {"merge-on-read": "bank.merge_on_read", "copy-on-write": "bank.copy_on_write"}
# Most of the events fill the table; then batches of ever more changes, each four times the one before.
_EVER_LARGER = (0.84, 0.8405, 0.8425, 0.8505, 0.88, 1.0)


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
        Replay({f"lake.bank.control_{number}": params.merge_mode}, one, evenly(_batches(one, params)))
        for number, one in enumerate(controls)
    )
    if controls:
        replays += (Replay({f"lake.{table}": mode for mode, table in MODES.items()}, SAFE, _EVER_LARGER),)
    with steps(4) as work:
        work.next("start")
        with bench(params, design, replays) as own:
            work.next("load and kills")
            lived = live(own)
            own.desk.stop()
            work.next("controls")
            own.await_stage("done")
            return _judged(own, lived, controls, work)


def _batches(design: Design, params: Params) -> int:
    return params.replay_batches if design is ANYWHERE else 3


def _judged(
    own: Bench, lived: Lived, controls: Sequence[Design], work: Steps
) -> tuple[Result, dict[str, Result]]:
    work.next("compare")
    known = assess.truth(own)
    arms = {one.name: _control(own, known, f"bank.control_{number}") for number, one in enumerate(controls)}
    return _treatment(own, lived, known), arms


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
    calm = observations.intervals(lags, batches, own.params.intervals, (lived.start, lived.calm_until))
    changes = sum(end.events for end in known.ends)
    observed = (
        _compared(own, TABLE, table)
        | observations.of_lag(calm)
        | observations.of_load(lived, own.params)
        | {
            "nothing_lost_or_repeated": observations.of_delivery(
                assess.violations(own, known, table), len(known.ends), changes
            ),
            "killed_at_work": observations.of_faults(lived.faults),
        }
    )
    tables = {
        "snapshots": table.assign(seconds=table["at"] - lived.start),
        "lags": lags.assign(seconds=lags["committed"] - lived.start),
        "batches": batches.assign(seconds=batches["began"] - lived.start),
        "intervals": calm,
        "kinds": _kinds(lived),
        "faults": _faults(lived),
        "log": _log(lived),
        "modes": assess.writes(own, MODES if own.replays else {}),
        "reading": pd.DataFrame(own.desk.batches(READING)),
    }
    return Result(own.params, observed, _metrics(tables, changes, lived.restarts), tables, own.versions())


def _kinds(lived: Lived) -> pd.DataFrame:
    kinds = observations.kinds_of(lived.done)
    return pd.DataFrame({"kind": list(kinds), "transactions": list(kinds.values())})


def _faults(lived: Lived) -> pd.DataFrame:
    rows = [(one.fault, one.at - lived.start, one.back - lived.start, one.hit) for one in lived.faults]
    return pd.DataFrame(rows, columns=["fault", "at", "back", "hit"])


def _log(lived: Lived) -> pd.DataFrame:
    frame = pd.DataFrame(lived.log, columns=["at", "written", "confirmed"])
    return frame.assign(seconds=frame["at"] - lived.start, retained=frame["written"] - frame["confirmed"])


def _metrics(tables: Mapping[str, pd.DataFrame], changes: int, restarts: int) -> list[Metric]:
    metrics = [
        Metric("changes", changes, "changes", "row changes captured"),
        Metric("snapshots", len(tables["snapshots"]), "snapshots", "versions of the table, all compared"),
        Metric("restarts", restarts, "restarts", "of a connector that had failed, by a watchdog"),
    ]
    for row in records(tables["intervals"]):
        at = f"commit interval {row.interval:g} s, without faults"
        metrics += [
            Metric(f"lag_p50_{row.interval:g}s", row.p50, "s", f"median lag, {at}", better="lower"),
            Metric(
                f"lag_p95_{row.interval:g}s", row.p95, "s", f"95th percentile of lag, {at}", better="lower"
            ),
            Metric(
                f"batch_{row.interval:g}s",
                row.took,
                "s",
                f"begin of a batch to visible, {at}",
                better="lower",
            ),
        ]
    for row in records(tables["faults"]):
        metrics.append(
            Metric(f"recovery_{row.fault}", row.back - row.at, "s", "kill to working again", better="lower")
        )
    return metrics
