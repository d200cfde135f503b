"""What a run leaves: raw observations, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.experiments.infra_drift.mechanism import Drift, Look


@dataclass(frozen=True)
class Change:
    """What a hand did. begun, at: s since 1970, when it began and was done. declared: whether the server was as declared then;
    None for what the policy does not restore.
    """

    kind: str
    copy: int
    address: str
    answer: str
    begun: float
    at: float
    declared: bool | None = None


@dataclass(frozen=True)
class Event:
    """What the detector told, with the receiver's time."""

    at: float
    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body.get("event"))


@dataclass(frozen=True)
class Live:
    """The detector at work. files: tickets that lay there at the end, by address. lost: objects that were gone without a hand.

    approved: address of the ticket that was approved. carried_out: whether the object is as declared after.
    """

    changes: Sequence[Change]
    events: Sequence[Event]
    files: Mapping[str, str]
    lost: Sequence[str]
    approved: str = ""
    carried_out: bool = False


@dataclass(frozen=True)
class Quiet:
    """Looks at a world in which nothing changed. idle: changes made in it that change nothing. worded: addresses that a
    comparison word by word would have reported because of them.
    """

    looks: Sequence[Look]
    idle: int
    worded: Sequence[str] = ()


@dataclass(frozen=True)
class Lock:
    """Two applies at once. at_work: most that waited in the server at one time. said, seconds: what the second one said, and
    how long that took.
    """

    at_work: int
    said: str
    seconds: float


@dataclass(frozen=True)
class Commands:
    """One change of each kind, and what each command tells of it: command -> addresses. blind: what the detector without
    refresh found.
    """

    changes: Sequence[Change]
    told: Mapping[str, Sequence[str]]
    blind: Sequence[Drift]


@dataclass(frozen=True)
class Everything:
    """After applying everything. lost: objects that were gone. accepted: addresses that are not as they were and that no look
    tells of any more.
    """

    lost: Sequence[str]
    accepted: Sequence[str]


@dataclass(frozen=True)
class Size:
    """Looks at a state of `objects`. seconds: run times. apply_s: of making them."""

    objects: int
    seconds: Sequence[float]
    apply_s: float


@dataclass(frozen=True)
class Seen:
    managed: int
    apply_s: float
    quiet: Quiet
    live: Live
    lock: Lock
    unlocked: Lock
    commands: Commands
    everything: Everything
    sizes: Sequence[Size]
    versions: Mapping[str, str] = field(default_factory=dict)
