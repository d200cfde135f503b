"""What change events mean for a table: one by one (`apply`), or reduced to one effect per key (`net`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .change import Change, Key, Row


def apply(changes: Iterable[Change], table: Mapping[Key, Row]) -> dict[Key, Row]:
    """`table` after `changes`, which must be in commit order. The meaning of the events, without any engine.

    A column that an event does not carry, or only as a marker, stays as it was, also when its row moves to another key.
    """
    rows = {key: dict(row) for key, row in table.items()}
    moving: dict[Key, Row] = {}
    for change in changes:
        if change.op == "t":
            rows.clear()
        elif change.op == "d":
            gone = rows.pop(change.row, {})
            if change.moved_to is not None:
                moving[change.moved_to] = gone
        else:
            before = moving.pop(change.row, {}) if change.moved_from is not None else rows.get(change.row, {})
            unknown = dict.fromkeys(change.after or ())
            rows[change.row] = unknown | before | change.values
    return rows


@dataclass(frozen=True)
class Effect:
    """What a batch does to one key of the table as it was before the batch.

    values: columns to write, None to delete the row. Its other columns come from the row that had `base` as its key; they are
    NULL where there is none.
    """

    key: Key
    values: Mapping[str, Any] | None
    base: Key | None = None


@dataclass
class Net:
    """A batch reduced. truncated: rows without an effect of their own are deleted."""

    effects: dict[Key, Effect] = field(default_factory=dict)
    truncated: bool = False


def _values(change: Change) -> Row:
    return change.values


def net(changes: Iterable[Change], values: Callable[[Change], Row] = _values) -> Net:
    """`changes`, in commit order, reduced to at most one effect per key, so that one MERGE can do them all.

    values: what an event says of its row.
    """
    result = Net()
    moving: dict[Key, Effect] = {}
    for change in changes:
        if change.op == "t":
            result.effects.clear()
            result.truncated = True
        elif change.op == "d":
            if change.moved_to is not None:
                moving[change.moved_to] = _standing(result, change.row)
            result.effects[change.row] = Effect(change.row, None)
        else:
            # A moved row whose delete came in an earlier batch is gone.
            moved = change.moved_from is not None
            before = (
                moving.pop(change.row, Effect(change.row, None)) if moved else _standing(result, change.row)
            )
            written = dict(before.values or {}) | values(change)
            result.effects[change.row] = Effect(change.row, written, before.base)
    return result


def _standing(result: Net, key: Key) -> Effect:
    """What is known of a key so far; with itself as base if the table must be asked."""
    untouched = Effect(key, None) if result.truncated else Effect(key, {}, base=key)
    return result.effects.get(key, untouched)
