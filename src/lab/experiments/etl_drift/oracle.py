"""What must be in the table, and what a log says of it: replayed in plain Python, without the loader's code."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """A batch as it should arrive: its rows in the target's names and units, with only the columns that it had."""

    source: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Difference:
    """rows: on one side only, a changed row counting once. checksums: of both sides."""

    rows: int
    expected: str
    found: str


def replay(batches: Iterable[Sent], key: Sequence[str]) -> list[dict[str, Any]]:
    """The rows after all batches: one for each source and key, a later batch's values over earlier ones."""
    table: dict[tuple[Any, ...], dict[str, Any]] = {}
    for batch in batches:
        for row in batch.rows:
            name = (batch.source, *(plain(row[column]) for column in key))
            table.setdefault(name, {"_source": batch.source}).update(row)
    return list(table.values())


def difference(expected: Sequence[Row], found: Sequence[Row], columns: Sequence[str]) -> Difference:
    """Over `columns`; a column that a row does not have is NULL."""
    left, right = _lines(expected, columns), _lines(found, columns)
    more, fewer = sum((left - right).values()), sum((right - left).values())
    return Difference(max(more, fewer), checksum(left), checksum(right))


def checksum(lines: Counter[str]) -> str:
    """SHA-256 of the rows, whatever their order."""
    made = hashlib.sha256()
    for line in sorted(lines.elements()):
        made.update(line.encode() + b"\n")
    return made.hexdigest()


def _lines(rows: Sequence[Row], columns: Sequence[str]) -> Counter[str]:
    return Counter("\x1f".join(plain(row.get(name)) for name in columns) for row in rows)


def plain(value: Any) -> str:
    """A value as text: numbers without what does not change them, NULL as a sign that no text is."""
    if type(value) in (str, int):
        return str(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "\x00"
    if isinstance(value, bool):
        return str(value)
    try:
        number = Decimal(str(value)) if not isinstance(value, str) else None
    except ArithmeticError:
        number = None
    if number is None:
        return str(value)
    # Not `normalize`, which rounds to the precision of the context.
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if number else "0"


def columns_by_log(log: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Type by column after a history of (change, column, becomes), in its order."""
    found: dict[str, str] = {}
    for change, column, becomes in log:
        if change in ("created", "added", "widened"):
            found[column] = becomes
    return found


def clock_of(
    rows: Iterable[Mapping[Any, Any]], hour: str = "hour", minute: str = "minute"
) -> dict[str, float]:
    """Share of rows in which hour and minute are those of the departure as it was, and as it was scheduled (hhmm).

    A column that the rows do not have is nobody's.
    """
    seen: Counter[str] = Counter()
    total = 0
    for row in rows:
        total += 1
        for name in ("dep_time", "sched_dep_time"):
            if name in row and int(row[name]) == 100 * int(row[hour]) + int(row[minute]):
                seen[name] += 1
    return {name: seen[name] / total if total else 0.0 for name in ("dep_time", "sched_dep_time")}
