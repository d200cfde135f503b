"""Values of partition keys: their text, when two of them count as one, and their name in a path.

A partition's text says the value and nothing of the batch that it came in: 1 is "1", whether it came as int8, int64,
float or decimal. Whether two texts are equal is asked as generously as SQL compares: leaving out a file with wanted rows
loses them, reading one too many costs a little time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

import numpy as np

from lab.errors import LabError

MISSING = "__HIVE_DEFAULT_PARTITION__"  # the name that Hive, Spark and others give to the partition of NULL
_PLAIN = re.compile(rb"[A-Za-z0-9._-]")
_LONGEST = 80  # characters of a value in a path; a folder's name has at most 255
_DATE = re.compile(r"\s*(\d{1,4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)(.*)")
_TRUTH = {"true": "1", "t": "1", "yes": "1", "y": "1", "false": "0", "f": "0", "no": "0", "n": "0"}


class PartitionError(LabError):
    """A partition key or a value of one that can't be used as it was given."""


def is_missing(value: Any) -> bool:
    """None, NaN, NaT or pandas' NA: all in one partition, that of NULL."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return bool(value != value) if isinstance(value, float | Decimal | np.floating | np.datetime64) else False


def text(value: Any) -> str:
    """A value as text: equal numbers, moments and days alike, whatever their types. PartitionError for nested ones."""
    if is_missing(value):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    # numpy counts a duration among the integers
    if isinstance(value, int | np.integer | float | np.floating | Decimal) and not isinstance(
        value, np.timedelta64
    ):
        return _number(value)
    if isinstance(value, date | np.datetime64):
        return str(np.datetime_as_string(moment(value), unit="auto"))
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str | time | UUID):
        return str(value)
    raise PartitionError(
        f"A value of type {type(value).__name__} can't name a partition. Use a column of numbers, texts, days or moments."
    )


def _number(value: Any) -> str:
    exact = Decimal(int(value)) if isinstance(value, int | np.integer) else Decimal(str(float(value)))
    if isinstance(value, Decimal):
        exact = value
    if exact.is_finite() and exact == exact.to_integral_value() and abs(exact) < 10**40:
        return str(int(exact))
    return str(exact.normalize()).lower() if exact.is_finite() else str(float(exact))


def moment(value: Any) -> np.datetime64:
    """A day or a moment, one with a zone in UTC; one without as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    # pandas' Timestamp has nanoseconds, which numpy would not see.
    return value.to_datetime64() if hasattr(value, "to_datetime64") else np.datetime64(value)


@lru_cache(maxsize=65_536)
def identity(said: str) -> str:
    """What two texts share if any engine could take their values for equal: 01 and 1.0, yes and true, 2026-3-2 and its
    midnight.
    """
    plain = said.strip().casefold()
    if plain in _TRUTH:
        return _TRUTH[plain]
    with suppress(ArithmeticError, ValueError):  # such as 12e3456789, which is a text
        number = Decimal(said)
        return _number(number) if number.is_finite() else str(number).lower()
    with suppress(ValueError):
        if day := _DATE.fullmatch(said):
            year, month, date_, clock = day.groups()
            return text(datetime.fromisoformat(f"{year:0>4}-{month:0>2}-{date_:0>2}{clock.rstrip()}"))
        return str(UUID(said))
    return said


def alike(value: Any) -> list[Any]:
    """A value, and what it becomes where an engine compares it as a float of 64, 32 or 16 bits."""
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | np.integer | float | np.floating | Decimal
    ):
        return [value]
    if is_missing(value):
        return [value]
    with np.errstate(over="ignore"), suppress(OverflowError):
        floats = [float(kind(float(value))) for kind in (float, np.float32, np.float16)]
        return [value, *(each for each in floats if each != value)]
    return [value]


def folder(name: str, value: str) -> str:
    """A partition's folder, in characters that no store spells anew, no glob reads and no engine decodes.

    NAME=VALUE/ where both are plain. Else NAME!VALUE/, other characters as ! and the hexadecimal digits of their bytes,
    the end of a long value as a digest: without a = no engine takes it for the value itself, which is in the file.
    """
    plain = value and _escaped(name) == name and _escaped(value) == value
    return f"{_escaped(name)}{'=' if plain else '!'}{_escaped(value)}/"


def _escaped(said: str) -> str:
    raw = said.encode("utf-8", "surrogatepass")
    found = "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"!{byte:02x}" for byte in raw)
    if len(found) <= _LONGEST:
        return found
    return f"{found[: _LONGEST // 2]}!-{blake2b(raw, digest_size=12).hexdigest()}"


def asked(name: str, values: Iterable[Any]) -> list[Any]:
    """The values that a query asks of a column. PartitionError for a bare text, whose letters would be asked for."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise PartitionError(f"where: {name!r} needs a collection of values. Write [{values!r}].")
    return list(values)
