"""Values as text in one form, so that 517, 517.0 and "517" are the same and "0517" is not; and the types that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from operator import eq
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
FORMS = {"integer": "numeric", "bigint": "numeric"}  # types that show their values as another type does
_BITS = {"integer": 31, "bigint": 63}
_EXACT = 2**53  # up to here a float holds every integer
_LONGEST = 19  # digits of a bigint
_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?")
_FINER = re.compile(r"\.\d{7}")  # than microseconds, which is what PostgreSQL keeps
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_REMEMBERED = 100_000  # values whose form is kept: columns repeat theirs
_BOOLEANS = {"t": "true", "true": "true", "f": "false", "false": "false"}
_NO_TEXT = (bytes, bytearray, memoryview, list, tuple, set, frozenset, dict, np.ndarray)
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
    """Each value as text in one form, None for NULL, NaN and NaT. ValueError for bytes and for nested values."""
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
        return _moment(value)
    if isinstance(value, _NO_TEXT):
        raise ValueError(f"a value of type {type(value).__name__} can't be compared or loaded: {value!r:.60}")
    return value.isoformat() if isinstance(value, date) else str(value)


def _moment(value: datetime) -> str:
    """The same moment in one time zone: PostgreSQL gives it back in the session's."""
    try:
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    except OverflowError:  # in the first or the last hours of all years
        return value.isoformat()


def _float(value: float) -> str | None:
    if math.isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    if not value:
        return "0"  # and not -0
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def as_type(values: Sequence[str | None] | Texts, type: str) -> Texts:
    """Each value as PostgreSQL gives it back from a column of that type; what is no such value stays as it is.

    So 1.50 and 1.5, True and true, "2024-01-31 10:00" and 2024-01-31T10:00:00 are the same, but not in a column of text.
    """
    form = _FORMS.get(type)
    if form is None:
        return values if isinstance(values, np.ndarray) else _array(values)
    made = [value if value is None else form(value) for value in values]
    same = isinstance(values, np.ndarray) and all(map(eq, made, values))
    return values if same else _array(made)  # type: ignore[return-value]


@lru_cache(_REMEMBERED)
def _as_number(value: str) -> str:
    if _INTEGER.fullmatch(value) and value != "-0":
        return value
    return _decimal(Decimal(value)) if _NUMBER.fullmatch(value) else value


@lru_cache(_REMEMBERED)
def _as_double(value: str) -> str:
    return _float(float(value)) or value if _fits_double(value) else value


@lru_cache(_REMEMBERED)
def _as_time(value: str, type: str) -> str:
    parsed = None if _FINER.search(value) else _parsed(value)
    if parsed is None or (parsed.tzinfo is not None) != (type == "timestamptz"):
        return value
    if type != "date":
        return _moment(parsed)
    return value if parsed.time() != time() else parsed.date().isoformat()


_FORMS: dict[str, Callable[[str], str]] = {
    "boolean": lambda value: _BOOLEANS.get(value.lower(), value),
    "double precision": _as_double,
    **dict.fromkeys(("integer", "bigint", "numeric"), _as_number),
    **{name: partial(_as_time, type=name) for name in ("date", "timestamp", "timestamptz")},
}


def type_of(column: pd.Series) -> str:
    """The narrowest of TYPES that gives a column's values back exactly; text for none and for mixed ones."""
    known = [value for value in column.astype(object) if _text(value) is not None]
    kinds = {_kind(value) for value in known}
    if kinds <= {"integer", "double precision", "numeric"}:
        is_float = "double precision" in kinds and "numeric" not in kinds
        names = ["integer", "bigint", *(["double precision"] if is_float else []), "numeric"]
    else:
        names = list(kinds) if len(kinds) == 1 else []
    made = [_text(value) for value in known]
    return next((name for name in names if known and not misfits(made, name)), "text")


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    if isinstance(value, (int, np.integer)):
        return "integer"
    if isinstance(value, (float, np.floating)):
        return "double precision"
    if isinstance(value, Decimal):
        return "numeric"
    if isinstance(value, datetime):
        return "timestamptz" if value.tzinfo else "timestamp"
    return "date" if isinstance(value, date) else "text"


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
        # Python refuses to read an integer of thousands of digits.
        is_short = bool(_INTEGER.fullmatch(value)) and len(value.lstrip("-")) <= _LONGEST
        return is_short and -(2 ** _BITS[type]) <= int(value) < 2 ** _BITS[type]
    if type == "numeric":
        return bool(_NUMBER.fullmatch(value))
    if type == "double precision":
        return _fits_double(value)
    return _fits_time(value, type)


def _fits_double(value: str) -> bool:
    """Whether no digit gets lost."""
    if not _NUMBER.fullmatch(value):
        return value in ("inf", "-inf")
    return Decimal(repr(float(value))) == Decimal(value)


def _fits_time(value: str, type: str) -> bool:
    if type == "date":
        return bool(_DATE.fullmatch(value)) and _parsed(value) is not None
    parsed = None if _FINER.search(value) else _parsed(value)
    return parsed is not None and (parsed.tzinfo is not None) == (type == "timestamptz")


def _parsed(value: str) -> datetime | None:
    # Python reads more forms of a date, such as weeks, than PostgreSQL does.
    if not _DATE.match(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def widened(type: str, values: Sequence[str | None] | Texts) -> str | None:
    """The nearest type that holds these values beside all that a column of `type` may hold; None if there is none."""
    return next((wider for wider in WIDER.get(type, ()) if not misfits(as_type(values, wider), wider)), None)


def numbers(values: Texts) -> np.ndarray | None:
    """As floats, NaN for NULL; None if any value is no number."""
    if any(value is not None and not _NUMBER.fullmatch(value) for value in values):
        return None
    return np.array([math.nan if value is None else float(value) for value in values])
