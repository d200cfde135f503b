"""Layouts: by which keys a dataset's rows are divided into partitions, and which of them a query can skip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Values = NDArray[Any]
Where = Mapping[str, Collection[Any]]  # column -> the values that a query asks for
_KNUTH = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: multiplicative hashing


@dataclass(frozen=True)
class Key:
    """A partition key. of: the column that it is made from; value: that column's values -> the key's."""

    name: str
    of: str
    value: Callable[[Values], Values]


@dataclass(frozen=True)
class Layout:
    """Rows with equal values of all `keys` share a partition; no keys: one partition holds all."""

    name: str
    keys: tuple[Key, ...] = ()

    def divide(self, rows: pa.Table) -> Iterator[tuple[dict[str, str], pa.Table]]:
        """The partitions of `rows`: their keys' values as text, and their rows in the given order."""
        if not self.keys:
            yield {}, rows
            return
        found = [np.unique(key.value(column(rows, key.of)), return_inverse=True) for key in self.keys]
        shape = [len(values) for values, _ in found]
        place = np.ravel_multi_index([places for _, places in found], shape)
        for number in np.unique(place):
            parts = zip(self.keys, found, np.unravel_index(number, shape), strict=True)
            names = {key.name: str(values[part]) for key, (values, _), part in parts}
            yield names, rows.take(np.flatnonzero(place == number))

    def wanted(self, where: Where) -> dict[str, set[str]]:
        """Of each key that `where` says something about, the values outside which no row can satisfy it."""
        return {
            key.name: set(key.value(np.asarray(list(where[key.of]))).astype(str))
            for key in self.keys
            if key.of in where
        }


def same(name: str) -> Key:
    """A partition for each value of the column `name`."""
    return Key(name, name, np.asarray)


def hashed(column_name: str, buckets: int) -> Key:
    """`buckets` partitions, by a hash of an integer column."""

    def bucket(values: Values) -> Values:
        return (values.astype(np.uint64) * _KNUTH >> np.uint64(40)) % np.uint64(buckets)

    return Key("bucket", column_name, bucket)


def column(rows: pa.Table, name: str) -> Values:
    """One column as an array."""
    return rows.column(name).to_numpy()
