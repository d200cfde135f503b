"""Joins of entities and times to the history, each against the truth by hand."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from lab.experiments.feature_store import oracle
from lab.experiments.feature_store.kit.features.offline import Offline
from lab.experiments.feature_store.kit.features.updates import Update
from lab.experiments.feature_store.measure.seen import Joined
from lab.experiments.feature_store.mechanism import REGISTRY, load_registry
from lab.experiments.feature_store.oracle import Clocks, Fact, Features
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload import history
from lab.experiments.feature_store.workload.joins import Join

VIEW = "card"
BOTH: Clocks = "both"
EVENT: Clocks = "event"
TRIES = 3


@dataclass(frozen=True)
class Past:
    """The history in an offline store, and the rows to join. end: of the history (naive UTC)."""

    offline: Offline
    facts: list[Fact]
    asked: list[tuple[str, datetime]]
    end: datetime

    @cached_property
    def by_entity(self) -> dict[str, Sequence[Fact]]:
        return dict(oracle.by_entity(self.facts))

    @cached_property
    def both(self) -> list[Fact | None]:
        """The truth by both clocks."""
        return [oracle.at(self.by_entity, entity, moment) for entity, moment in self.asked]

    @cached_property
    def one(self) -> list[Fact | None]:
        """What event time alone gives."""
        return [oracle.at(self.by_entity, entity, moment, "event") for entity, moment in self.asked]

    @cached_property
    def corrected(self) -> tuple[frozenset[int], frozenset[int]]:
        """Places at which a correction decides, on both clocks and on one."""
        both, one = (
            frozenset(
                place
                for place, (entity, moment) in enumerate(self.asked)
                if oracle.corrected(self.by_entity, entity, moment, clocks)
            )
            for clocks in (BOTH, EVENT)
        )
        return both, one

    @cached_property
    def known_by(self) -> dict[tuple[str, Features], datetime]:
        """When the features of an entity were known first, and had happened."""
        found: dict[tuple[str, Features], datetime] = {}
        for fact in self.facts:
            counts_from, key = max(fact.known_time, fact.event_time), (fact.entity, fact.features())
            found[key] = min(counts_from, found.get(key, counts_from))
        return found


def past(params: Params, folder: Path, end: datetime) -> Past:
    """A month of updates, stored."""
    offline = Offline(folder, load_registry(REGISTRY))
    facts = history.facts(params, end)
    offline.add(VIEW, updates(facts), "history")
    return Past(offline, facts, history.asked(params, facts, end), end)


def updates(facts: Iterable[Fact]) -> list[Update]:
    return [
        Update(
            fact.entity,
            fact.event_time,
            fact.known_time,
            fact.event_id,
            {"amount": fact.amount, "balance": fact.balance},
        )
        for fact in facts
    ]


def joined(past: Past, join: Join) -> Joined:
    """The join's rows against the truth; its time is the median of three."""
    entities, times = [row[0] for row in past.asked], [row[1] for row in past.asked]
    took = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        table = past.offline.join(VIEW, entities, times, join.sql)
        took.append(time.perf_counter() - begun)
    rows = table.select(list(oracle.NAMES)).to_pylist()
    return compared(past, join.name, [features(row) for row in rows], sorted(took)[TRIES // 2])


def compared(past: Past, name: str, found: Sequence[Features | None], seconds: float) -> Joined:
    leaked = [
        place
        for place, ((entity, moment), given) in enumerate(zip(past.asked, found, strict=True))
        if given is not None and past.known_by.get((entity, given), past.end) > moment
    ]
    wrong, one = (oracle.wrong(truth, found) for truth in (past.both, past.one))
    return Joined(name, len(found), wrong, one, leaked, seconds, *past.corrected)


def features(row: dict[str, object]) -> Features | None:
    """None where the store has nothing."""
    values = tuple(row[name] for name in oracle.NAMES)
    return None if all(value is None for value in values) else values  # type: ignore[return-value]
