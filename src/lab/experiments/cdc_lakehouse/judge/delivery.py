"""What was lost on the way from the source to the table, and what was told or applied twice."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.kit.sink.position import Position, position
from lab.experiments.cdc_lakehouse.measure.after_load import Seen

Place = tuple[int, int]  # transaction, position of a change within it


def deliveries(seen: Seen) -> tuple[dict[str, int], dict[str, int]]:
    """What was lost, and what was repeated."""
    known, table = seen.truth, seen.table.snapshots
    logged = Counter(xid for xid, *_ in known.log if xid not in known.seed)
    batches = table[table["operation"] != "compaction"]
    spans = [(position(row.begin), position(row.position)) for row in records(batches)]
    held = known.included(spans[-1][1].transactions)
    return (
        lost(logged, held, seen.load.missing, seen.places),
        repeated(logged, [end.xid for end in known.ends], seen.places, spans),
    )


def lost(
    logged: Mapping[int, int], held: Collection[int], missing: int, places: Sequence[Place]
) -> dict[str, int]:
    """logged: row changes by transaction, in the source's own log. held: transactions of the newest snapshot.

    missing: how many were not there when the wait ended. places: of every change in Kafka, as often as it is there.
    """
    told = Counter(xid for xid, _ in set(places))
    return {
        "transactions in no snapshot": max(missing, len(set(logged) - set(held))),
        "changes not in Kafka": sum(max(0, count - told[xid]) for xid, count in logged.items()),
    }


def repeated(
    logged: Mapping[int, int],
    told: Sequence[int],
    places: Sequence[Place],
    batches: Sequence[tuple[Position, Position]],
) -> dict[str, int]:
    """told: transaction of every END in Kafka, as often as it is there. batches: (begin, end) of each, oldest first."""
    found = Counter(xid for xid, _ in set(places))
    return {
        "transactions told twice": len(told) - len(set(told)),
        "transactions never committed": len(set(told) - set(logged)),
        "changes told twice": len(places) - len(set(places)),
        "changes never made": sum(max(0, count - logged.get(xid, 0)) for xid, count in found.items()),
        "batches that do not begin where the one before ended": sum(
            later[0] != earlier[1] for earlier, later in itertools.pairwise(batches)
        ),
    }
