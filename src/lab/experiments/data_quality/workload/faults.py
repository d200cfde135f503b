"""Anomalies, made without a look at any expectation: they know a table's columns and kinds of values, nothing else.

Each fault touches a share of the rows of one batch; column, rows and values are drawn by a generator that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Rows = np.ndarray  # positions in the batch
UNITS = (
    60.0,
    1 / 60,
    1.609344,
    1 / 1.609344,
    100.0,
    0.01,
)  # minutes and hours, miles and kilometres, percent
BYTE_ORDER_MARK, NO_BREAK_SPACE = (
    "ï»¿",
    "\u00a0",
)  # what a wrong decoder leaves of UTF-8's mark, and what looks empty
TRIES = 50


@dataclass(frozen=True)
class Injected:
    """A batch with one fault. columns: those that it touched, all of them for whole rows; rows: how many."""

    batch: pd.DataFrame
    kind: str
    columns: tuple[str, ...]
    rows: int


def inject(batch: pd.DataFrame, kind: str, share: float, rng: np.random.Generator) -> Injected:
    """A copy of `batch` with a fault of `kind` in `share` of its rows (at least one).

    ValueError if no draw of column and rows changes anything, as when a batch has no text to mistype.
    """
    count = max(1, round(share * len(batch)))
    for _ in range(TRIES):
        rows = np.sort(rng.choice(len(batch), min(count, len(batch)), replace=False))
        changed, columns = KINDS[kind](batch, rows, rng)
        if columns and not changed.equals(batch):
            return Injected(changed, kind, columns, len(rows))
    raise ValueError(f"{TRIES} draws of a fault of kind {kind!r} changed nothing in these {len(batch)} rows")


Made = tuple[pd.DataFrame, tuple[str, ...]]


def typos(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """In a column of text a character is lost, doubled, exchanged with its neighbour or another letter."""
    return _rewritten(batch, rows, rng, lambda text: _typo(text, rng))


def broken_encoding(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Text that was decoded wrongly: with the rest of a byte order mark, a no-break space, or read as UTF-16's bytes."""
    broken: tuple[Callable[[str], str], ...] = (
        lambda text: BYTE_ORDER_MARK + text,
        lambda text: text + NO_BREAK_SPACE,
        lambda text: "\x00".join(text) + "\x00",
    )
    chosen = broken[rng.integers(len(broken))]
    return _rewritten(batch, rows, rng, chosen)


def swapped_columns(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Two columns of one kind have changed places, as after a column was added in the source."""
    kinds = [columns for columns in (_text(batch), _numbers(batch)) if len(columns) > 1]
    if not kinds:
        return batch, ()
    first, second = rng.choice(kinds[rng.integers(len(kinds))], 2, replace=False)
    made = batch.copy()
    made[first] = _put(batch[first], rows, batch[second].to_numpy()[rows])
    made[second] = _put(batch[second], rows, batch[first].to_numpy()[rows])
    return made, (first, second)


def shifted_unit(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """A column of numbers in another unit."""
    return _recomputed(batch, rows, rng, lambda values: values * rng.choice(UNITS))


def drifted(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Values of a column replaced by others of its own upper quarter: each one legal, their distribution is not."""

    def upper(values: np.ndarray, column: pd.Series) -> np.ndarray:
        high = column[column >= column.quantile(0.75)].to_numpy()
        return rng.choice(high, len(values)) if len(high) else values

    columns = _numbers(batch)
    if not columns:
        return batch, ()
    name = rng.choice(columns)
    column = batch[name]
    return batch.assign(**{name: _put(column, rows, upper(column.to_numpy()[rows], column))}), (name,)


def broken_dependency(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """One column's values exchanged among rows: every column on its own stays as it was."""
    name = rng.choice(list(batch.columns))
    column = batch[name]
    return batch.assign(**{name: _put(column, rows, column.to_numpy()[rng.permutation(rows)])}), (name,)


def missing_values(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Values of one column are gone."""
    name = rng.choice(list(batch.columns))
    gone = batch[name].mask(np.isin(np.arange(len(batch)), rows))
    return batch.assign(**{name: gone}), (name,)


def missing_rows(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Rows that did not arrive."""
    return batch.drop(index=batch.index[rows]).reset_index(drop=True), tuple(batch.columns)


def duplicates(batch: pd.DataFrame, rows: Rows, rng: np.random.Generator) -> Made:
    """Rows that arrived twice."""
    return pd.concat([batch, batch.iloc[rows]], ignore_index=True), tuple(batch.columns)


KINDS: dict[str, Callable[[pd.DataFrame, Rows, np.random.Generator], Made]] = {
    "typos": typos,
    "broken encoding": broken_encoding,
    "swapped columns": swapped_columns,
    "shifted unit": shifted_unit,
    "drift": drifted,
    "broken dependency": broken_dependency,
    "missing values": missing_values,
    "missing rows": missing_rows,
    "duplicates": duplicates,
}


def _text(batch: pd.DataFrame) -> list[str]:
    return [name for name in batch.columns if batch[name].dtype == object]


def _numbers(batch: pd.DataFrame) -> list[str]:
    return [name for name in batch.columns if pd.api.types.is_numeric_dtype(batch[name])]


def _rewritten(
    batch: pd.DataFrame, rows: Rows, rng: np.random.Generator, change: Callable[[str], str]
) -> Made:
    columns = _text(batch)
    if not columns:
        return batch, ()
    name = rng.choice(columns)
    values = [change(value) if isinstance(value, str) else value for value in batch[name].to_numpy()[rows]]
    return batch.assign(**{name: _put(batch[name], rows, np.array(values, dtype=object))}), (name,)


def _recomputed(
    batch: pd.DataFrame, rows: Rows, rng: np.random.Generator, change: Callable[[np.ndarray], np.ndarray]
) -> Made:
    columns = _numbers(batch)
    if not columns:
        return batch, ()
    name = rng.choice(columns)
    return batch.assign(**{name: _put(batch[name], rows, change(batch[name].to_numpy()[rows]))}), (name,)


def _put(column: pd.Series, rows: Rows, values: np.ndarray) -> pd.Series:
    """The column with other values in `rows`; whole numbers stay whole numbers where the new ones are."""
    made = column.to_numpy(dtype=object).copy()
    made[rows] = values
    if pd.api.types.is_numeric_dtype(column):
        numbers = made.astype(float)
        whole = pd.api.types.is_integer_dtype(column) and bool(np.all(numbers == np.round(numbers)))
        made = numbers.astype(column.to_numpy().dtype) if whole else numbers
    return pd.Series(made, index=column.index)


def _typo(text: str, rng: np.random.Generator) -> str:
    if not text:
        return text
    place, kind = int(rng.integers(len(text))), int(rng.integers(4))
    before, letter, after = text[:place], text[place], text[place + 1 :]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter + letter + after
    if kind == 2 and after:
        return before + after[0] + letter + after[1:]
    return before + chr(ord("A") + int(rng.integers(26))) + after
