"""Expectations learned from good data: what to look at from the earlier half of the batches, how far it may stray from the later.

Great Expectations 1.x has no profiler. This one is split conformal prediction (Vovk; Lei et al. 2018): as long as a
new batch comes from where the later half came from, it lies beyond one bound with a chance of at most 1/(K+1), K
being the later half's batches, whatever the distribution. `margin` moves every bound further out, in units of its
distance from the median.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.data_quality.mechanism.statistics import SHARES, statistics
from lab.experiments.data_quality.mechanism.suite import Expectation, Suite

MARGIN = 1.0
PARTS, FEWEST = 60, 8  # batches that data without labels is cut into, and that are needed at least
# That are written down of a column, and of all pairs of columns: Great Expectations copies each about a hundred times
# in one validation; a pair costs ten times what a value does.
MOST_VALUES, MOST_PAIRS = 200, 250
EXACT = 2**53  # whole numbers beyond it are no longer told apart beside a column of floats
MOST_SHAPES = 60  # of text such as registration marks: N14228, N619AA
SLACK = 1e-9  # so that rounding alone violates nothing
_LETTERS = {"a": "[a-z]", "A": "[A-Z]", "9": "[0-9]"}


@dataclass(frozen=True)
class Learned:
    """Expectations without bounds, and what each of them showed on every batch of the later half.

    shown: (batches, expectations).
    """

    columns: tuple[str, ...]
    found: tuple[Expectation, ...]
    shown: np.ndarray

    @property
    def sides(self) -> int:
        """How many bounds there are in all."""
        return sum(1 if item.type in SHARES else 2 for item in self.found)

    def suite(self, margin: float = MARGIN) -> Suite:
        """With bounds at the extremes that were shown, and `margin` times their distance from the median beyond."""
        schema = Expectation(
            "expect_table_columns_to_match_set", {"column_set": list(self.columns), "exact_match": True}
        )
        bounded = (
            _bounded(item, values, margin) for item, values in zip(self.found, self.shown.T, strict=True)
        )
        return Suite(self.columns, (schema, *bounded))


def learn(clean: pd.DataFrame, batches: Sequence[Hashable] | None = None, margin: float = MARGIN) -> Suite:
    """A suite from `clean`, of which batches later in it are taken to be later in time.

    batches: the batch that each row belongs to, in order; without it 60 equal parts in the order of the rows.
    Text, numbers and their pairs are learned; columns of other kinds only have to be there, and to be as full as they were.
    ValueError if column names are no text or come twice, or if there are fewer than 8 batches.
    """
    return prepare(split(clean, batches)).suite(margin)


def split(clean: pd.DataFrame, batches: Sequence[Hashable] | None = None) -> list[pd.DataFrame]:
    """The batches in order. ValueError if labels and rows are not as many."""
    if batches is None:
        batches = (np.arange(len(clean)) * min(PARTS, len(clean)) // max(len(clean), 1)).tolist()
    if len(batches) != len(clean):
        raise ValueError(f"{len(batches)} labels of batches for {len(clean)} rows; give one for each row")
    keys = pd.factorize(pd.Series(list(batches), dtype=object))[0]
    if (keys < 0).any():
        raise ValueError(f"{(keys < 0).sum()} rows have no batch: their label is missing")
    return [rows for _, rows in clean.reset_index(drop=True).groupby(keys, sort=True)]


def prepare(batches: Sequence[pd.DataFrame]) -> Learned:
    """Learned from `batches`, the earlier half and the later half of them."""
    if len(batches) < FEWEST:
        raise ValueError(f"{len(batches)} batches are too few to learn from; at least {FEWEST} are needed")
    check_names(batches[0])
    if any(batch.empty for batch in batches):
        raise ValueError("a batch without rows teaches nothing; leave it out")
    half = len(batches) // 2
    earlier = pd.concat(batches[:half], ignore_index=True)
    later = pd.concat(batches[half:], ignore_index=True)
    number = np.repeat(np.arange(len(batches) - half), [len(batch) for batch in batches[half:]])
    found = list(_found(earlier))
    if len(earlier.columns) > 1 and all(_without_twins(batch) for batch in batches[:half]):
        # Within a batch: from day to day a cancelled flight looks the same.
        found.append(
            Expectation("expect_compound_columns_to_be_unique", {"column_list": list(earlier.columns)})
        )
    table = np.array([statistics(item.type, item.kwargs, later, number) for item in found]).T
    usable = np.isfinite(table).all(axis=0)
    kept = tuple(item for item, fine in zip(found, usable, strict=True) if fine)
    return Learned(tuple(earlier.columns), kept, table[:, usable])


def check_names(frame: pd.DataFrame) -> None:
    """ValueError if a column has no text for a name, or shares it."""
    if not len(frame.columns):
        raise ValueError("a table without columns has no quality")
    if other := [name for name in frame.columns if not isinstance(name, str)]:
        raise ValueError(f"names of columns must be text; these are not: {other}")
    if twice := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise ValueError(f"columns {twice} are there more than once")


def _found(rows: pd.DataFrame) -> Iterator[Expectation]:
    yield Expectation("expect_table_row_count_to_be_between", {})
    for name in rows.columns:
        yield Expectation("expect_column_values_to_not_be_null", {"column": name}, (name,))
        values = rows[name].dropna()
        if _is_number(values):
            yield from _of_numbers(name, values)
        elif is_text(values):
            yield from _of_text(name, values)
    yield from _pairs(rows)


def _of_numbers(name: str, values: pd.Series) -> Iterator[Expectation]:
    low, high = (getattr(end, "item", lambda end=end: end)() for end in (values.min(), values.max()))
    if np.isfinite(low) and np.isfinite(high):
        limits = {"min_value": low, "max_value": high}
        yield Expectation("expect_column_values_to_be_between", {"column": name, **limits}, (name,))
    for type in ("expect_column_mean_to_be_between", "expect_column_stdev_to_be_between"):
        yield Expectation(type, {"column": name}, (name,))


def _of_text(name: str, values: pd.Series) -> Iterator[Expectation]:
    known = sorted(values.unique())
    if len(known) <= MOST_VALUES:
        yield Expectation("expect_column_values_to_be_in_set", {"column": name, "value_set": known}, (name,))
    elif regex := pattern(known):
        yield Expectation("expect_column_values_to_match_regex", {"column": name, "regex": regex}, (name,))
    yield Expectation("expect_column_unique_value_count_to_be_between", {"column": name}, (name,))


def _pairs(rows: pd.DataFrame) -> Iterator[Expectation]:
    """Pairs of columns of which one nearly decides the other: few of the combinations that could be are there.

    Those of which the fewest are there come first, until MOST_PAIRS pairs of values are written down.
    """
    sizes = {
        name: values.nunique()
        for name in rows.columns
        if is_text(values := rows[name].dropna()) or (_is_number(values) and _exact(values))
    }
    found = []
    for first, second in combinations([name for name, size in sizes.items() if 1 < size <= MOST_PAIRS], 2):
        known, could = rows[[first, second]].dropna().drop_duplicates(), sizes[first] * sizes[second]
        if 0 < len(known) <= min(3 * max(sizes[first], sizes[second]), could // 2):
            found.append((len(known) / could, known))
    left = MOST_PAIRS
    for _, known in sorted(found, key=lambda each: each[0]):
        if len(known) <= left:
            left -= len(known)
            first, second = known.columns
            pairs = {"column_A": first, "column_B": second, "value_pairs_set": known.to_numpy().tolist()}
            ignore = {"ignore_row_if": "either_value_is_missing"}
            yield Expectation("expect_column_pair_values_to_be_in_set", {**pairs, **ignore}, (first, second))


def _bounded(item: Expectation, shown: np.ndarray, margin: float) -> Expectation:
    low, middle, high = float(shown.min()), float(np.median(shown)), float(shown.max())
    low -= margin * (middle - low) + SLACK * max(1.0, abs(low))
    high += margin * (high - middle) + SLACK * max(1.0, abs(high))
    if item.type in SHARES:
        bounds: dict[str, Any] = {"mostly": max(0.0, low)}
    elif item.type == "expect_table_row_count_to_be_between":
        bounds = {"min_value": max(0, int(np.ceil(low))), "max_value": int(np.floor(high))}
    else:
        bounds = {"min_value": low, "max_value": high}
    return replace(item, kwargs={**item.kwargs, **bounds})


def is_text(values: pd.Series) -> bool:
    """True if there are values, and each is a str."""
    return (
        len(values) > 0
        and values.dtype == object
        and pd.api.types.infer_dtype(values, skipna=False) == "string"
    )


def _is_number(values: pd.Series) -> bool:
    plain = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return len(values) > 0 and plain and not pd.api.types.is_complex_dtype(values)


def _exact(values: pd.Series) -> bool:
    return bool(float(values.min()) > -EXACT and float(values.max()) < EXACT)


def _without_twins(rows: pd.DataFrame) -> bool:
    """Whether no row is there twice; False where values can't be compared, such as lists."""
    there = [(rows[name].dtype, rows[name].dropna()) for name in rows.columns]
    comparable = all(
        not pd.api.types.is_object_dtype(dtype) or values.empty or is_text(values) for dtype, values in there
    )
    return comparable and not rows.duplicated().any()


def pattern(values: Iterable[str]) -> str:
    """An expression that matches every one of `values` from end to end, or "" if they have too many shapes."""
    shapes = {_shape(value) for value in values}
    if not shapes or len(shapes) > MOST_SHAPES:
        return ""
    return rf"\A(?:{'|'.join(sorted(shapes))})\Z"


def _shape(value: str) -> str:
    parts = ((kind, len(list(run))) for kind, run in groupby(map(_kind, value)))
    return "".join(kind if length == 1 else f"{kind}{{{length}}}" for kind, length in parts)


def _kind(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return _LETTERS["9" if letter.isdigit() else "A" if letter.isupper() else "a"]
    return re.escape(letter)
