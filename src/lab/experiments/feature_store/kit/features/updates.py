"""An update as it comes from the log, checked; and the features that follow from it, by the registry's own SQL."""

from __future__ import annotations

import json
import math
import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from .registry import FeatureError, View

# An event so far ahead of the log's clock waits until it has happened. One further ahead is refused: it would stay the
# latest for as long.
AHEAD = timedelta(minutes=10)
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: JSON can say it, UTF-8 can't
ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(), "VARCHAR": pa.string()}


@dataclass(frozen=True)
class Update:
    """What happened to `entity` at `event_time` and was known at `known_time` (both naive UTC).

    offset: in the log. Of updates of one entity with the same two times the later one in the log counts: messages that
    were appended together have one time.
    """

    entity: str
    event_time: datetime
    known_time: datetime
    event_id: str
    fields: Mapping[str, Any]
    offset: int = 0


def parse(body: bytes | None, known_time: datetime, view: View, offset: int = 0) -> Update:
    """A message of the log: JSON with event_id, event_time (ISO 8601 with its offset), the entity and the fields.

    FeatureError, in words, for any other message; fields that the view does not name are left out.
    """
    try:
        found = json.loads(body or b"")
    except (ValueError, RecursionError):  # broken UTF-8 too; brackets in brackets without end
        raise FeatureError("the message is no JSON") from None
    if not isinstance(found, dict):
        raise FeatureError(f"the message is no object: {str(found)[:80]}")
    wanted = {"event_id", "event_time", view.entity, *view.fields}
    if missing := sorted(wanted - found.keys()):
        raise FeatureError(f"the message lacks {', '.join(missing)}")
    fields = {name: _value(found[name], kind, name) for name, kind in view.fields.items()}
    entity, id = entity_text(found[view.entity]), entity_text(found["event_id"])
    event_time = _moment(found["event_time"])
    if event_time - known_time > AHEAD:
        raise FeatureError(f"event_time is {found['event_time']!r}, more than {AHEAD} after the log had it")
    return Update(entity, event_time, known_time, id, fields, offset)


def entity_text(value: Any) -> str:
    """A key as text: text and whole numbers only, because 1.0 and None are nobody's key."""
    if isinstance(value, str) and 1 <= len(value) <= 512 and value.isprintable():
        return value
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return str(int(value))
    raise FeatureError(f"{value!r} is no key; give text of 1 to 512 printable characters, or a whole number")


class Computer:
    """Computes the features of updates, by the SQL that the offline store runs too."""

    def __init__(self, view: View) -> None:
        self._view = view
        # To connect takes longer than to compute: one connection for all batches.
        self._connection = duckdb.connect(config={"threads": 1})
        self._row = f"({', '.join(f'?::{kind}' for kind in ('TIMESTAMP', *view.fields.values()))})"
        self._columns = ", ".join(("event_time", *view.fields))

    def __call__(self, updates: Sequence[Update]) -> list[dict[str, Any]]:
        """Of each update its features by name."""
        if not updates:
            return []
        rows = ", ".join([self._row] * len(updates))
        values = [
            value for row in updates for value in (row.event_time, *map(row.fields.get, self._view.fields))
        ]
        sql = f"SELECT {self._view.select()} FROM (VALUES {rows}) AS batch({self._columns})"
        found = self._connection.execute(sql, values).fetchall()
        return [dict(zip(self._view.names, row, strict=True)) for row in found]


def _value(value: Any, kind: str, name: str) -> Any:
    """A field's value, NULL too; FeatureError for another type: text of digits is no number here."""
    if value is None or (kind == "VARCHAR" and isinstance(value, str) and not _SURROGATE.search(value)):
        return value
    if kind == "BOOLEAN" and isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if kind == "BIGINT" and isinstance(value, int) and -(2**63) <= value < 2**63:
            return value
        if kind == "DOUBLE" and math.isfinite(value) and abs(value) < 1e308:
            return float(value)
    raise FeatureError(f"{name} is {value!r}, no {kind}")


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise FeatureError(
            f"event_time is {value!r}; give ISO 8601 with its offset, such as 2026-01-31T09:00:00Z"
        ) from None
