"""What a table holds, read in one way whatever types its columns have.

A column's type depends on everybody in it: one missing value turns integers into doubles, one text turns them
into objects, and small integers wrap. So values are read as doubles, keys as Python compares them, and nothing
is computed in a column's own type. Which kinds of values a column has counts as its schema: it is no secret.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from lab.experiments.private_aggregates.mechanism.errors import QueryError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
_NUMBERS = (bool, np.bool_, int, float, np.integer, np.floating, Decimal, Fraction)
_PRIME = np.uint64(0x100000001B3)


def column(table: pd.DataFrame, name: Hashable) -> pd.Series:
    """The one column called `name`; QueryError if there is none, or more than one."""
    found = sum(name == other for other in table.columns)
    if found != 1:
        raise QueryError(
            f"The table has {found or 'no'} column{'s' * (found > 1)} called {name!r}. "
            f"Name one of {', '.join(map(repr, dict.fromkeys(table.columns)))}."
        )
    return table[name]


def numbers(table: pd.DataFrame, name: Hashable) -> Floats:
    """The column as doubles, NaN where a value is missing; QueryError for a column that holds anything else."""
    values = column(table, name)
    if _is_numeric(values):
        return values.to_numpy(dtype=float, na_value=math.nan)
    there = values.notna().to_numpy()
    items = values[there].tolist()
    if not all(isinstance(item, _NUMBERS) for item in items):
        raise QueryError(f"The column {name!r} holds values that are no numbers. Convert it first.")
    found = np.full(len(values), math.nan)
    found[there] = [_double(item) for item in items]
    return found


def flags(table: pd.DataFrame, name: Hashable) -> NDArray[np.bool_]:
    """The column as true or false, a missing value as false; QueryError for a column that is not boolean."""
    values = column(table, name)
    there = values.notna().to_numpy()
    items = values[there].tolist()
    if not all(isinstance(item, (bool, np.bool_)) for item in items):
        raise QueryError(f"The column {name!r} is not boolean. Compare it with something first.")
    found = np.zeros(len(values), dtype=bool)
    found[there] = items
    return found


def codes(table: pd.DataFrame, name: Hashable) -> tuple[Codes, list[Hashable]]:
    """The distinct values of a column, and each row's place among them, -1 where it is missing.

    1, 1.0 and True are one value, 1 and "1" are two; 0.1 is one, of whatever width and be it a decimal.
    """
    values = column(table, name)
    there, known = _there(values), dict[Hashable, int]()
    places = np.full(len(values), -1, dtype=np.int64)
    try:
        places[there] = [known.setdefault(plain(item), len(known)) for item in _items(values[there])]
    except TypeError as error:
        raise QueryError(f"The column {name!r} holds values that can't be keys, such as lists.") from error
    return places, [bool(key) for key in known] if types.is_bool_dtype(values.dtype) else list(known)


def kinds(table: pd.DataFrame, name: Hashable) -> set[str]:
    """Which kinds of values a column has: by its type, or where that is no help by its values."""
    values = column(table, name)
    if types.is_bool_dtype(values.dtype):
        return {"boolean"}
    if _is_numeric(values):
        return {"number"}
    return {kind(item) for item in values.dropna().tolist()}


def kind(value: Any) -> str:
    """What sort of key a value is; keys of different sorts are never equal."""
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, _NUMBERS):
        return "number"
    if isinstance(value, (datetime.datetime, np.datetime64)):
        return "time with a zone" if getattr(value, "tzinfo", None) else "time"
    return "text" if isinstance(value, str) else type(value).__name__


def missing(value: Any) -> bool:
    """True for None, NaN and their like."""
    return types.is_scalar(value) and bool(pd.isna(value))


def plain(value: Any) -> Hashable:
    """A key as Python compares it, in one form however its column stores it."""
    if kind(value).startswith("time"):
        return pd.Timestamp(value)
    if not isinstance(value, _NUMBERS):
        return value
    item = value.item() if isinstance(value, np.generic) else value
    if math.isfinite(item) and item == math.floor(item):
        return int(item)
    # What is not whole counts as it is written: a float32 is not the double that comes closest to its bits.
    if isinstance(value, np.floating):
        return float(str(value))
    return float(item) if isinstance(item, Decimal) and Decimal(repr(float(item))) == item else item


def row_hashes(table: pd.DataFrame) -> NDArray[np.uint64]:
    """A hash of each row that depends on the row's values only, and not on the types of the columns."""
    total = np.zeros(len(table), dtype=np.uint64)
    for place in range(table.shape[1]):
        total = total * _PRIME + _hashes(table.iloc[:, place])
    return total


def _hashes(values: pd.Series) -> NDArray[np.uint64]:
    if _is_numeric(values):
        return _number_hashes(values.to_numpy(dtype=float, na_value=math.nan))
    items, gaps = values.tolist(), values.isna().to_numpy()
    found = pd.util.hash_array(np.array([str(item) for item in items], dtype=object))
    number = gaps | np.array([isinstance(item, _NUMBERS) for item in items], dtype=bool)
    found[number] = _number_hashes(
        np.array([math.nan if gaps[place] else _double(items[place]) for place in np.flatnonzero(number)])
    )
    return found


def _number_hashes(values: Floats) -> NDArray[np.uint64]:
    # One zero and one NaN, of the several that doubles have.
    return pd.util.hash_array(np.where(np.isnan(values), math.nan, values + 0.0))


def _there(values: pd.Series) -> NDArray[np.bool_]:
    """Where a value is present: NaN is none, which pandas says of most columns and not of masked and Arrow's doubles."""
    there = values.notna().to_numpy(dtype=bool)
    if types.is_float_dtype(values.dtype):
        there = there & ~np.isnan(values.to_numpy(dtype=float, na_value=math.nan))
    return there


def _items(values: pd.Series) -> list[Any]:
    """The values one by one, floats as wide as they are."""
    if not types.is_float_dtype(values.dtype):
        return values.tolist()
    # What a masked, an Arrow's or a sparse column is made of.
    inner: Any = getattr(values.dtype, "numpy_dtype", getattr(values.dtype, "subtype", values.dtype))
    return list(values.to_numpy(dtype=inner))


def _is_numeric(values: pd.Series) -> bool:
    return types.is_numeric_dtype(values.dtype) and not types.is_complex_dtype(values.dtype)


def _double(item: Any) -> float:
    try:
        return float(item)
    except OverflowError:
        return math.inf if item > 0 else -math.inf
