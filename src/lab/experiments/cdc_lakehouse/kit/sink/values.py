"""Types: PostgreSQL's in Iceberg, and how a value as Debezium tells it becomes one that can be staged."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

_DAY_US = 86_400_000_000
_ZONED = re.compile(
    r"([+-]?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))"
)


_SPECIAL = {"NAN": "NaN", "POSITIVE_INFINITY": "Infinity", "NEGATIVE_INFINITY": "-Infinity"}


class UnreadableValueError(ValueError):
    """An event has a value that the lake's type can't hold."""


@dataclass(frozen=True)
class Type:
    """One of Iceberg's, by its name in Spark's SQL.

    decode: of a JSON value that is not null. staged: as which it goes to Spark. sql: what Spark then makes of it.
    """

    name: str
    decode: Callable[[Any], Any]
    staged: pa.DataType
    sql: str = "{}"


def text(value: Any) -> str:
    """A JSON value as text; arrays and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number(value: Any) -> str:
    """A numeric as PostgreSQL writes it: Java has other names for what is no number."""
    return _SPECIAL.get(str(value), text(value))


def bits(length: int) -> Type:
    """bit(n): Debezium tells a boolean for one of them, else bytes, the lowest first."""

    def decode(value: Any) -> str:
        whole = int(value) if isinstance(value, bool) else int.from_bytes(base64.b64decode(value), "little")
        return f"{whole:0{length}b}"

    return Type("STRING", decode, pa.string())


def micros(zoned: str) -> int:
    """µs since 1970 of a time with a zone in ISO 8601, of any year (0 is 1 BC); ValueError if it is none."""
    found = _ZONED.fullmatch(zoned)
    if not found:
        raise ValueError(zoned)
    year, month, day, hour, minute = map(int, found.group(1, 2, 3, 4, 5))
    fraction = int((found[7] or "").ljust(6, "0")[:6])
    offset = int(f"{found[8]}1") * (int(found[9]) * 60 + int(found[10])) if found[8] else 0
    seconds = _days(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + int(found[6] or 0)
    return seconds * 1_000_000 + fraction


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 in the Gregorian calendar, which is drawn out to all years: Python's ends at the year 1."""
    year, month = (year, month) if month > 2 else (year - 1, month + 12)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719_469


def clock(since_midnight: int) -> str:
    """µs since midnight as PostgreSQL writes a time."""
    seconds, fraction = divmod(int(since_midnight), 1_000_000)
    tail = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{tail}"


def _finite(value: Any) -> int:
    found = int(value)
    if abs(found) > 9_200_000_000_000_000_000:  # how Debezium tells of infinity
        raise ValueError(value)
    return found


def _whole(value: Any) -> int:
    if isinstance(value, (bool, float)):
        raise ValueError(value)
    return int(value)


def _day(value: Any) -> int:
    """Days since 1970; PostgreSQL's end where Debezium tells of infinity, from 4713 BC to 5874897."""
    found = _whole(value)
    if not -2_440_588 <= found <= 2_145_042_905:
        raise ValueError(value)
    return found


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


_PLAIN = (
    Type("STRING", text, pa.string()),
    Type("INT", _whole, pa.int32()),
    Type("BIGINT", _whole, pa.int64()),
    Type("FLOAT", float, pa.float32()),
    Type("DOUBLE", float, pa.float64()),
    Type("BOOLEAN", _boolean, pa.bool_()),
    Type("BINARY", lambda value: base64.b64decode(value, validate=True), pa.binary()),
    Type("DATE", _day, pa.int32(), "date_from_unix_date({})"),
    # The session's zone is UTC.
    Type("TIMESTAMP", micros, pa.int64(), "timestamp_micros({})"),
    Type("TIMESTAMP_NTZ", _finite, pa.int64(), "CAST(timestamp_micros({}) AS TIMESTAMP_NTZ)"),
)
_BY_NAME = {one.name: one for one in _PLAIN}
NUMBER = Type("STRING", number, pa.string())
CLOCK = Type("STRING", clock, pa.string())  # Spark has no type for a time of the day in Iceberg
_OF_POSTGRES = {
    "smallint": "INT",
    "integer": "INT",
    "bigint": "BIGINT",
    "oid": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "bytea": "BINARY",
    "date": "DATE",
    "timestamp with time zone": "TIMESTAMP",
    "timestamp without time zone": "TIMESTAMP_NTZ",
}


def of_postgres(kind: str) -> Type:
    """For a type as PostgreSQL's format_type writes it, such as numeric(20,2) or timestamp(3) with time zone.

    Text for all that Iceberg has no type for: numeric without scale, json, uuid, arrays (as JSON), ...
    """
    bare = re.sub(r"\(.*?\)", "", kind)
    if bare == "time without time zone":
        return CLOCK
    if digits := re.fullmatch(r"numeric\((\d+),(\d+)\)", kind):
        precision, scale = int(digits[1]), int(digits[2])
        return decimal(precision, scale) if scale <= precision <= 38 else NUMBER
    if bare == "numeric":
        return NUMBER
    if length := re.fullmatch(r"bit\((\d+)\)", kind):
        return bits(int(length[1]))
    return _BY_NAME[_OF_POSTGRES.get(bare, "STRING")]


def of_lake(name: str) -> Type:
    """For a type as Spark names it, such as decimal(20,2); text for any other."""
    digits = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", name.upper())
    return (
        decimal(int(digits[1]), int(digits[2])) if digits else _BY_NAME.get(name.upper(), _BY_NAME["STRING"])
    )


def decimal(precision: int, scale: int) -> Type:
    return Type(f"DECIMAL({precision},{scale})", Decimal, pa.decimal128(precision, scale))


def holds(held: Type, wanted: Type) -> bool:
    """Whether every value of `wanted` is one of `held`, written the same."""
    if pa.types.is_decimal(held.staged) and pa.types.is_decimal(wanted.staged):
        return held.staged.scale == wanted.staged.scale and held.staged.precision >= wanted.staged.precision
    wider = {"INT": "BIGINT", "FLOAT": "DOUBLE"}
    return held.name in (wanted.name, wider.get(wanted.name))


def staged(name: str, kind: Type, values: Sequence[Any]) -> pa.Array:
    """A column of decoded values; UnreadableValueError that names it and the first value that does not fit."""
    try:
        return pa.array([None if one is None else kind.decode(one) for one in values], kind.staged)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException):
        wrong = next(one for one in values if one is not None and not _fits(kind, one))
        raise UnreadableValueError(
            f"{name} holds {wrong!r:.60}, which is no {kind.name} of Iceberg's; change that row at the source, or leave the "
            "column out (the connector's column.exclude.list)"
        ) from None


def _fits(kind: Type, value: Any) -> bool:
    try:
        pa.array([kind.decode(value)], kind.staged)
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException):
        return False
    return True
