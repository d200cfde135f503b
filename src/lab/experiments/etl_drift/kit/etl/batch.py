"""A batch: its columns as text, its identity, and what makes it impossible to load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from .schema import Schema, SchemaError, check_name
from .values import Texts, as_type, misfits, pandas_columns, texts

_DIGITS = 9  # behind the point, of a scaled value: what a factor adds beyond is no measurement
_DENOMINATOR = 1_000_000  # of a factor that was meant as a fraction, such as 1/60


class LoadError(ValueError):
    """A batch that can't be loaded; the table is as it was."""


@dataclass(frozen=True)
class Batch:
    """frame: as it came, columns by their names as text. columns: the same as texts. fingerprint: of its names and kinds."""

    id: str
    source: str
    frame: pd.DataFrame
    columns: Mapping[str, Texts]
    fingerprint: str
    scales: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pd.DataFrame, source: str, target: Schema) -> Batch:
        """LoadError if names or values can't be a table's."""
        try:
            series = pandas_columns(frame)
            for name in series:
                check_name(name)
            columns = {name: texts(column) for name, column in series.items()}
        except (ValueError, SchemaError) as error:
            raise LoadError(str(error)) from None
        if frame.empty:
            raise LoadError("the batch has no rows")
        for name, values in columns.items():
            _check_text(name, values)
        named = frame.set_axis(list(columns), axis=1)
        return cls(identity(source, target.table, columns), source, named, columns, _fingerprint(series))

    def scaled(self, before: Mapping[str, Any], answers: Sequence[Any]) -> Batch:
        """Columns in the target's units, as earlier answers and these say."""
        scales = {one["source"]: one["scale"] for one in before.get("scaled", ())}
        scales |= {one.source: one.scale for one in answers if one.source and one.scale != 1}
        if not scales:
            return self
        frame = self.frame.copy()
        for name, scale in scales.items():
            if name not in frame:
                raise LoadError(f"an answer scales {name!r}, which the batch does not have")
            values = as_type(self.columns[name], "numeric")
            if misfits(values, "numeric"):
                raise LoadError(f"{name!r} has values that are no numbers and can't be scaled")
            frame[name] = pd.Series([_scaled(value, scale) for value in values], frame.index, dtype=object)
        columns = {name: texts(column) for name, column in pandas_columns(frame).items()}
        return Batch(self.id, self.source, frame, columns, self.fingerprint, scales)


def _scaled(value: str | None, scale: float) -> Decimal | None:
    """Exact but for the last digit: 720 times 1/60 is 12, and no digit of a long number gets lost."""
    if value is None:
        return None
    factor = Fraction(scale).limit_denominator(_DENOMINATOR)
    if float(factor) != scale:
        factor = Fraction(repr(scale))
    return Decimal(f"{round(Fraction(value) * factor * 10**_DIGITS)}e-{_DIGITS}")


def identity(source: str, table: str, columns: Mapping[str, Texts]) -> str:
    """SHA-256 of source, table and content. The order of columns does not count, that of rows does."""
    made = hashlib.sha256(json.dumps([source, table]).encode())
    for name in sorted(columns):
        made.update(json.dumps([name, list(columns[name])]).encode())
    return made.hexdigest()


def _fingerprint(series: Mapping[str, pd.Series]) -> str:
    """Of the names alone: a type may change with the values of a batch, and is checked in each."""
    return hashlib.sha256(json.dumps(sorted(series)).encode()).hexdigest()


def _check_text(name: str, values: Texts) -> None:
    for value in values:
        if value is None or (value.isascii() and "\0" not in value):
            continue
        if "\0" in value:
            raise LoadError(f"{name!r} has a value with NUL, which PostgreSQL can't store: {value!r}")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise LoadError(f"{name!r} has a value that is no text: {value!r}") from None
