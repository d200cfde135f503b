"""How the mechanism refuses."""

from __future__ import annotations

from typing import Any

from lab.errors import LabError


class QueryError(LabError, ValueError):
    """A query that can't be answered right on this table; raised before any budget is charged."""


def real(what: str, value: Any) -> float:
    """`value` as a double; QueryError if it is no number."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise QueryError(f"{what} must be a number, not {value!r}.") from None
