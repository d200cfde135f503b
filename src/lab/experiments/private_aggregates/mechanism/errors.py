"""How the mechanism refuses."""

from __future__ import annotations

from lab.errors import LabError


class QueryError(LabError, ValueError):
    """A query that can't be answered right on this table; raised before any budget is charged."""
