"""Which partition a message goes to, and what that makes of a reader's own keys.

`partition_for` is the rule of Kafka's Java client, so a topic that is keyed here is read by any other
client as if Java had written it. Source of the hash: Apache Kafka, `Utils.murmur2` and
`BuiltInPartitioner.partitionForKey`; MurmurHash2 by Austin Appleby.
Strategies are plain functions (key, sequence, partitions) -> partition.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

from lab.errors import ParameterError

Strategy = Callable[[bytes, int, int], int]
Key = bytes | str  # text is meant as Kafka's StringSerializer writes it: UTF-8

_SEED, _MULTIPLIER, _SHIFT, _WORD = 0x9747B28C, 0x5BD1E995, 24, 0xFFFFFFFF
STICKY_MESSAGES, SALTS = 100, 32


def murmur2(data: bytes) -> int:
    """MurmurHash2 of `data` as Kafka's Java client computes it: a signed 32-bit integer."""
    digest = _SEED ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        digest = (digest * _MULTIPLIER & _WORD) ^ _mixed(int.from_bytes(data[start : start + 4], "little"))
    if whole < len(data):
        digest = (digest ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _WORD
    digest = (digest ^ digest >> 13) * _MULTIPLIER & _WORD
    digest ^= digest >> 15
    return digest - (1 << 32) if digest >> 31 else digest


def _mixed(word: int) -> int:
    word = word * _MULTIPLIER & _WORD
    return (word ^ word >> _SHIFT) * _MULTIPLIER & _WORD


@lru_cache(maxsize=1 << 16)
def _positive(key: bytes) -> int:
    return murmur2(key) & 0x7FFFFFFF


def partition_for(key: Key, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives to `key`: positive murmur2 modulo partitions.

    ParameterError for a key that is neither bytes nor text, or for less than one partition.
    """
    return _positive(_bytes(key)) % _whole(partitions, "partitions")


@dataclass(frozen=True)
class Placement:
    """What each partition of a topic gets: messages (in the unit of the counts given) and different keys."""

    messages: tuple[float, ...]
    keys: tuple[int, ...]

    @property
    def fullest(self) -> int:
        """Number of the partition that gets most."""
        return self.messages.index(max(self.messages))

    @property
    def share(self) -> float:
        """The fullest partition's share of all messages."""
        return float(max(self.messages) / sum(self.messages))

    @property
    def times_fair(self) -> float:
        """The same, as a multiple of what each would get if all got the same."""
        return self.share * len(self.messages)

    @property
    def empty(self) -> int:
        """Partitions that no key goes to."""
        return self.keys.count(0)


def placement(key_counts: Mapping[Any, Any], partitions: int) -> Placement:
    """Which partition gets what, by Kafka's default partitioner, of keys that occur `key_counts` times.

    key_counts: key (bytes, or text as UTF-8) -> messages, or messages/s, or a share; a pandas value_counts()
    will do. An empty key is hashed, as Java does. ParameterError for a key that has no bytes (None too: messages
    without key are not placed by hash), for a count that is negative, NaN or infinite, and where nothing is counted.
    """
    size = _whole(partitions, "partitions")
    messages: list[float] = [0] * size
    keys = [0] * size
    for key, count in _counted(key_counts).items():
        place = _positive(key) % size
        messages[place] += count
        keys[place] += count > 0
    return Placement(tuple(messages), tuple(keys))


def counts_that_hold(
    key_counts: Mapping[Any, Any], workers: float, load: float, counts: Collection[int]
) -> list[int]:
    """Those of the partition `counts` at which the fullest partition takes at most `load` of its worker's time.

    workers: the topic's rate over one worker's rate. Holds for these keys only: the next larger count may fail.
    """
    counted, bound = _counted(key_counts), _above_0(load, "load") / _above_0(workers, "workers")
    return [count for count in counts if placement(counted, count).share <= bound]


def keys_to_salt(
    key_counts: Mapping[Any, Any], partitions: int, workers: float, load: float, salts: int = SALTS
) -> list[bytes]:
    """Keys whose salting leaves the fullest partition at most `load` of its worker's time: its largest, until it does.

    Empty if nothing need be salted; the order within all others is kept. workers: as of counts_that_hold.
    ParameterError if a partition is too full though each of its keys is salted.
    """
    counted, ways = _counted(key_counts), _whole(salts, "salts")
    taken = list(placement(counted, partitions).messages)
    limit = _above_0(load, "load") / _above_0(workers, "workers") * sum(counted.values())
    left: list[list[bytes]] = [[] for _ in taken]  # keys of each partition, the largest last
    for key in sorted(counted, key=counted.__getitem__):
        left[partition_for(key, partitions)].append(key)
    salted: list[bytes] = []
    while max(taken) > limit:
        fullest = taken.index(max(taken))
        if not left[fullest]:
            raise ParameterError(
                f"{partitions} partitions are too few for {workers:g} workers' load at {load:.0%} each: one is too full "
                "though each of its keys is salted."
            )
        salted.append(key := left[fullest].pop())
        taken[fullest] -= counted[key]
        for number in range(ways):
            taken[partition_for(_salted(key, number), partitions)] += counted[key] / ways
    return salted


def random_sticky(key: bytes, sequence: int, partitions: int) -> int:
    """No key order: a random partition, kept for 100 messages so that batches fill (KIP-480, KIP-794)."""
    return crc32((sequence // STICKY_MESSAGES).to_bytes(8, "little")) % partitions


def keyed(key: bytes, sequence: int, partitions: int) -> int:
    """All messages of a key in one partition, in order."""
    return partition_for(key, partitions)


def salting(hot: Collection[Key], salts: int = SALTS) -> Strategy:
    """Keyed, but each of the `hot` keys goes where its `salts` sub-keys key#0, key#1, ... would go.

    Only the partition is chosen so; the message keeps its key. The order within a hot key is given up: a consumer
    adds up per key in two steps (within a partition, then over all), or sorts by a number that the producer gave.
    """
    if isinstance(hot, bytes | str):
        raise ParameterError(f"hot is {hot!r}, one key. Give a collection of keys, such as [{hot!r}].")
    spread, ways = frozenset(map(_bytes, hot)), _whole(salts, "salts")

    def salted(key: bytes, sequence: int, partitions: int) -> int:
        own = _bytes(key)
        return partition_for(_salted(own, sequence % ways) if own in spread else own, partitions)

    return salted


def _salted(key: bytes, number: int) -> bytes:
    return b"%b#%d" % (key, number)


def _counted(key_counts: Mapping[Any, Any]) -> Mapping[bytes, float]:
    """By bytes, so that a key given as text and as bytes is one key."""
    if not hasattr(key_counts, "items"):
        raise ParameterError(
            "key_counts is no mapping. Give key -> count, such as collections.Counter(keys)."
        )
    found: dict[bytes, float] = {}
    for key, count in key_counts.items():
        name = _bytes(key)
        found[name] = found.get(name, 0) + _amount(count, key)
    if not 0 < sum(found.values()) < math.inf:
        raise ParameterError(
            "key_counts counts no message, or more than a float can hold. Give at least one key with a count above 0."
        )
    return found


def _bytes(key: Any) -> bytes:
    if isinstance(key, bytes | bytearray | memoryview):
        return bytes(key)
    try:
        return str.encode(key)
    except (TypeError, UnicodeEncodeError):
        raise ParameterError(
            f"{key!r} is no key on the wire. Give the bytes that your producer's serializer writes, or text for UTF-8; "
            f"leave out messages without a key, which are not placed by a hash."
        ) from None


def _amount(count: Any, key: Any) -> float:
    if (number := _real(count)) >= 0:
        # Small unsigned integers of an array would run over when they are added up.
        return int(count) if isinstance(count, numbers.Integral) else number
    raise ParameterError(f"the count of {key!r} is {count!r}. Give a finite number that is not negative.")


def _above_0(value: Any, name: str) -> float:
    if (number := _real(value)) > 0:
        return number
    raise ParameterError(f"{name} is {value!r}. Give a finite number above 0.")


def _real(value: Any) -> float:
    """As a float; NaN, which no comparison lets pass, where it is none or too large for one."""
    try:
        number = float(value) if isinstance(value, numbers.Real) else math.nan
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def _whole(number: Any, name: str) -> int:
    if isinstance(number, numbers.Integral) and not isinstance(number, bool) and int(number) >= 1:
        return int(number)
    raise ParameterError(f"{name} is {number!r}. Give a whole number of at least 1.")
