"""What a contract says, as a flat list of rules, each of one kind about a table, a column or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PRESENCE, TYPE, ZONE, REQUIRED, UNIQUE, RANGE = "presence", "type", "time zone", "required", "unique", "range"
LENGTH, PATTERN, SET, REFERENCE = "length", "pattern", "set", "reference"
FRESHNESS, ROWS, QUERY = "freshness", "row count", "query"
KINDS = (
    *(PRESENCE, TYPE, ZONE, REQUIRED, UNIQUE, RANGE, LENGTH, PATTERN, SET, REFERENCE),
    *(FRESHNESS, ROWS, QUERY),
)
# The standard's comparisons, as tests of (value, limit).
COMPARISONS = {
    "mustBe": lambda value, limit: value == limit,
    "mustNotBe": lambda value, limit: value != limit,
    "mustBeGreaterThan": lambda value, limit: value > limit,
    "mustBeGreaterOrEqualTo": lambda value, limit: value >= limit,
    "mustBeLessThan": lambda value, limit: value < limit,
    "mustBeLessOrEqualTo": lambda value, limit: value <= limit,
    "mustBeBetween": lambda value, limit: limit[0] <= value <= limit[1],
    "mustNotBeBetween": lambda value, limit: not limit[0] <= value <= limit[1],
}
_RANGE = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_SHARES = (REQUIRED, SET, PATTERN, UNIQUE)  # of rows, where a limit is in percent
_UNITS = {"d": 86_400, "h": 3_600, "hr": 3_600, "m": 60, "min": 60, "s": 1, "sec": 1}
_UNITS |= {"day": 86_400, "days": 86_400, "hour": 3_600, "hours": 3_600, "minute": 60, "minutes": 60}
_UNITS |= {"hrs": 3_600, "second": 1, "seconds": 1}
_DURATION = re.compile(r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


class ContractError(ValueError):
    """A contract that can't be used: no ODCS v3, or a rule that means nothing. The words say where."""


@dataclass(frozen=True)
class Rule:
    """One rule. columns: names in the data, none for the whole table; limits: by the standard's own names.

    text: the author's words for it, where there are any.
    """

    kind: str
    table: str
    columns: tuple[str, ...]
    limits: Mapping[str, Any]
    text: str = ""

    @property
    def column(self) -> str:
        return ", ".join(self.columns)

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}" if self.columns else self.table

    def holds(self, value: Any, rows: int) -> bool:
        """Whether a count satisfies the rule's comparison, none meaning that there must be no such row."""
        if self.limits.get("unit") == "percent" and self.kind in _SHARES:
            value = 100 * value / rows if rows else 0
        given = [name for name in COMPARISONS if name in self.limits]
        return (
            all(COMPARISONS[name](value, _like(value, self.limits[name])) for name in given)
            if given
            else value == 0
        )


def _like(value: Any, limit: Any) -> Any:
    """A limit as it was written, where the value is a decimal: to a decimal .3 as a float is another number."""
    if isinstance(limit, list):
        return [_like(value, one) for one in limit]
    return Decimal(str(limit)) if isinstance(value, Decimal) and isinstance(limit, float) else limit


