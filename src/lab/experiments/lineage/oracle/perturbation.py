"""Which final columns change when a source column does: the pipeline is a black box, and no SQL is looked at.

A change that is seen proves an influence. None seen proves nothing: a branch that was not taken, a maximum that
something else has. So this judges recall, and of what is claimed it tells what is confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice

import numpy as np
import pandas as pd

Tables = Mapping[str, pd.DataFrame]
Pair = tuple[
    str, str, str, str
]  # table, column, final table, final column; the column "*" is the table's rows
_DIGITS = 9  # of a number that count: sums in another order differ beyond


def seen(
    run: Callable[[Tables], Tables], tables: Tables, seed: int, changes: int = 4
) -> tuple[set[Pair], int]:
    """Pairs in which a change was seen, and how many times the pipeline was run.

    run: from source tables to final tables; it must give the same for the same. changes: of each column, at most.
    Whether a column has changed is told by its values alone, without their order: that a key of the row has changed is
    none of its business.
    """
    before = _values(run(tables))
    if _changed(before, _values(run(tables))):
        raise ValueError("the pipeline gives something else each time, so a change proves nothing")
    found, runs = set(), 2
    for table, column, changed in _changes(tables, np.random.default_rng(seed), changes):
        after, runs = _values(run({**tables, table: changed})), runs + 1
        found |= {(table, column, *name) for name in _changed(before, after)}
    return found, runs


def _changes(
    tables: Tables, random: np.random.Generator, most: int
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for name, table in tables.items():
        for column in table.columns:
            for changed in islice(_other_values(table[column], random), most):
                yield name, column, table.assign(**{column: changed})
        yield name, "*", table.drop(table.index[random.random(len(table)) < 0.3]).reset_index(drop=True)
        yield name, "*", table.iloc[:0]


def _other_values(values: pd.Series, random: np.random.Generator) -> Iterator[pd.Series]:
    """Half of the values drawn anew from the column's own; a third missing; numbers moved; all the same."""
    drawn = values.iloc[random.integers(0, len(values), len(values))].reset_index(drop=True)
    yield values.where(random.random(len(values)) < 0.5, drawn)
    yield values.mask(random.random(len(values)) < 0.3)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        yield values + (values.std() or 1)
    present = values.dropna()
    if len(present):
        yield pd.Series([present.iloc[0]] * len(values), index=values.index).astype(values.dtype)


def _values(tables: Tables) -> dict[tuple[str, str], Counter[object]]:
    return {(name, column): _bag(table[column]) for name, table in tables.items() for column in table.columns}


def _bag(values: pd.Series) -> Counter[object]:
    return Counter(_plain(value) for value in values)


def _plain(value: object) -> object:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, (int, float, np.number, Decimal)) and not isinstance(value, bool):
        return float(f"{float(value):.{_DIGITS}g}")
    return str(value)


def _changed(
    before: Mapping[tuple[str, str], Counter[object]], after: Mapping[tuple[str, str], Counter[object]]
) -> set[tuple[str, str]]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
