"""What is sent: keys, partitions, intended times and payloads of one measurement window, prepared before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.workload.variants import KEYS, Load, key_names, popularity
from lab.load.schedule import Nanoseconds, constant

HEADER = np.dtype([("sequence", "<i8"), ("due_ns", "<i8")])
_POOL = 1_000_003  # bytes of text before it repeats: far beyond a compressor's window


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


def payloads(sequences: NDArray[np.int64], due_ns: Nanoseconds, size: int, seed: int) -> list[bytes]:
    """One message body per sequence number: 8 bytes sequence, 8 bytes intended time, text to `size` bytes.

    The text is random letters and digits, so it compresses like text does and not
    like padding. The intended time is in ns after the start of the window.
    """
    filling = size - HEADER.itemsize
    alphabet = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)
    random = np.random.default_rng(seed)
    pool = alphabet[random.integers(0, len(alphabet), _POOL)]
    body = np.empty((len(sequences), size), dtype=np.uint8)
    head = np.empty(len(sequences), dtype=HEADER)
    head["sequence"], head["due_ns"] = sequences, due_ns
    body[:, : HEADER.itemsize] = head.view(np.uint8).reshape(-1, HEADER.itemsize)
    body[:, HEADER.itemsize :] = np.resize(pool, (len(sequences), filling))
    whole = body.tobytes()
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def headers(values: Sequence[bytes]) -> NDArray[np.void]:
    """Sequence numbers and intended times of message bodies of equal size, as an array of HEADER."""
    body = np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), -1)
    return np.ascontiguousarray(body[:, : HEADER.itemsize]).view(HEADER)[:, 0]
