"""What is sent: keys, partitions, intended times and payloads of one hold, prepared before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.workload.arms import KEYS, Arm, key_names, popularity
from lab.load.schedule import Nanoseconds, constant

HEADER = np.dtype([("sequence", "<i8"), ("due_ns", "<i8")])
_POOL = 1_000_003  # bytes of text before it repeats: far beyond a compressor's window


@dataclass(frozen=True)
class Hold:
    """The messages of one arm at one rate: arrays of equal length, one entry per message."""

    arm: Arm
    rate: int
    first: int
    due_ns: Nanoseconds
    key_ranks: NDArray[np.int64]
    partitions: NDArray[np.int64]

    @property
    def count(self) -> int:
        return len(self.due_ns)

    @property
    def sequences(self) -> NDArray[np.int64]:
        return np.arange(self.first, self.first + self.count)

    def arrivals(self, partitions: int) -> NDArray[np.float64]:
        """Messages per second offered to each partition."""
        return np.bincount(self.partitions, minlength=partitions) / self.count * self.rate

    def save(self, path: Path) -> None:
        """Write for the generators, complete at once: they wait for the file's name."""
        temporary = path.with_name("writing.npz")
        np.savez(
            temporary, first=self.first, due=self.due_ns, keys=self.key_ranks, partitions=self.partitions
        )
        temporary.rename(path)


def prepare(arm: Arm, rate: int, seconds: float, partitions: int, first: int, seed: int) -> Hold:
    """Decide everything about one hold. `first` is the sequence number of its first message."""
    due = constant(rate, seconds)
    ranks = np.random.default_rng([seed, first]).choice(KEYS, len(due), p=popularity(arm.zipf))
    names = key_names()
    placed = np.fromiter(
        (arm.strategy(names[rank], first + place, partitions) for place, rank in enumerate(ranks.tolist())),
        dtype=np.int64,
        count=len(due),
    )
    if len(placed) and not (placed.min() >= 0 and placed.max() < partitions):
        raise ValueError(f"strategy {arm.name!r} named a partition outside 0..{partitions - 1}")
    return Hold(arm, rate, first, due, ranks, placed)


def payloads(sequences: NDArray[np.int64], due_ns: Nanoseconds, size: int, seed: int) -> list[bytes]:
    """One message body per sequence number: 8 bytes sequence, 8 bytes intended time, text to `size` bytes.

    The text is random letters and digits, so it compresses like text does and not
    like padding. The intended time is in ns after the start of the hold.
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
