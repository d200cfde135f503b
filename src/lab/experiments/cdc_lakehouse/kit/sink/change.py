"""One row change as Debezium tells it, parsed from its envelope."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What Debezium writes for a value that PostgreSQL did not log, because an update left it in its TOAST table.
UNCHANGED = "__debezium_unavailable_value"
OLD_KEY, NEW_KEY = "__debezium.oldkey", "__debezium.newkey"
INCREMENTAL = "incremental"
_NO_SNAPSHOT = ("false", False, None)
_ENDS_SNAPSHOT = ("last", "last_in_data_collection")

Key = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of one row, or a TRUNCATE of all.

    op: c(reate), u(pdate), d(elete), r(ead by a snapshot), t(runcate). key: values of the primary key's columns; None for t.
    lsn: WAL position of the change; both halves of a changed key have the same. Of r: the last commit told before it.
    xid: None for r.
    place: position within the transaction, from 1 (`transaction.total_order`).
    moved_from, moved_to: the other key, if the primary key was changed: Debezium tells it as delete and create.
    incremental: read while the stream goes on. last_of_snapshot: the last row of this table in an initial snapshot.
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
    incremental: bool = False

    @property
    def row(self) -> Key:
        """Key of the row that changed; ValueError for a TRUNCATE, which has none."""
        if self.key is None:
            raise ValueError(f"a change {self.op!r} has no key")
        return self.key

    @property
    def missing(self) -> frozenset[str]:
        """Columns that stand in the event without their value. Others may not stand in it at all."""
        return frozenset(name for name, value in (self.after or {}).items() if unavailable(value))

    @property
    def values(self) -> Row:
        """What the event says of its row; any other column is as it was."""
        return {name: value for name, value in (self.after or {}).items() if not unavailable(value)}


def unavailable(value: Any) -> bool:
    """Whether a value is Debezium's unchanged-TOAST marker, in any of the forms that it takes by the column's type."""
    if isinstance(value, str):
        return value in _TEXTS
    return isinstance(value, (list, dict)) and value in _OTHERS


def _forms(text: str) -> tuple[frozenset[str], list[Any]]:
    octets = text.encode()
    binary = base64.b64encode(octets).decode()  # bytea
    # As Java's UUID.nameUUIDFromBytes makes it.
    identifier = str(uuid.UUID(bytes=hashlib.md5(octets).digest(), version=3))
    hstore = {text: text}
    lists = [
        [text],
        [binary],
        [identifier],
        list(octets),
    ]  # text[], bytea[], uuid[]; of integers its characters
    return frozenset({text, binary, json.dumps(hstore, separators=(",", ":"))}), [*lists, hstore]


_TEXTS, _OTHERS = _forms(UNCHANGED)


def parse(
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes]] = (),
    columns: Sequence[str] | None = None,
    table: str | None = None,
) -> Change | None:
    """A Kafka record as a Change; None for a tombstone, which is for compaction and changes nothing.

    The envelope is that of JsonConverter without schemas; ValueError for any other. columns: of the primary key, in order;
    else as the event has them. ValueError if its key has others. table: schema.table; None for a change of another, since
    names of tables that Kafka does not allow may end up in one topic ("a b" and a_b).
    """
    if not value:
        return None
    event = _object(value, "op", "source")
    found = dict(headers)
    source, within = event["source"], event.get("transaction")
    read = event["op"] == "r"
    if table is not None and f"{source['schema']}.{source['table']}" != table:
        return None
    return Change(
        op=event["op"],
        key=None if event["op"] == "t" else _key(key, columns),
        after=event.get("after"),
        lsn=source.get("lsn") or _told_before(source),
        xid=None if read else source["txId"],
        place=within["total_order"] if within and not read else 0,
        moved_from=_key(found.get(OLD_KEY), columns),
        moved_to=_key(found.get(NEW_KEY), columns),
        last_of_snapshot=source.get("snapshot") in _ENDS_SNAPSHOT,
        incremental=source.get("snapshot") == INCREMENTAL,
    )


def _told_before(source: Mapping[str, Any]) -> int:
    """Position of the last commit before a row that an incremental snapshot read, which has none of its own."""
    commit, _ = json.loads(source.get("sequence") or "[null, null]")
    return int(commit or 0)


def _key(text: bytes | None, columns: Sequence[str] | None) -> Key | None:
    if text is None:
        return None
    found = _object(text)
    if columns is not None and (not found or set(found) != set(columns)):
        raise ValueError(
            f"an event has the key {sorted(found or ())}, the table's primary key is {sorted(columns)}; "
            "was it changed? Load the table anew by a connector and a lake's table of another name"
        )
    return tuple(_hashable(found[name]) for name in columns or found)


def _object(text: bytes, *fields: str) -> dict[str, Any]:
    """A JSON object with these fields; ValueError in words for what another converter, or a transform, has made of it."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found.keys() >= set(fields):
        raise ValueError(
            f"{text!r:.50} is no whole event of Debezium's as JSON: key and value take JsonConverter with schemas.enable=false, "
            "and no transform that flattens them (ExtractNewRecordState)"
        )
    return found


def _hashable(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


@dataclass(frozen=True)
class End:
    """A committed transaction, as the transaction metadata topic tells it.

    lsn: of its commit, which orders transactions; ids do not, they are given at the first write.
    events: how many changes it has, in the table that was asked for.
    """

    xid: int
    lsn: int
    events: int


def parse_end(value: bytes | None, table: str | None = None) -> End | None:
    """A record of the transaction metadata topic as an End; None for a BEGIN.

    table: schema.table whose changes count; else all, and logical messages with them.
    """
    if not value or (event := _object(value, "status"))["status"] != "END":
        return None
    # The part behind the colon differs from event to event of one transaction: join on the first part only.
    xid, lsn = event["id"].split(":")
    if table is None:
        return End(int(xid), int(lsn), event["event_count"])
    counts = {one["data_collection"]: one["event_count"] for one in event.get("data_collections") or ()}
    return End(int(xid), int(lsn), counts.get(table, 0))
