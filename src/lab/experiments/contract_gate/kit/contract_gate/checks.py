"""Rules as SQL: which columns are of which kind, and which rows break a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from .duck import ZONED
from .rules import LENGTH, PATTERN, RANGE, REQUIRED, SET, Rule
from .sources import Source, literal, quoted, relation

BY_ROW = (REQUIRED, RANGE, LENGTH, PATTERN, SET)  # judged in one pass over a table
_FAMILIES = {
    "integer": r"(u?(tiny|small|big|huge)int|u?integer|int[248]?)",
    "number": r"(decimal|numeric|double( precision)?|float[48]?|real)",
    "string": r"(varchar|text|character( varying)?|char|bpchar|uuid|enum|name|citext)",
    "boolean": r"bool(ean)?",
    "date": r"date",
    "timestamp": r"timestamp.*",
    "time": r"time( .*)?",
    "object": r"(struct|map|jsonb?|union).*",
}
_FLOATS = r"(double( precision)?|float[48]?|real)"
_TEXT = r"(varchar|text|character varying)(\(\d+\))?"  # what functions of text take as it is
_BOUNDS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}


def family(type_: str) -> str:
    """The logical type that an engine's type is of; "" if it is of none."""
    name = type_.lower().strip()
    if name.endswith("]"):
        return "array"
    if re.fullmatch(r"(decimal|numeric)\(\d+, *0\)", name):
        return "integer"
    base = re.sub(r"\(.*\)", "", name).strip()
    return next((one for one, pattern in _FAMILIES.items() if re.fullmatch(pattern, base)), "")


def of_logical(logical: str, type_: str) -> bool:
    """Whether values of a type are of a logical type; every integer is a number."""
    return family(type_) == logical or (logical == "number" and family(type_) == "integer")


def of_physical(declared: str, type_: str, source: Source) -> bool | None:
    """Whether a type is the declared one; its size counts where it is declared. None if the engine has no such type."""
    known = source.canonical(declared)
    if known is None:
        return None
    if "(" not in declared:
        known, type_ = (re.sub(r"\(.*?\)", "", one) for one in (known, type_))
    return known.lower() == type_.lower()


def zoned(type_: str) -> bool:
    return "with time zone" in type_.lower() or "timestamptz" in type_.lower()


def breaking_row(rule: Rule, type_: str, source: Source) -> str:
    """SQL: whether a row breaks a rule that is judged by row. NULL breaks none but `required`."""
    column, limits = quoted(rule.columns[0]), rule.limits
    text = column if re.fullmatch(_TEXT, type_.lower()) else f"CAST({column} AS text)"
    if rule.kind == REQUIRED:
        other = [literal(str(value)) for value in limits.get("missingValues", ()) if value is not None]
        return f"{column} IS NULL" + (f" OR {text} IN ({', '.join(other)})" if other else "")
    if rule.kind == PATTERN:
        return f"NOT {source.matches(text, limits['pattern'])}"
    if rule.kind == SET:
        return _not_in(column, text, type_, limits["validValues"])
    if rule.kind == LENGTH:
        held = [
            f"length({text}) {sign} {int(limits[name])}"
            for name, sign in (("minLength", ">="), ("maxLength", "<="))
            if name in limits
        ]
        return f"NOT ({' AND '.join(held)})"
    return _out_of_range(column, type_, limits)


def _not_in(column: str, text: str, type_: str, values: Sequence[str]) -> str:
    """Numbers are compared as numbers, times as times, all else as text. What is no number a column of numbers never has."""
    kind = family(type_)
    if kind in ("integer", "number"):
        known = [_value(number, type_) for one in values if (number := _number(one)) is not None]
    elif kind in ("date", "timestamp", "time"):
        known = [_value(one, type_) for one in values]
    else:
        column, known = text, [literal(one.lower() if kind == "boolean" else one) for one in values]
    return f"{column} NOT IN ({', '.join(known)})" if known else f"{column} IS NOT NULL"


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _out_of_range(column: str, type_: str, limits: Mapping[str, object]) -> str:
    held = [
        f"{column} {sign} {_value(limits[name], type_)}" for name, sign in _BOUNDS.items() if name in limits
    ]
    # NaN is greater than every number to both engines, and within no range to anybody.
    nan = f" OR CAST({column} AS float8) = CAST('NaN' AS float8)" if family(type_) == "number" else ""
    return f"NOT ({' AND '.join(held)}){nan}"


def _value(value: object, type_: str) -> str:
    """A limit as SQL. A number stays one, as a decimal or an integer would round it; of a float it is the nearest."""
    if isinstance(value, (int, float, Decimal)):
        nearest = re.fullmatch(_FLOATS, type_.lower()) and -3e38 < value < 3e38
        return f"CAST({value} AS {type_})" if nearest else str(value)
    return f"CAST({literal(str(value))} AS {'text' if family(type_) == 'string' else type_})"


def unzoned_text(column: str) -> str:
    """SQL, DuckDB's: whether a text is a time without its zone."""
    return f"NOT regexp_matches({quoted(column)}, {literal(ZONED)})"


def surplus(table: str, types: Mapping[str, str]) -> str:
    """A query for the number of rows whose key an earlier row has. types: of the key's columns."""
    there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in types)
    # Types without equality, such as JSON and points of PostgreSQL, are compared as text.
    names = [
        f"CAST({quoted(name)} AS text)" if family(type_) == "" or type_.lower() == "json" else quoted(name)
        for name, type_ in types.items()
    ]
    groups = f"SELECT count(*) AS n FROM {relation(table)} WHERE {there} GROUP BY {', '.join(names)}"
    return f"SELECT coalesce(sum(n - 1), 0) FROM ({groups} HAVING count(*) > 1) AS found"


def orphans(rule: Rule) -> str:
    """A query for the number of rows that refer to nothing."""
    pairs = list(zip(rule.columns, rule.limits["columns"], strict=True))
    there = " AND ".join(f"a.{quoted(name)} IS NOT NULL" for name in rule.columns)
    same = " AND ".join(f"b.{quoted(other)} = a.{quoted(name)}" for name, other in pairs)
    target = relation(rule.limits["table"])
    return (
        f"SELECT count(*) FROM {relation(rule.table)} AS a WHERE {there} "
        f"AND NOT EXISTS (SELECT 1 FROM {target} AS b WHERE {same})"
    )


def filled(rule: Rule) -> str:
    """A contract's own query with the names that it leaves open, ${table} or {column} and their synonyms."""
    names = dict.fromkeys(("table", "object", "model"), relation(rule.table))
    if rule.columns:
        names |= dict.fromkeys(("column", "property", "field"), quoted(rule.columns[0]))
    return re.sub(
        r"\$?\{(\w+)\}", lambda found: names.get(found[1].lower(), found[0]), rule.limits["query"]
    ).rstrip("; \n")


def mentions(query: str, names: Sequence[str]) -> bool:
    """Whether a query has one of the names as a whole word."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.I) for name in names)
