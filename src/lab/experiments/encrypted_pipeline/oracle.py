"""What rows are the same: by a digest of their values, of no file and of no library that encrypts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def digest(rows: Iterable[Row]) -> str:
    """The same for the same rows in the same order, by name and value of each field."""
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(_plain(row)).encode())
    return found.hexdigest()


def differing(expected: Iterable[Row], got: Iterable[Row]) -> int:
    """Rows that are missing, made up or doubled, whatever their order."""
    wanted, seen = Counter(map(_plain, expected)), Counter(map(_plain, got))
    return (wanted - seen).total() + (seen - wanted).total()


def _plain(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))
