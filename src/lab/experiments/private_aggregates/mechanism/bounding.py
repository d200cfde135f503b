"""Contribution bounding: nobody has more than so many rows, in no more than so many groups.

Whom to keep is decided by a hash of the person's own rows. No other person has a say in it, so tables
that differ by one person differ by that person's kept rows and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SALT = "0123456789abcdef"  # pandas wants exactly 16 characters; it need not be secret


@dataclass(frozen=True)
class Unit:
    """Who is protected: one person, who counts with at most `rows` rows in at most `groups` groups."""

    person: str = "person"
    rows: int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        if self.rows < 1 or self.groups < 1:
            raise ValueError(f"a person needs at least one row and one group, not {self}")


ONE_ROW = Unit()


def bound(table: pd.DataFrame, unit: Unit, by: str = "") -> pd.DataFrame:
    """The rows of `table` that count: at most `unit.rows` a person, in `unit.groups` values of `by`."""
    kept = _few_groups(table, unit, by) if by else table
    return kept[_place(kept, unit.person) < unit.rows]


def one_row_each(table: pd.DataFrame, person: str, by: str = "") -> pd.DataFrame:
    """One row for each person, or for each person and group."""
    return table.drop_duplicates([person, by] if by else [person])


def _few_groups(table: pd.DataFrame, unit: Unit, by: str) -> pd.DataFrame:
    pairs = table[[unit.person, by]].drop_duplicates()
    kept = pairs[_place(pairs, unit.person) < unit.groups]
    return table[pd.MultiIndex.from_frame(table[[unit.person, by]]).isin(pd.MultiIndex.from_frame(kept))]


def _place(table: pd.DataFrame, person: str) -> NDArray[np.int64]:
    """Each row's place, from 0, among its person's rows, by hash; equal rows are interchangeable."""
    hashes = pd.util.hash_pandas_object(table, index=False, hash_key=_SALT).to_numpy()
    people = pd.factorize(table[person])[0]
    order = np.lexsort((hashes, people))
    inner = people[order]
    first = np.flatnonzero(np.r_[True, inner[1:] != inner[:-1]]) if len(inner) else np.empty(0, np.int64)
    run = np.arange(len(inner)) - np.repeat(first, np.diff(np.r_[first, len(inner)]))
    places = np.empty(len(inner), dtype=np.int64)
    places[order] = run
    return places
