"""Values as text in one form, so that 517, 517.0 and "517" are the same and "0517" is not; and the types that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

TYPES = (
    "boolean",
    "integer",
    "bigint",
    "numeric",
    "double precision",
    "date",
    "timestamp",
    "timestamptz",
    "text",
)
# Where values outgrow a type: the types that hold all of its values exactly, the nearest first.
WIDER = {
    "integer": ("bigint", "numeric"),
    "bigint": ("numeric",),
    "double precision": (),
    "date": ("timestamp",),
}
_BITS = {"integer": 31, "bigint": 63}
_EXACT = 2**53  # up to here a float holds every integer
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?")
_FINER = re.compile(r"\.\d{7}")  # than microseconds, which is what PostgreSQL keeps
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
Texts = np.ndarray  # of str, None where there is no value


def pandas_columns(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns by name. ValueError if two have the same name, or names of a kind that no table has."""
    if isinstance(frame.columns, pd.MultiIndex):
        raise ValueError("columns have several levels of names; make one of them")
    names = [str(name) for name in frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two columns are called {twice[0]!r}")
    return {name: frame.iloc[:, place] for place, name in enumerate(names)}


def texts(column: pd.Series) -> Texts:
    """Each value as text in one form, None for NULL, NaN and NaT."""
    if column.dtype == object or str(column.dtype) in ("category", "string", "str"):
        return _array([value if type(value) is str else _text(value) for value in column.astype(object)])
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return _array(list(map(str, column.tolist())))
    missing = column.isna().to_numpy()
    values: Iterable[Any] = column.astype(object)
    return _array([None if gone else _text(value) for value, gone in zip(values, missing, strict=True)])


def _array(items: Sequence[str | None]) -> Texts:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return _float(float(value))
    if isinstance(value, Decimal):
        return None if value.is_nan() else _decimal(value)
    if isinstance(value, datetime):
        # The same moment in one time zone: PostgreSQL gives it back in the session's.
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _float(value: float) -> str | None:
    if math.isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def type_of(column: pd.Series) -> str:
    """The narrowest of TYPES that holds a column's values exactly; text for none and for mixed ones."""
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else ""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if kind == "M":
        return "timestamp"
    known = [value for value in column.astype(object) if _text(value) is not None]
    if not known or any(isinstance(value, str) for value in known):
        return "text"
    return _narrowest(known)


def _narrowest(known: Sequence[Any]) -> str:
    if all(isinstance(value, (bool, np.bool_)) for value in known):
        return "boolean"
    if all(isinstance(value, datetime) for value in known):
        return "timestamptz" if any(value.tzinfo for value in known) else "timestamp"
    if all(type(value) is date for value in known):
        return "date"
    if any(isinstance(value, (bool, np.bool_)) for value in known):
        return "text"
    made = [_text(value) or "" for value in known]
    return next((name for name in ("integer", "bigint") if not misfits(made, name)), _fractional(known, made))


def _fractional(known: Sequence[Any], made: Sequence[str]) -> str:
    is_float = all(isinstance(value, (int, float, np.number)) for value in known)
    names = ("double precision", "numeric") if is_float else ("numeric",)
    return next((name for name in names if not misfits(made, name)), "text")


def misfits(values: Iterable[str | None], type: str) -> list[str]:
    """Values that a column of that type would refuse, or not give back as they are; each once, at most three."""
    found: dict[str, None] = {}
    for value in dict.fromkeys(values):
        if value is not None and not _fits(value, type):
            found[value] = None
            if len(found) == 3:
                break
    return list(found)


def _fits(value: str, type: str) -> bool:
    if type == "text":
        return True
    if type == "boolean":
        return value in ("true", "false")
    if type in _BITS:
        return bool(_INTEGER.fullmatch(value)) and -(2 ** _BITS[type]) <= int(value) < 2 ** _BITS[type]
    if type == "numeric":
        return bool(_NUMBER.fullmatch(value))
    if type == "double precision":
        return _fits_double(value)
    return _fits_time(value, type)


def _fits_double(value: str) -> bool:
    if not _NUMBER.fullmatch(value):
        return value in ("inf", "-inf")
    return not _INTEGER.fullmatch(value) or abs(int(value)) <= _EXACT


def _fits_time(value: str, type: str) -> bool:
    if type == "date":
        return bool(_DATE.fullmatch(value)) and _parsed(value) is not None
    parsed = None if _FINER.search(value) else _parsed(value)
    return parsed is not None and (parsed.tzinfo is not None) == (type == "timestamptz")


def _parsed(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def widened(type: str, values: Iterable[str | None]) -> str | None:
    """The nearest type that holds these values beside all that a column of `type` may hold; None if there is none."""
    return next((wider for wider in WIDER.get(type, ()) if not misfits(values, wider)), None)


def numbers(values: Texts) -> np.ndarray | None:
    """As floats, NaN for NULL; None if any value is no number."""
    if any(value is not None and not _NUMBER.fullmatch(value) for value in values):
        return None
    return np.array([math.nan if value is None else float(value) for value in values])
