"""Named parameters, `:name`, in the style that a driver wants (PEP 249's `paramstyle`).

The library sqlparams (tried: 6.2.0) translates between these styles too, but does not read SQL: it takes `:a` within
a string, a quoted name or a comment behind code for a parameter. `SELECT ':a', :a` becomes `SELECT '?', ?` with two
arguments, without an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

from lab.errors import LabError

# What a parameter may not be looked for in comes first: strings (with escapes, plain, between dollars), quoted names,
# comments, `::` casts.
_TOKEN = re.compile(
    r"(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$"
    r"|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|::|:(?P<name>[A-Za-z_]\w*)",
    re.S,
)


def paramstyle_of(connection: Any) -> str:
    """The `paramstyle` of the driver behind a DB-API connection; LabError if no module of it declares one.

    A pool's connection that wraps the driver's (SQLAlchemy's `dbapi_connection`) counts as it.
    """
    modules = _modules(connection)
    for name in modules:
        if style := getattr(sys.modules.get(name), "paramstyle", None):
            return str(style)
    for wrapped in ("dbapi_connection", "driver_connection", "connection"):
        inner = getattr(connection, wrapped, None)
        if hasattr(inner, "cursor") and inner is not connection:
            return paramstyle_of(inner)
    raise LabError(
        f"neither {' nor '.join(modules)} declares a paramstyle (PEP 249). Bind the query yourself: "
        "`sql, arguments = query.bound('qmark')`, with the style that your driver documents"
    )


def _modules(connection: Any) -> list[str]:
    """Modules that may declare the style, nearest first: of the connection's class and its bases, and what they lie in.

    `trino.dbapi` before `trino`; an extension module's underscore is left out (`_duckdb`: duckdb).
    """
    names = [kind.__module__.lstrip("_") for kind in type(connection).__mro__ if kind is not object]
    parts = [name.split(".") for name in names]
    return list(dict.fromkeys(".".join(path[:end]) for path in parts for end in range(len(path), 0, -1)))


def translate(sql: str, values: Mapping[str, Any], paramstyle: str) -> tuple[str, Any]:
    """Statement and arguments for `execute`. LabError if a parameter has no value or the style is unknown.

    Returns a dict of arguments for `named` and `pyformat`, a tuple in order of appearance for the others
    (`numeric`: in order of first appearance).
    """
    names = [found["name"] for found in _TOKEN.finditer(sql) if found["name"]]
    missing = sorted(set(names) - set(values))
    if missing:
        raise LabError(f"no value for parameter {', '.join(missing)}")
    distinct = list(dict.fromkeys(names))
    spelling = _spelling(paramstyle, distinct)
    if paramstyle in ("format", "pyformat"):
        sql = sql.replace("%", "%%")
    text = _TOKEN.sub(lambda found: spelling[found["name"]] if found["name"] else found[0], sql)
    if paramstyle in ("named", "pyformat"):
        return text, {name: values[name] for name in distinct}
    return text, tuple(values[name] for name in (distinct if paramstyle == "numeric" else names))


def _spelling(paramstyle: str, names: list[str]) -> dict[str, str]:
    templates = {
        "named": ":{name}",
        "pyformat": "%({name})s",
        "qmark": "?",
        "format": "%s",
        "numeric": ":{number}",
    }
    if paramstyle not in templates:
        raise LabError(f"unknown paramstyle {paramstyle!r}; PEP 249 knows {', '.join(templates)}")
    return {
        name: templates[paramstyle].format(name=name, number=number) for number, name in enumerate(names, 1)
    }
