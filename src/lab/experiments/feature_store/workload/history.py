"""A month of updates before the run, with the times at which they became known; and the rows of the join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from lab.experiments.feature_store.oracle import TTL, Fact
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.popularity import AGEING, UNKNOWN, ageing, names, shares

MONTH = timedelta(days=30)
LATE, REPEATED, CORRECTED = 0.1, 0.03, 0.03  # shares of the history
HIGHEST = 1_000_000  # cents


def facts(params: Params, end: datetime) -> list[Fact]:
    """Updates up to `end`, in the order in which they became known; the newest of each entity is under an hour old."""
    random = np.random.default_rng([params.seed, 1])
    total = params.entities * (params.history - 1)
    entities = random.choice(names(params), total, p=shares(params))
    ages_s = random.uniform(3_600, MONTH.total_seconds(), total)
    late = random.random(total) < LATE
    delays_s = np.where(late, random.exponential(6 * 3_600, total), random.exponential(2, total))
    made = _made(random, entities, "h", [end - timedelta(seconds=age) for age in ages_s], delays_s, end)
    again = random.random(total) < REPEATED + CORRECTED
    made += [_again(random, fact, end) for fact, chosen in zip(made, again, strict=True) if chosen]
    newest = [end - timedelta(seconds=age) for age in random.uniform(60, 3_600, params.entities)]
    made += _made(random, names(params), "n", newest, np.ones(params.entities), end)
    made += _ageing(params, random, end)
    return sorted(made, key=lambda fact: (fact.known_time, fact.event_id))


def _made(
    random: np.random.Generator,
    entities: Iterable[str],
    id: str,
    events: Sequence[datetime],
    delays_s: NDArray[np.float64],
    end: datetime,
) -> list[Fact]:
    """Updates of `entities` at `events`, known so much later, at the latest a second before `end`."""
    last = end - timedelta(seconds=1)
    values = random.integers(1, HIGHEST, (len(events), 2)).tolist()
    return [
        Fact(str(entity), event, min(event + timedelta(seconds=delay), last), f"{id}{number}", *value)
        for number, (entity, event, delay, value) in enumerate(
            zip(entities, events, delays_s.tolist(), values, strict=True)
        )
    ]


def _again(random: np.random.Generator, fact: Fact, end: datetime) -> Fact:
    """The same event later: as it was, or corrected."""
    later = min(fact.known_time + timedelta(seconds=random.exponential(3_600)), end)
    corrected = random.random() < CORRECTED / (REPEATED + CORRECTED)
    balance = int(random.integers(1, HIGHEST)) if corrected else fact.balance
    return replace(fact, known_time=later, balance=balance)


def _ageing(params: Params, random: np.random.Generator, end: datetime) -> list[Fact]:
    """One update each, whose TTL ends while lookups run: they begin some seconds to half a minute after `end`."""
    span_s = 40 + params.seconds
    events = [end - TTL + timedelta(seconds=later) for later in random.uniform(0, span_s, AGEING)]
    return _made(random, ageing(), "o", events, np.ones(AGEING), end)


def asked(params: Params, known: list[Fact], end: datetime) -> list[tuple[str, datetime]]:
    """Entities with times: half at random, half on either side of a moment at which the answer may change."""
    random = np.random.default_rng([params.seed, 2])
    rows = []
    for number in range(params.asked):
        fact = known[random.integers(len(known))]
        moments = (fact.event_time, fact.known_time, fact.event_time + TTL)
        edge = moments[random.integers(3)] + timedelta(microseconds=int(random.integers(-1, 2)))
        anywhere = end - timedelta(seconds=random.uniform(0, MONTH.total_seconds()))
        entity = UNKNOWN if random.random() < 0.01 else fact.entity
        rows.append((entity, edge if number % 2 else anywhere))
    return rows
