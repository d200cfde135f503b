"""Contribution bounding: nobody has more than so many rows, in no more than so many groups.

Whom to keep is decided by a hash of the person's own rows. No other person has a say in it, so tables
that differ by one person differ by that person's kept rows and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.private_aggregates.mechanism.columns import Codes, codes, kinds, row_hashes
from lab.experiments.private_aggregates.mechanism.errors import QueryError

MOST = 2**31  # rows or groups of one person; more is a slip


@dataclass(frozen=True)
class Unit:
    """Who is protected: one person, who counts with at most `rows` rows in at most `groups` groups."""

    person: str = "person"
    rows: int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        if not all(isinstance(n, int | np.integer) and 1 <= n <= MOST for n in (self.rows, self.groups)):
            raise QueryError(f"A person needs at least one row and one group, in whole numbers, not {self}.")


ONE_ROW = Unit()


def bound(table: pd.DataFrame, unit: Unit, by: str = "") -> pd.DataFrame:
    """The rows of `table` that count: at most `unit.rows` a person, in `unit.groups` values of `by`.

    A row without a value of `by` is in no group. QueryError where a row has no person: whose would it be?
    """
    kept = _few_groups(table, unit, by) if by else table
    return kept[_place(people(kept, unit.person), row_hashes(kept)) < unit.rows]


def people(table: pd.DataFrame, person: str) -> Codes:
    """A number for each row's person. QueryError if one person could go by two names, such as 17 and "17"."""
    found, _ = codes(table, person)
    if (found < 0).any():
        raise QueryError(f"There are rows without a value in {person!r}. Drop them, or say whose they are.")
    if len(several := sorted(kinds(table, person))) > 1:
        raise QueryError(
            f"The column {person!r} holds {' and '.join(several)}: a person whom it names in two ways would count as "
            "two. Convert it to one type."
        )
    return found


def first_rows(table: pd.DataFrame, person: str, by: str = "") -> NDArray[np.bool_]:
    """One row of each person, or of each person and group."""
    seen = {"person": people(table, person)} | ({"group": codes(table, by)[0]} if by else {})
    return ~pd.DataFrame(seen).duplicated().to_numpy()


def _few_groups(table: pd.DataFrame, unit: Unit, by: str) -> pd.DataFrame:
    table = table[codes(table, by)[0] >= 0]
    firsts = first_rows(table, unit.person, by)
    own, (groups, keys) = people(table, unit.person), codes(table, by)
    # Pairs of person and group, numbered as they appear, which is the order of `firsts`.
    pairs = pd.factorize(own * max(1, len(keys)) + groups)[0]
    places = _place(own[firsts], row_hashes(table.loc[firsts, [by]]))
    return table[places[pairs] < unit.groups]


def _place(own: Codes, hashes: NDArray[np.uint64]) -> Codes:
    """Each row's place, from 0, among its person's rows, by hash; equal rows keep their order."""
    order = np.lexsort((hashes, own))
    inner = own[order]
    first = np.flatnonzero(np.r_[True, inner[1:] != inner[:-1]]) if len(inner) else np.empty(0, np.int64)
    run = np.arange(len(inner)) - np.repeat(first, np.diff(np.r_[first, len(inner)]))
    places = np.empty(len(inner), dtype=np.int64)
    places[order] = run
    return places
