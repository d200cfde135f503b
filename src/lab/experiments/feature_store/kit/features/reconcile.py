"""Reconciliation while traffic runs: what lookups were given, against what was known at that very moment."""

from __future__ import annotations

import json
import random
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .offline import JOIN, Offline
from .registry import FeatureError


@dataclass(frozen=True)
class Sample:
    """One lookup: whose features, when by the store's clock (naive UTC), and what was given."""

    entity: str
    at: datetime
    given: Mapping[str, Any] | None


@dataclass(frozen=True)
class Mismatch:
    """How many lookups were compared and which differ: (sample, what the offline store has)."""

    lookups: int
    differing: Sequence[tuple[Sample, Mapping[str, Any] | None]]

    @property
    def share(self) -> float:
        return len(self.differing) / self.lookups if self.lookups else float("nan")


Ask = Callable[[Sequence[str]], list[Sample]]


def over_http(url: str, view: str) -> Ask:
    """Ask the application at `url` (http://host:port)."""

    def ask(entities: Sequence[str]) -> list[Sample]:
        body = json.dumps({"entities": list(entities)}).encode()
        request = urllib.request.Request(f"{url}/features/{view}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        at = datetime.fromisoformat(found["at"])
        return [Sample(entity, at, given) for entity, given in zip(entities, found["features"], strict=True)]

    return ask


def sample(ask: Ask, entities: Sequence[str], seconds: float, rate: float, batch: int = 20) -> list[Sample]:
    """Lookups of `entities`, drawn with replacement, at random moments: `rate` batches/s on average."""
    if not entities:
        raise FeatureError("no entity has features now, so there is nothing to look up")
    drawn, found = random.Random(0), list[Sample]()
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        found += ask(drawn.choices(entities, k=batch))
        time.sleep(max(0.0, now + drawn.expovariate(rate) - time.monotonic()))
    return found


def compare(samples: Iterable[Sample], offline: Offline, view: str) -> Mismatch:
    """Each sample against the offline store, which must have all that was known by then: load it first."""
    rows, names = list(samples), offline.registry.view(view).names
    table = offline.join(view, [row.entity for row in rows], [row.at for row in rows], JOIN)
    known = [_features(row, names) for row in table.to_pylist()]
    return Mismatch(
        len(rows), [(row, truth) for row, truth in zip(rows, known, strict=True) if row.given != truth]
    )


def reconcile(
    ask: Ask,
    offline: Offline,
    view: str,
    entities: Sequence[str],
    load: Callable[[], object],
    seconds: float,
    rate: float,
) -> Mismatch:
    """Sample for `seconds`, have `load` bring the offline store up to date, compare."""
    taken = sample(ask, entities, seconds, rate)
    load()
    return compare(taken, offline, view)


def _features(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    return {name: row[name] for name in names} if row["event_id"] is not None else None
