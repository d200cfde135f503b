"""What change events mean for a table: one by one (`apply`), or reduced to one effect per key (`net`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .change import Change, Key, Row


def apply(changes: Iterable[Change], table: Mapping[Key, Row]) -> dict[Key, Row]:
    """`table` after `changes`, which must be in commit order. The meaning of the events, without any engine.

    A value that is not in an event stays as it was, also when its row moves to another key in that event.
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
            kept = {name: before.get(name) for name in change.missing}
            rows[change.row] = before | dict(change.after or {}) | kept
    return rows


@dataclass(frozen=True)
class Effect:
    """What a batch does to one key of the table as it was before the batch.

    values: the row to write, None to delete. kept: columns to take from the row that had `base` as its key.
    """

    key: Key
    values: Mapping[str, Any] | None
    base: Key | None = None
    kept: frozenset[str] = frozenset()


@dataclass
class Net:
    """A batch reduced. truncated: rows without an effect of their own are deleted."""

    effects: dict[Key, Effect] = field(default_factory=dict)
    truncated: bool = False


def net(changes: Iterable[Change]) -> Net:
    """`changes`, in commit order, reduced to at most one effect per key, so that one MERGE can do them all."""
    result = Net()
    moving: dict[Key, Effect | None] = {}
    for change in changes:
        if change.op == "t":
            result.effects.clear()
            result.truncated = True
        elif change.op == "d":
            if change.moved_to is not None:
                moving[change.moved_to] = _standing(result, change.row)
            result.effects[change.row] = Effect(change.row, None)
        else:
            moved = change.moved_from is not None
            before = moving.pop(change.row, None) if moved else _standing(result, change.row)
            if moved and before is None:  # its delete came in an earlier batch: the old row is gone
                before = Effect(change.row, {})
            result.effects[change.row] = _written(change, before)
    return result


def _standing(result: Net, key: Key) -> Effect | None:
    """What is known of a key so far; None if the table itself must be asked."""
    if key in result.effects or not result.truncated:
        return result.effects.get(key) or Effect(key, {}, base=key)
    return None


def _written(change: Change, before: Effect | None) -> Effect:
    values, kept = dict(change.after or {}), set()
    known = (before.values or {}) if before else {}
    for name in change.missing:
        if before and before.base is not None and (name in before.kept or name not in known):
            kept.add(name)
        values[name] = known.get(name)
    return Effect(change.row, values, before.base if before and kept else None, frozenset(kept))
