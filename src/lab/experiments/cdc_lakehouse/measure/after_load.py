"""What is read when the load is over: the source's own log, Kafka, every snapshot; and what batches cost by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lab.experiments.cdc_lakehouse import oracle
from lab.experiments.cdc_lakehouse.kit.sink.position import BEGIN, PROPERTY, position
from lab.experiments.cdc_lakehouse.measure import sizes
from lab.experiments.cdc_lakehouse.measure.driver import SIZES
from lab.experiments.cdc_lakehouse.measure.pipeline import Pipeline
from lab.experiments.cdc_lakehouse.measure.under_load import UnderLoad
from lab.experiments.cdc_lakehouse.mechanism import Consistency, LakeTable, verify
from lab.experiments.cdc_lakehouse.workload.source import CHANGES, TABLE, TRANSACTIONS

_ATTACH = "AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none'"


@dataclass(frozen=True)
class Compared:
    """A table of the lake held against the source: at every snapshot (see `_snapshots`), and row by row at the end."""

    snapshots: pd.DataFrame
    end: Consistency


@dataclass(frozen=True)
class Seen:
    """A run as it was seen. places: (transaction, position within it) of each change in Kafka, as often as it is there."""

    load: UnderLoad
    truth: oracle.Truth
    table: Compared
    places: Sequence[tuple[int, int]]
    versions: Mapping[str, str]


def after_load(own: Pipeline, load: UnderLoad) -> Seen:
    """Everything that the run is judged by."""
    bootstrap = own.broker.bootstrap
    known = oracle.Truth(oracle.history(own.database.dsn), oracle.committed(bootstrap, TRANSACTIONS))
    places = oracle.places(bootstrap, CHANGES, own.params.partitions)
    return Seen(load, known, compared(own, known, TABLE), places, own.versions())


def compared(own: Pipeline, known: oracle.Truth, table: str) -> Compared:
    """`table` (namespace.name) of the lake against what the source had."""
    snapshots = _snapshots(own, known, table)
    with oracle.reader(own.catalog) as connection:
        lake = LakeTable(own.catalog.uri, table, options=_ATTACH)
        return Compared(snapshots, verify(own.database.dsn, lake, TABLE, connection=connection))


def _snapshots(own: Pipeline, known: oracle.Truth, table: str) -> pd.DataFrame:
    """One row per snapshot: what it held and what it should have held.

    Columns: id, at (s since the epoch), operation, begin and position (texts), transactions (offset), rows, total, expected,
    wrong (rows), files, delete_files.
    """
    found = oracle.snapshots(own.catalog.uri, table)
    said, text = [], ""
    for one in found:
        text = one.summary.get(PROPERTY, text)
        said.append(text)
    offsets = [position(text).transactions if text else 0 for text in said]
    states = oracle.states(known.log, [known.included(offset) for offset in offsets])
    rows = []
    with oracle.reader(own.catalog) as connection:
        for one, text, offset, state in zip(found, said, offsets, states, strict=True):
            held = oracle.state_of(connection, table, one.id)
            rows.append(
                {
                    "id": one.id,
                    "at": one.at,
                    "operation": one.summary["operation"] if PROPERTY in one.summary else "compaction",
                    "begin": one.summary.get(BEGIN, ""),
                    "position": text,
                    "transactions": offset,
                    "rows": len(held.digests),
                    "total": held.total,
                    "expected": state.total,
                    "wrong": _wrong(held.digests, state.digests),
                    "files": int(one.summary.get("total-data-files", 0)),
                    "delete_files": int(one.summary.get("total-delete-files", 0)),
                }
            )
    return pd.DataFrame(rows)


def _wrong(held: Mapping[int, str], state: Mapping[int, str]) -> int:
    return sum(held.get(key) != state.get(key) for key in held.keys() | state.keys())


def without_load(own: Pipeline) -> dict[str, pd.DataFrame]:
    """What the driver measured by itself: `sizes`, see `sizes.written`."""
    if not own.replays:
        return {}
    return {"sizes": sizes.written(own.catalog, own.desk.batches(SIZES), own.params.table_rows)}
