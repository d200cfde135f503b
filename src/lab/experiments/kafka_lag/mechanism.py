"""Which partition a message goes to: plain functions (key, sequence, partitions) -> partition.

`partition_for` is the rule of Kafka's Java client, so a topic that is keyed here is read by any other
client as if Java had written it. Source of the hash: Apache Kafka, `Utils.murmur2` and
`BuiltInPartitioner.partitionForKey`; MurmurHash2 by Austin Appleby.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from zlib import crc32

Strategy = Callable[[bytes, int, int], int]

_SEED, _MULTIPLIER, _SHIFT, _WORD = 0x9747B28C, 0x5BD1E995, 24, 0xFFFFFFFF
STICKY_MESSAGES = 100


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
def partition_for(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives to `key`: positive murmur2 modulo partitions."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def random_sticky(key: bytes, sequence: int, partitions: int) -> int:
    """No key order: a random partition, kept for 100 messages so that batches fill (KIP-480)."""
    return crc32((sequence // STICKY_MESSAGES).to_bytes(8, "little")) % partitions


def keyed(key: bytes, sequence: int, partitions: int) -> int:
    """All messages of a key in one partition, in order."""
    return partition_for(key, partitions)


def salting(hot: Collection[bytes], salts: int = 32) -> Strategy:
    """Keyed, but each of the `hot` keys is spread over `salts` sub-keys: key#0, key#1, ...

    The order within a hot key is given up; whoever aggregates by key must add the sub-keys up again.
    """

    def salted(key: bytes, sequence: int, partitions: int) -> int:
        if key in hot:
            key = b"%b#%d" % (key, sequence % salts)
        return partition_for(key, partitions)

    return salted
