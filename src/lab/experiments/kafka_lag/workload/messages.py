"""What is sent: keys, partitions, intended times and payloads of one measurement window, prepared before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.workload.variants import KEYS, Load, key_names, popularity
from lab.load.schedule import Nanoseconds, constant


@dataclass(frozen=True)
class Window:
    """The messages of one measurement window: arrays of equal length, one entry per message."""

    load: Load
    first: int
    due_ns: Nanoseconds
    key_ranks: NDArray[np.int64]
    partitions: NDArray[np.int64]

    @property
    def rate(self) -> int:
        return self.load.rate

    @property
    def count(self) -> int:
        return len(self.due_ns)

    @property
    def key_counts(self) -> dict[bytes, int]:
        """How often each key is sent."""
        return dict(zip(key_names(), np.bincount(self.key_ranks, minlength=KEYS).tolist(), strict=True))

    def arrivals(self) -> NDArray[np.float64]:
        """Messages per second offered to each partition."""
        sent = np.bincount(self.partitions, minlength=self.load.topic.partitions)
        return sent / self.count * self.rate

    def save(self, path: Path, topic: str) -> None:
        """Write for the generators, complete at once: they wait for the file's name."""
        temporary = path.with_name("writing.npz")
        np.savez(
            temporary,
            topic=topic,
            first=self.first,
            due=self.due_ns,
            keys=self.key_ranks,
            partitions=self.partitions,
        )
        temporary.rename(path)


def prepare(load: Load, first: int, seed: int) -> Window:
    """Decide everything about one window. `first` is the sequence number of its first message."""
    due, variant, partitions = constant(load.rate, load.seconds), load.variant, load.topic.partitions
    random = np.random.default_rng([seed, first])
    ranks = _ranks(len(due), variant.zipf, random)
    # What placement() tells is how much a partition gets, not how bursts queue up before its worker.
    ranks = random.permutation(ranks) if load.kind == "level" else _spread(ranks, random)
    names = key_names()
    placed = np.fromiter(
        (
            variant.strategy(names[rank], first + place, partitions)
            for place, rank in enumerate(ranks.tolist())
        ),
        dtype=np.int64,
        count=len(due),
    )
    if len(placed) and not (placed.min() >= 0 and placed.max() < partitions):
        raise ValueError(f"strategy {variant.name!r} named a partition outside 0..{partitions - 1}")
    return Window(load, first, due, ranks, placed)


def _ranks(count: int, zipf: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Each key as often as its popularity says, to within one message, rank by rank.

    Drawn one by one, the keys of a window of seconds would spread wider over many partitions than they do in the
    long run, and it is the long run that a reader plans for.
    """
    places = (np.arange(count) + random.uniform()) / count
    return np.searchsorted(np.cumsum(popularity(zipf))[:-1], places, side="right")


def _spread(ranks: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """The same ranks, each evenly over the window from a random moment on."""
    counts = np.bincount(ranks)
    place = np.arange(len(ranks)) - np.repeat(np.cumsum(counts) - counts, counts)
    moments = (place + np.repeat(random.uniform(size=len(counts)), counts)) / np.repeat(counts, counts)
    return ranks[np.argsort(moments, kind="stable")]
