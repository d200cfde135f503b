"""What was lost on the way from the source to the table, and what was told or applied twice."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from lab.experiments.cdc_lakehouse.kit.sink.lake import Position

Place = tuple[int, int]  # transaction, position of a change within it


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
