"""Where the next batch begins, and how the table itself says so, whatever maintenance does to its snapshots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .batch import Offsets

PROPERTY = "cdc.position"  # of a batch's snapshot: where the next one begins
BEGIN = "cdc.begin"  # where this one began: it must be where the one before ended, or a batch was repeated or left out
SETTLED = (
    "cdc.settled"  # of the table: its newest snapshot at some moment, and the position that belongs to it
)


class ExpiredError(Exception):
    """Snapshots that might have said where to go on were expired."""


@dataclass(frozen=True)
class Position:
    """Where the next batch begins: offsets of the topic of changes, and of the transaction metadata topic."""

    changes: Offsets
    transactions: int

    def text(self) -> str:
        return json.dumps({"changes": self.changes, "transactions": self.transactions})


def position(text: str) -> Position:
    """The inverse of `Position.text`."""
    found = json.loads(text)
    return Position({int(name): value for name, value in found["changes"].items()}, found["transactions"])


@dataclass(frozen=True)
class Settled:
    """What a property of the table says: up to `position` everything is in `snapshot`."""

    snapshot: int
    position: Position

    def text(self) -> str:
        # No text within the text: it goes through SQL, where a backslash is none.
        return json.dumps({"snapshot": self.snapshot} | json.loads(self.position.text()))

    @staticmethod
    def of(text: str) -> Settled:
        return Settled(json.loads(text)["snapshot"], position(text))


@dataclass(frozen=True)
class Version:
    """A snapshot that is still there. said: position in its summary; a compaction's has none."""

    parent: int | None
    said: str | None


def resumed(
    table: str, current: int | None, versions: Mapping[int, Version], settled: Settled | None
) -> Position | None:
    """The position that belongs to the snapshot `current`, looked for from it back; None if nothing was ever written.

    ExpiredError if a snapshot on the way is gone: a batch may have been in it.
    """
    at = current
    while at is not None:
        if settled and at == settled.snapshot:
            return settled.position
        if at not in versions:
            raise ExpiredError(
                f"snapshots of {table} were expired that were newer than the last position noted in it "
                f"({settled.text() if settled else 'none'}); if the sink was not at work on a batch when it ended, go on by "
                f"setting the table's property {SETTLED} to that with {current} for its snapshot, else load the table anew"
            )
        if said := versions[at].said:
            return position(said)
        at = versions[at].parent
    return None
