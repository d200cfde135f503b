"""What a run shows, held against the oracle: a table of snapshots for each arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from lab.experiments.cdc_lakehouse import delivery, oracle
from lab.experiments.cdc_lakehouse.bench import CHANGES, TRANSACTIONS, Bench
from lab.experiments.cdc_lakehouse.frames import records
from lab.experiments.cdc_lakehouse.kit.sink.lake import BEGIN, PROPERTY
from lab.experiments.cdc_lakehouse.kit.sink.lake import position as position_of


@dataclass(frozen=True)
class Truth:
    """The source's own log, and the order in which its transactions were told."""

    log: Sequence[tuple[int, str, int | None, Decimal | None, str | None]]
    ends: Sequence[oracle.Committed]

    @property
    def seed(self) -> set[int]:
        """Transactions before the connector's initial snapshot."""
        return {self.log[0][0]}

    def included(self, transactions: int) -> set[int]:
        """Transactions whose END is below an offset."""
        return self.seed | {end.xid for end in self.ends if end.offset < transactions}


def truth(own: Bench) -> Truth:
    """Read it from the source and from the transaction metadata topic."""
    return Truth(oracle.history(own.database.dsn), oracle.committed(own.broker.bootstrap, TRANSACTIONS))


def snapshots(own: Bench, known: Truth, table: str) -> pd.DataFrame:
    """One row per snapshot: what it held and what it should have held.

    Columns: id, at (s since the epoch), operation, begin and position (texts), transactions (offset), rows, total, expected,
    wrong (rows), files, delete_files.
    """
    found = oracle.snapshots(own.catalog.uri, table)
    said, position = [], ""
    for one in found:
        position = one.summary.get(PROPERTY, position)
        said.append(position)
    offsets = [position_of(text).transactions if text else 0 for text in said]
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


def deliveries(
    own: Bench, known: Truth, table: pd.DataFrame, missing: int
) -> tuple[dict[str, int], dict[str, int]]:
    """What was lost, and what was repeated. missing: transactions that no snapshot held when the wait ended."""
    logged = Counter(xid for xid, *_ in known.log if xid not in known.seed)
    places = oracle.places(own.broker.bootstrap, CHANGES, own.params.partitions)
    batches = table[table["operation"] != "compaction"]
    spans = [(position_of(row.begin), position_of(row.position)) for row in records(batches)]
    held = known.included(spans[-1][1].transactions)
    return (
        delivery.lost(logged, held, missing, places),
        delivery.repeated(logged, [end.xid for end in known.ends], places, spans),
    )


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


def writes(own: Bench, tables: Mapping[str, str]) -> pd.DataFrame:
    """The same batches by merge mode, one row per batch: what a commit wrote, and what a scan then has to open.

    tables: mode -> table. Columns: mode, batch (from 1), rows (that the batch changed), changes (that they are the
    net of), took (s of the MERGE), written, held (bytes), files, delete_files.
    """
    rows = []
    for mode, table in tables.items():
        logged = own.desk.batches(f"lake.{table}")
        for number, (one, batch) in enumerate(
            zip(oracle.snapshots(own.catalog.uri, table), logged, strict=True), 1
        ):
            rows.append(
                {
                    "mode": mode,
                    "batch": number,
                    "rows": batch["rows"],
                    "changes": batch["changes"],
                    "took": batch["merged"] - batch["taken"],
                    "written": int(one.summary.get("added-files-size", 0)),
                    "held": int(one.summary["total-files-size"]),
                    "files": int(one.summary["total-data-files"]),
                    "delete_files": int(one.summary.get("total-delete-files", 0)),
                }
            )
    return pd.DataFrame(rows)
