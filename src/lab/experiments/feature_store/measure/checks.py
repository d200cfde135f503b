"""What lookups were given, against the truth by hand; and whether the kit's reconciliation finds the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from lab.experiments.feature_store import oracle
from lab.experiments.feature_store.kit.features.reconcile import Sample, compare
from lab.experiments.feature_store.measure.live import Bench
from lab.experiments.feature_store.measure.offline import VIEW
from lab.experiments.feature_store.oracle import Fact
from lab.experiments.feature_store.workload import traffic
from lab.experiments.feature_store.workload.popularity import ageing

COLUMNS = ["arm", "hold_s", "instant", "entity", "ageing", "differs", "reconciled"]


class Truth:
    """History and everything that was sent; all of it has been acknowledged."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @cached_property
    def _facts(self) -> Mapping[str, Sequence[Fact]]:
        sent = traffic.facts(self._bench.params, self._bench.folder)
        return oracle.by_entity([*self._bench.past.facts, *sent])

    def differs(self, entity: str, at: datetime, given: Mapping[str, Any] | None) -> bool:
        """True if something else was known at that moment."""
        fact = oracle.at(self._facts, entity, at)
        found = None if given is None else tuple(given[name] for name in oracle.NAMES)
        return found != (None if fact is None else fact.features())


def checked(bench: Bench, found: Sequence[tuple[int, int, Sample]]) -> pd.DataFrame:
    """Every check of every arm. differs: from the truth; reconciled: the kit says so too, or neither does."""
    truth, old, parts = Truth(bench), set(ageing()), []
    for arm, job in enumerate(bench.jobs):
        own = [(instant, each) for place, instant, each in found if place == arm]
        told = {
            id(each) for each, _ in compare([each for _, each in own], bench.past.offline, VIEW).differing
        }
        for instant, each in own:
            differs = truth.differs(each.entity, each.at, each.given)
            agreed = differs == (id(each) in told)
            parts.append((job.name, job.hold_s, instant, each.entity, each.entity in old, differs, agreed))
    return pd.DataFrame(parts, columns=COLUMNS)
