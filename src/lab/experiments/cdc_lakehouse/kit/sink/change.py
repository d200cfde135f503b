"""One row change as Debezium tells it, parsed from its envelope."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What Debezium writes for a value that PostgreSQL did not log, because an update left it in its TOAST table.
PLACEHOLDER = "__debezium_unavailable_value"
OLD_KEY, NEW_KEY = "__debezium.oldkey", "__debezium.newkey"

Key = int
Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of one row, or a TRUNCATE of all.

    op: c(reate), u(pdate), d(elete), r(ead by the initial snapshot), t(runcate). key: None for t.
    lsn: WAL position of the change; both halves of a changed key have the same. xid: None for r.
    place: position within the transaction, from 1 (`transaction.total_order`).
    moved_from, moved_to: the other key, if the primary key was changed: Debezium tells it as delete and create.
    """

    op: str
    key: Key | None
    after: Mapping[str, Any] | None
    lsn: int
    xid: int | None = None
    place: int = 0
    moved_from: Key | None = None
    moved_to: Key | None = None
    last_of_snapshot: bool = False

    @property
    def row(self) -> Key:
        """Key of the row that changed; ValueError for a TRUNCATE, which has none."""
        if self.key is None:
            raise ValueError(f"a change {self.op!r} has no key")
        return self.key

    @property
    def missing(self) -> frozenset[str]:
        """Columns whose value is not in the event."""
        return frozenset(name for name, value in (self.after or {}).items() if value == PLACEHOLDER)


def parse(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]] = (), column: str = "id"
) -> Change | None:
    """A Kafka record as a Change; None for a tombstone, which is for compaction and changes nothing.

    The envelope is that of JsonConverter without schemas; `column` is the primary key.
    """
    if not value:
        return None
    event = json.loads(value)
    found = dict(headers)
    source, within = event["source"], event["transaction"]
    return Change(
        op=event["op"],
        key=_key(key, column),
        after=event["after"],
        lsn=source["lsn"],
        xid=source["txId"] if within else None,
        place=within["total_order"] if within else 0,
        moved_from=_key(found.get(OLD_KEY), column),
        moved_to=_key(found.get(NEW_KEY), column),
        last_of_snapshot=source["snapshot"] == "last",
    )


def _key(text: bytes | None, column: str) -> Key | None:
    return None if text is None else json.loads(text)[column]


@dataclass(frozen=True)
class End:
    """A committed transaction, as the transaction metadata topic tells it.

    lsn: of its commit, which orders transactions; ids do not, they are given at the first write.
    events: how many changes it has, in all captured tables.
    """

    xid: int
    lsn: int
    events: int


def parse_end(value: bytes | None) -> End | None:
    """A record of the transaction metadata topic as an End; None for a BEGIN."""
    event = json.loads(value or b"{}")
    if event.get("status") != "END":
        return None
    # The part behind the colon differs from event to event of one transaction: join on the first part only.
    xid, lsn = event["id"].split(":")
    return End(int(xid), int(lsn), event["event_count"])
