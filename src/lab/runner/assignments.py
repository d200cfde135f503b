"""`-p NAME=VALUE`, read as papermill reads `-p NAME VALUE`; a list, which papermill's `-p` does not know, is JSON."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from typing import Any

from lab.errors import ParameterError

Point = dict[str, Any]

# Between values, not inside of a list.
_COMMA = re.compile(r",(?![^\[]*\])")


def parse(assignments: Sequence[str]) -> Point:
    """`("rate=1000", 'strategies=["keyed"]')` -> values; ParameterError for what is not name=value."""
    return {name: _value(name, text) for name, text in map(_split, assignments)}


def points(assignments: Sequence[str]) -> list[Point]:
    """Every combination of `("rate=1000,10000", "partitions=6")`, in order; ParameterError for a name given twice."""
    ranges = [
        (name, [_value(name, part) for part in _COMMA.split(text)]) for name, text in map(_split, assignments)
    ]
    names = [name for name, _ in ranges]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(f"{twice[0]} is given twice; write its values with commas: -p {twice[0]}=1,2")
    combinations = itertools.product(*(values for _, values in ranges))
    return [dict(zip(names, values, strict=True)) for values in combinations]


def _split(assignment: str) -> tuple[str, str]:
    name, equals, text = assignment.partition("=")
    if not equals or not name.isidentifier() or not text:
        raise ParameterError(f"-p takes name=value, not {assignment!r}")
    return name, text


def _value(name: str, text: str) -> Any:
    if text.startswith("["):
        return _list(name, text)
    from papermill.cli import _resolve_type  # takes a while, and is asked for by few commands

    return _resolve_type(text)


def _list(name: str, text: str) -> list[Any]:
    try:
        return json.loads(text)
    except ValueError:
        raise ParameterError(
            f"parameter {name} = {text!r}: not a list in JSON; write '[1, 2]' or '[\"one\", \"two\"]'"
        ) from None