def of_table(table: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[Rule | str]:
    """The rules of an element of `schema`; a string says what in it this gate leaves to others.

    names: of all tables and columns in the contract, to those in the data.
    """
    physical, columns = names[table["name"]]
    yield Rule(PRESENCE, physical, (), {})
    for column in table.get("properties", ()):
        yield from _of_column(physical, columns[column["name"]], column, names)
    key = [column for column in table.get("properties", ()) if column.get("primaryKey")]
    key.sort(key=lambda column: column.get("primaryKeyPosition", 0))
    if key:
        yield Rule(UNIQUE, physical, tuple(columns[column["name"]] for column in key), {})
    for relation in table.get("relationships", ()):
        yield _reference(physical, _listed(relation["from"]), relation, names)
    for item in table.get("quality", ()):
        yield _quality(physical, (), item, columns)


def _of_column(
    table: str, name: str, column: Mapping[str, Any], names: Mapping[str, Any]
) -> Iterator[Rule | str]:
    own, options = (name,), column.get("logicalTypeOptions", {})
    logical, physical = column.get("logicalType"), column.get("physicalType")
    yield Rule(PRESENCE, table, own, {})
    if logical or physical:
        yield Rule(TYPE, table, own, {"logicalType": logical, "physicalType": physical})
    if column.get("required") or column.get("primaryKey"):
        yield Rule(REQUIRED, table, own, {})
    if column.get("unique") and not column.get("primaryKey"):
        yield Rule(UNIQUE, table, own, {})
    if options.get("timezone"):
        yield Rule(ZONE, table, own, {})
    for kind, keys in ((RANGE, _RANGE), (LENGTH, ("minLength", "maxLength")), (PATTERN, ("pattern",))):
        limits = {key: options[key] for key in keys if key in options}
        if limits:
            yield Rule(kind, table, own, limits)
    if "enum" in column:
        yield Rule(SET, table, own, {"validValues": _texts(f"{table}.{name}", column["enum"])})
    for relation in column.get("relationships", ()):
        yield _reference(table, [f"{table}.{name}"], relation, names, own)
    for item in column.get("quality", ()):
        yield _quality(table, own, item, {name: name})
    known = {*_RANGE, "minLength", "maxLength", "pattern", "timezone"}
    for key in (*(set(options) - known), *({"properties", "items"} & set(column))):
        yield f"{table}.{name}: {key}"


def _reference(
    table: str,
    source: Sequence[str],
    relation: Mapping[str, Any],
    names: Mapping[str, Any],
    own: tuple[str, ...] = (),
) -> Rule:
    places = [_resolved(place, names) for place in _listed(relation["to"])]
    columns = own or tuple(_resolved(place, names)[1] for place in source)
    if len(places) != len(columns) or len({target for target, _ in places}) != 1:
        raise ContractError(f"{table}: a relationship from {columns} to {relation['to']} does not fit")
    return Rule(
        REFERENCE, table, columns, {"table": places[0][0], "columns": tuple(name for _, name in places)}
    )


def _resolved(place: str, names: Mapping[str, Any]) -> tuple[str, str]:
    table, _, column = place.rpartition(".")
    if table not in names or column not in names[table][1]:
        raise ContractError(f"a relationship names {place!r}, which the contract does not have")
    return names[table][0], names[table][1][column]


def _quality(
    table: str, own: tuple[str, ...], item: Mapping[str, Any], columns: Mapping[str, str]
) -> Rule | str:
    kind, metric = item.get("type", "library"), item.get("metric")
    place, text = ".".join((table, *own)), item.get("description") or item.get("name") or ""
    if kind in ("text", "custom"):
        return f"{place}: {text or kind}" + (f" (left to {item['engine']})" if "engine" in item else "")
    limits = {name: item[name] for name in (*COMPARISONS, "unit") if name in item}
    given = item.get("arguments") or {}
    if kind == "sql":
        return Rule(QUERY, table, own, limits | {"query": item["query"]}, text)
    if metric == "rowCount":
        return Rule(ROWS, table, (), limits, text)
    if metric == "duplicateValues":
        wanted = own or tuple(columns[name] for name in given.get("properties", ()) if name in columns)
        if not wanted:
            raise ContractError(f"{place}: duplicateValues names no column of the table")
        return Rule(UNIQUE, table, wanted, limits, text)
    if not own:
        raise ContractError(f"{place}: {metric} belongs to a column, not to a table")
    if metric in ("nullValues", "missingValues"):
        return Rule(REQUIRED, table, own, limits | {"missingValues": given.get("missingValues", [])}, text)
    if "validValues" in given:
        return Rule(SET, table, own, limits | {"validValues": _texts(place, given["validValues"])}, text)
    if "pattern" in given:
        return Rule(PATTERN, table, own, limits | {"pattern": given["pattern"]}, text)
    raise ContractError(f"{place}: {metric} needs validValues or a pattern")


def _texts(place: str, values: Sequence[Any]) -> list[str]:
    """Values as text. YAML 1.1 reads NO, on, off as booleans, which nobody means in a list of codes."""
    if any(isinstance(value, bool) for value in values):
        raise ContractError(f"{place}: a value is a boolean to YAML; write it in quotes")
    return [str(value) for value in values if value is not None]


def freshness(sla: Mapping[str, Any], names: Mapping[str, Any]) -> Rule:
    """The rule of a service level `freshness`: the newest value of a column is at most so old."""
    table, column = _resolved(str(sla.get("element", "")), names)
    return Rule(FRESHNESS, table, (column,), {"seconds": _seconds(sla)})


def _seconds(sla: Mapping[str, Any]) -> int:
    value, unit = sla["value"], str(sla.get("unit") or "d").lower()
    found = _DURATION.fullmatch(str(value).upper())
    if found:
        return sum(
            int(part or 0) * size
            for part, size in zip(found.groups(), (604_800, 86_400, 3_600, 60, 1), strict=True)
        )
    if unit in _UNITS and re.fullmatch(r"\d+(\.\d+)?", str(value)):
        return round(float(value) * _UNITS[unit])
    raise ContractError(f"freshness of {value} {unit}: neither a number of d, h, m, s nor a duration")


def _listed(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
