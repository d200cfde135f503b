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

# What a parameter may not be looked for in comes first: strings, quoted names, comments, `::` casts.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|::|:(?P<name>[A-Za-z_]\w*)", re.S)


def paramstyle_of(connection: Any) -> str:
    """The `paramstyle` that the module of a DB-API connection declares; LabError if it declares none."""
    packages = [kind.__module__.partition(".")[0].lstrip("_") for kind in type(connection).__mro__]
    for package in packages:
        if style := getattr(sys.modules.get(package), "paramstyle", None):
            return str(style)
    raise LabError(f"the module {packages[0]!r} of this connection declares no paramstyle (PEP 249)")


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
