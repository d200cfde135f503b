"""The ten queries as a reader takes them home: one SQL text each, with its purpose, parameters and cost."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.experiments.sql_windows.mechanism.complexity import Complexity, parse_complexity
from lab.experiments.sql_windows.mechanism.paramstyle import paramstyle_of, translate

KIT = Path(__file__).parents[1] / "kit"
NAMES = (
    "running_total",
    "moving_average_rows",
    "moving_average_range",
    "sessionization",
    "session_summary",
    "churn",
    "retention_cohorts",
    "rfm_percentiles",
    "streaks",
    "sliding_max",
)
_ENTRY = re.compile(r"-- (?P<key>[a-z]+)(?: (?P<name>\w+))?: (?P<text>.+)")
_PARAMETER = re.compile(r"(?P<text>.+); default (?P<default>-?\d+)(?:; least (?P<least>-?\d+))?")
_LARGEST = 2**63 - 1  # what all three engines can hold


@dataclass(frozen=True)
class Query:
    """One statement on the table `transactions` (kit/schema/transactions.sql).

    sql: text with `:name` parameters. params: their defaults, in the units that `described` states; least: the
    smallest values that make sense.
    """

    sql: str
    params: Mapping[str, int]
    complexity: Complexity
    purpose: str
    described: Mapping[str, str] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)

    def bound(self, paramstyle: str, **values: int) -> tuple[str, Any]:
        """Statement and arguments for a driver's `execute`; parameters not given keep their defaults.

        LabError for a parameter that the query does not have and for a value that is no whole number in its range:
        SQLite takes numpy's numbers for bytes and texts for larger than any number, and DuckDB a frame's negative
        end for an empty frame.
        """
        unknown = sorted(set(values) - set(self.params))
        if unknown:
            raise LabError(
                f"the query has no parameter {', '.join(unknown)}; it has {', '.join(self.params)}"
            )
        whole = {name: self._whole(name, value) for name, value in values.items()}
        return translate(self.sql, dict(self.params) | whole, paramstyle)

    def _whole(self, name: str, value: Any) -> int:
        least = self.least.get(name, -_LARGEST)
        if not hasattr(value, "__index__") or not least <= operator.index(value) <= _LARGEST:
            raise LabError(f"{name} must be a whole number from {least:,} to {_LARGEST:,}, not {value!r}")
        return operator.index(value)

    def changed(self, old: str, new: str) -> Query:
        """The query with `old` replaced by `new` in its text; ValueError if `old` does not occur."""
        if old not in self.sql:
            raise ValueError(f"{old!r} does not occur in the query")
        return replace(self, sql=self.sql.replace(old, new))

    def rows(self, connection: Any, **values: int) -> list[tuple[Any, ...]]:
        """All rows of the result, in its order, over any DB-API 2.0 connection."""
        # DuckDB's cursor() is another connection, which does not see the first one's temporary tables and data frames.
        cursor = connection if hasattr(connection, "fetchall") else connection.cursor()
        cursor.execute(*self.bound(paramstyle_of(connection), **values))
        return [_values(row) for row in cursor.fetchall()]


def _values(row: Any) -> tuple[Any, ...]:
    """A row's values in order; a connection may be set to give rows as dicts, whose items are their names."""
    return tuple(row.values() if isinstance(row, Mapping) else row)


def queries() -> dict[str, Query]:
    """The ten, by name, in the order in which a reader meets them."""
    return {name: parse(path(name).read_text()) for name in NAMES}


def path(name: str) -> Path:
    """The file of one query."""
    return KIT / f"{name}.sql"


def parse(text: str) -> Query:
    """A kit file as a Query: its opening comment says what the statement is for; LabError if it doesn't."""
    head, sql = _split(text)
    entries = [_entry(line) for line in head]
    by_key = {(found["key"], found["name"] or ""): found["text"] for found in entries}
    if ("purpose", "") not in by_key or ("complexity", "") not in by_key:
        raise LabError("a query's opening comment needs the lines `purpose:` and `complexity:`")
    parameters = {name: _parameter(text) for (key, name), text in by_key.items() if key == "parameter"}
    costs = {name: text for (key, name), text in by_key.items() if key == "complexity"}
    return Query(
        sql,
        {name: int(found["default"]) for name, found in parameters.items()},
        parse_complexity(costs),
        by_key["purpose", ""],
        {name: found["text"] for name, found in parameters.items()},
        {name: int(found["least"]) for name, found in parameters.items() if found["least"]},
    )


def _split(text: str) -> tuple[list[str], str]:
    lines = text.strip().splitlines()
    body = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    # A comment line that is indented further continues the one above it.
    head = re.sub(r"\n--\s{2,}", " ", "\n".join(lines[:body])).splitlines()
    return head, "\n".join(lines[body:])


def _entry(line: str) -> Mapping[str, str]:
    found = _ENTRY.fullmatch(line)
    if not found:
        raise LabError(f"can't read this line of a query's opening comment: {line!r}")
    return found.groupdict()


def _parameter(text: str) -> Mapping[str, str]:
    found = _PARAMETER.fullmatch(text)
    if not found:
        raise LabError(
            f"a parameter's line must end with `; default NUMBER` or `; default NUMBER; least NUMBER`: {text!r}"
        )
    return found.groupdict()
