"""Which operations the source committed, by what its own log says that they did; not by what was meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.experiments.cdc_lakehouse.workload.transactions import COLUMN, KINDS, RELOAD
from lab.experiments.cdc_lakehouse.workload.writers import Done

# What a kind leaves in the log: d(elete), w(rite), t(runcate), keys numbered as they appear.
_LEFT = {
    "transfer": "w0 w1",
    "touch, note unchanged": "w0",
    "new note": "w0",
    "open": "w0 w1",
    "close": "d0 w1",
    "delete and re-insert": "d0 w0",
    "change of key": "d0 w1",
    "key changed twice": "d0 w1 d1 w2",
    "key changed and row updated": "d0 w1 w1",
    RELOAD: r"t( w\d+)+",
    COLUMN: r"w\d+( w\d+)*",
}
DANGEROUS = (*[kind for kind in KINDS if kind not in ("transfer", "new note", "open", "rolled back")], RELOAD)
NEEDED = dict.fromkeys(KINDS, 10) | {RELOAD: 2, COLUMN: 1}


@dataclass(frozen=True)
class Operation:
    """One that was committed (or rolled back, as asked). at: when its client heard, s since the epoch."""

    kind: str
    at: float


def committed(log: Sequence[tuple[int, str, int | None]], done: Sequence[Done]) -> list[Operation]:
    """Those of `done` that left in the source's log (xid, op, id) exactly what their kind leaves."""
    entries: dict[int, list[tuple[str, int | None]]] = {}
    for xid, op, key in log:
        entries.setdefault(xid, []).append((op, key))
    return [
        Operation(one.kind, one.acknowledged)
        for one in done
        if (
            one.xid is None
            if one.kind == "rolled back"
            else _as_meant(one.kind, entries.get(one.xid or 0, []))
        )
    ]


def _as_meant(kind: str, left: Sequence[tuple[str, int | None]]) -> bool:
    numbers: dict[int, int] = {}
    words = [op if key is None else f"{op}{numbers.setdefault(key, len(numbers))}" for op, key in left]
    return re.fullmatch(_LEFT[kind], " ".join(words)) is not None


def counts(found: Sequence[Operation]) -> dict[str, int]:
    """Operations by kind, none left out."""
    return dict.fromkeys(NEEDED, 0) | Counter(one.kind for one in found)


def too_rare(found: Mapping[str, int]) -> dict[str, int]:
    """Kinds that occurred less often than the run needs to say something about them."""
    return {kind: found[kind] for kind, least in NEEDED.items() if found[kind] < least}


def rarest_between(found: Sequence[Operation], begin: float, end: float) -> tuple[str, int]:
    """The dangerous kind of one row that occurred least between two moments, and how often."""
    within = counts(between(found, begin, end))
    return min(((kind, within[kind]) for kind in DANGEROUS if kind != RELOAD), key=lambda item: item[1])


def between(found: Sequence[Operation], begin: float, end: float) -> list[Operation]:
    return [one for one in found if begin <= one.at <= end]
