"""Which strategy places which keys into which topic, at which rate: all that is measured in a run."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lab.errors import ParameterError
from lab.experiments.kafka_lag.mechanism import (
    Strategy,
    keyed,
    keys_to_salt,
    random_sticky,
    salting,
)
from lab.experiments.kafka_lag.params import MEAN_LOAD, Params, by_the_mean

KEYS = 1_000
LARGER = 10  # times the load, in workers
SLOWER = 20  # times the wait there: half of the messages, for each is a request to the broker of its own
CROWDED_LOAD = 0.93  # of the mean worker there: room to spare, were it not for the fullest partition
OUTAGE_LOADS = (0.45, 0.6, 0.75)
STOP_AFTER_S = 0.7


@dataclass(frozen=True)
class Variant:
    """One way to place messages: a strategy on keys that are drawn in one way.

    zipf: exponent of the keys' popularity; 0 makes all keys equally frequent.
    """

    name: str
    strategy: Strategy
    zipf: float


@dataclass(frozen=True)
class Topic:
    """A topic whose workers spend `service_ns` on a message: by the clock's word, or really, if it `waits`."""

    partitions: int
    service_ns: int
    waits: bool = False

    def name(self, run: str) -> str:
        return f"{run}-{self.partitions}-{'waits' if self.waits else 'takes'}-{self.service_ns}ns"


@dataclass(frozen=True)
class Load:
    """What one measurement window sends. outage_s: how long the group is stopped in it."""

    kind: Literal["level", "sweep", "outage"]
    variant: Variant
    topic: Topic
    rate: int
    seconds: float
    outage_s: float = 0


def variants(params: Params) -> list[Variant]:
    """The treatment's, in the order of `params.strategies`."""
    salted = salting(hot_keys(params))
    known = {
        "random-sticky": Variant("random-sticky", random_sticky, params.zipf),
        "keyed": Variant("keyed", keyed, 0),
        "salted hot key": Variant("salted hot key", salted, params.zipf),
    }
    return [known[name] for name in params.strategies]


def hot_key(params: Params) -> Variant:
    """The control's: one key takes a large share, and nothing is done about it."""
    return Variant("keyed, hot key", keyed, params.zipf)


def levels(params: Params, chosen: Sequence[Variant]) -> list[Load]:
    """Load level by load level, the variants side by side within each."""
    topic = Topic(params.partitions, params.service_ns)
    return [
        Load("level", variant, topic, level, params.window_s(level))
        for level in params.levels
        for variant in chosen
    ]


def sweep(params: Params) -> list[Load]:
    """Partition counts: skewed keys on workers that wait; even keys at `LARGER` times the load, on slower ones."""
    skewed, even = Variant("skewed keys", keyed, params.zipf), Variant("even keys", keyed, 0)
    larger = LARGER * params.workers
    return [_waiting(params, skewed, count, params.workers, params.wait_ns) for count in params.counts] + [
        _waiting(params, even, by_the_mean(larger, load), larger, SLOWER * params.wait_ns)
        for load in (MEAN_LOAD, CROWDED_LOAD)
    ]


def _waiting(params: Params, variant: Variant, partitions: int, workers: float, wait_ns: int) -> Load:
    rate, seconds = round(workers * 1e9 / wait_ns), max(0.6, params.seconds * 5 / 8)
    if not variant.zipf:
        # Over hundreds of partitions each message is a request of its own, late by some ms, now more, now less: that
        # must be little beside 1 % of the window. And each key comes as often as any other, to the message.
        seconds = max(1, round(max(2.0, params.seconds) * rate / KEYS)) * KEYS / rate
    return Load("sweep", variant, Topic(partitions, wait_ns, waits=True), rate, seconds)


def outage(params: Params) -> Load:
    """A partition for each of `OUTAGE_LOADS`, and the group stopped for a while."""
    strategy = by_shares(OUTAGE_LOADS)
    rate = round(sum(OUTAGE_LOADS) * 1e9 / params.wait_ns)
    longest = params.outage_s / (1 - max(OUTAGE_LOADS)) * 1.3
    topic = Topic(len(OUTAGE_LOADS), params.wait_ns, waits=True)
    variant = Variant("outage", strategy, 0)
    return Load("outage", variant, topic, rate, STOP_AFTER_S + longest, params.outage_s)


def by_shares(parts: Sequence[float]) -> Strategy:
    """Partitions in the proportion of `parts`, evenly in time (by the golden ratio), whatever the key."""
    bounds = [bound / sum(parts) for bound in accumulate(parts)][:-1]
    return lambda key, sequence, partitions: bisect(bounds, sequence * 0.6180339887498949 % 1)


def popularity(exponent: float, keys: int = KEYS) -> NDArray[np.float64]:
    """Zipf's law: probability of the key at each rank, proportional to 1 / rank ** exponent."""
    weights = np.arange(1, keys + 1, dtype=float) ** -exponent
    return weights / weights.sum()


def key_names(keys: int = KEYS) -> list[bytes]:
    return [b"customer-%d" % rank for rank in range(keys)]


def shares(zipf: float) -> dict[bytes, float]:
    """Each key's share of the messages."""
    return dict(zip(key_names(), popularity(zipf).tolist(), strict=True))


def hot_keys(params: Params) -> list[bytes]:
    """The fewest keys that must be salted where strategies are compared; all, if not even that is enough."""
    try:
        return keys_to_salt(shares(params.zipf), params.partitions, params.workers, params.target_load)
    except ParameterError:
        return key_names()
