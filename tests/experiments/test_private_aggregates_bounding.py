"""Contribution bounding: row and group limits, and stability: one person changes only own rows."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.private_aggregates.mechanism.bounding import Unit, bound, first_rows

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 50)), min_size=1, max_size=60)
UNITS = st.builds(Unit, st.just("person"), st.integers(1, 5), st.integers(1, 3))


def table(rows: list[tuple[int, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["person", "group", "value"])


def multiset(frame: pd.DataFrame) -> list[tuple[int, ...]]:
    return sorted(frame.itertuples(index=False, name=None))


@given(ROWS, UNITS)
def test_nobody_keeps_more_than_the_limit(rows: list[tuple[int, int, int]], unit: Unit) -> None:
    kept = bound(table(rows), unit, "group")
    assert kept.groupby("person").size().max() <= unit.rows
    assert kept.groupby("person")["group"].nunique().max() <= unit.groups


@given(ROWS, UNITS)
def test_without_groups_the_row_limit_is_used_up(rows: list[tuple[int, int, int]], unit: Unit) -> None:
    had = table(rows).groupby("person").size()
    kept = bound(table(rows), unit).groupby("person").size()
    assert (kept == had.clip(upper=unit.rows)).all()


@given(ROWS, UNITS, st.integers(0, 6), st.sampled_from(["", "group"]))
def test_neighbours_differ_by_one_persons_kept_rows(
    rows: list[tuple[int, int, int]], unit: Unit, gone: int, by: str
) -> None:
    whole = table(rows)
    kept = bound(whole, unit, by)
    rest = whole[whole["person"] != gone]
    assert multiset(bound(rest, unit, by)) == multiset(kept[kept["person"] != gone])
    assert (kept["person"] == gone).sum() <= unit.rows


@given(ROWS, UNITS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    rows: list[tuple[int, int, int]], unit: Unit, chance: object
) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert multiset(bound(table(mixed), unit, "group")) == multiset(bound(table(rows), unit, "group"))


def test_an_empty_table_stays_empty() -> None:
    empty = table([(1, 1, 1)]).iloc[:0]
    assert bound(empty, Unit(rows=2)).empty


def test_one_row_for_each_person_and_group() -> None:
    frame = table([(1, 1, 5), (1, 1, 6), (1, 2, 7), (2, 1, 8)])
    assert first_rows(frame, "person", "group").sum() == 3
    assert first_rows(frame, "person").sum() == 2


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Unit(rows=0)
