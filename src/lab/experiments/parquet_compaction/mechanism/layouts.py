"""Layouts: by which keys a dataset's rows are divided into partitions, and which of them a query can skip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from lab.experiments.parquet_compaction.mechanism.partition_values import (
    MISSING,
    PartitionError,
    alike,
    asked,
    identity,
    is_missing,
    moment,
    text,
)
from lab.experiments.parquet_compaction.mechanism.schemas import plain, takeable

if TYPE_CHECKING:
    import pyarrow as pa

Values = NDArray[Any]
Where = Mapping[str, Collection[Any]]  # column -> the values that a query asks for
_KNUTH = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: multiplicative hashing


@dataclass(frozen=True)
class Key:
    """A partition key. of: the column that it is made from; value: that column's values -> the key's.

    `value` gets an array of the values that are there, whole numbers as such however many are missing; rows without
    a value have a partition of their own.
    """

    name: str
    of: str
    value: Callable[[Values], Values]

    def texts(self, rows: pa.Table) -> tuple[list[str], NDArray[np.int64]]:
        """The key's different values in `rows` as text, and for each row which of them it has."""
        import pandas as pd

        values, there = column(rows, self.of)
        codes, found = pd.factorize(self.value(values))  # -1: missing, such as NaN
        names = [*map(text, found), MISSING]
        place = np.full(len(there), len(names) - 1)
        place[there] = np.where(codes < 0, len(names) - 1, codes)
        return names, place

    def wanted(self, values: Collection[Any]) -> set[str]:
        """What the text of a partition that holds one of the column's `values` can be, by `identity`."""
        found = set()
        for value in (each for given in asked(self.of, values) for each in alike(given)):
            made = [None] if is_missing(value) else self.value(_array(value))
            found |= {identity(text(each)) for each in made}
        return found


def _array(value: Any) -> Values:
    """One value as a column gives it: numbers and moments as numpy's, all else as objects."""
    made = np.empty(1, dtype=object)
    made[0] = value
    plain = np.asarray([moment(value) if isinstance(value, date | np.datetime64) else value])
    return plain if plain.ndim == 1 and plain.dtype.kind in "biufM" else made


@dataclass(frozen=True)
class Layout:
    """Rows with equal values of all `keys` share a partition; no keys: one partition holds all."""

    name: str
    keys: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        names = [key.name for key in self.keys]
        if len(set(names)) < len(names):
            raise PartitionError(f"Layout {self.name!r}: two keys have one name. Give each its own.")

    def divide(self, rows: pa.Table) -> Iterator[tuple[dict[str, str], pa.Table]]:
        """The partitions of `rows`: their keys' values as text, and their rows in the given order; no rows, none.

        PartitionError for a column that is not there or whose values can't name a partition.
        """
        if not rows.num_rows:
            return
        if not self.keys:
            yield {}, rows
            return
        rows = takeable(rows)
        found = [key.texts(rows) for key in self.keys]
        shape = [len(names) for names, _ in found]
        place = np.ravel_multi_index([places for _, places in found], shape)
        for number in np.unique(place):
            parts = zip(self.keys, found, np.unravel_index(number, shape), strict=True)
            names = {key.name: own[part] for key, (own, _), part in parts}
            yield names, rows.take(np.flatnonzero(place == number))

    def wanted(self, where: Where) -> dict[str, set[str]]:
        """Of each key that `where` says something about, the texts (by `identity`) outside which no row satisfies it."""
        return {key.name: key.wanted(where[key.of]) for key in self.keys if key.of in where}


def same(name: str) -> Key:
    """A partition for each value of the column `name`."""
    return Key(name, name, np.asarray)


def hashed(column_name: str, buckets: int) -> Key:
    """`buckets` partitions by a hash of a column's values: equal values share one, whatever their types.

    The key's name says column and buckets, so that files of another number of buckets are never left out by mistake.
    """

    if buckets < 1:
        raise PartitionError(f"hashed: {buckets} buckets hold nothing. Give at least 1.")

    def bucket(values: Values) -> Values:
        whole = values if values.dtype.kind in "iu" else _fingerprints(values)
        return (whole.astype(np.uint64) * _KNUTH >> np.uint64(40)) % np.uint64(buckets)

    return Key(f"{column_name}-of-{buckets}", column_name, bucket)


def _fingerprints(values: Values) -> NDArray[np.uint64]:
    """A whole number for each value; equal ones for values that an engine could take for equal."""
    import pandas as pd

    codes, found = pd.factorize(values)
    return np.array([_whole(identity(text(value))) for value in found], dtype=np.uint64)[codes]


def _whole(said: str) -> int:
    try:
        return int(said) % 2**64  # as the cast of an integer column does
    except ValueError:
        return crc32(said.encode("utf-8", "surrogatepass"))


def column(rows: pa.Table, name: str) -> tuple[Values, NDArray[np.bool_]]:
    """A column's values without the missing ones, exact, and which rows have one."""
    import pyarrow as pa

    if name not in rows.schema.names:
        raise PartitionError(
            f"There is no column {name!r} to partition by. Name one of: {', '.join(rows.schema.names)}."
        )
    found = rows.column(name)
    if found.type == pa.uuid():
        values = [None if value is None else str(value) for value in found.to_pylist()]
        found = pa.chunked_array([pa.array(values, pa.string())])
    found = found.cast(plain(found.type))
    if pa.types.is_nested(found.type):
        raise PartitionError(
            f"Column {name!r} is {found.type}, which can't name a partition. Use a plain column."
        )
    there = (~found.is_null(nan_is_null=True).to_numpy()).astype(bool)
    return found.filter(pa.array(there)).to_numpy(), there
