"""The parameters of a notebook as a table: name, value, unit and range, meaning; read from its parameters cell."""

from __future__ import annotations

import ast
import html
import io
import re
import tokenize
from typing import Any, NamedTuple

from lab.report import tables

_UNIT = re.compile(r"(s|ms|µs|%|bytes|[kM]B|[KM]iB|[a-z]+/[a-z]+)\b(?: of)? (?=\S)")
# A comment says the meaning first. The range starts at the first comma that a bound follows; 1,000 has none inside.
_RANGE = re.compile(r"(?:, |: )(?=(?:\d|above |below |from |up to |at (?:least|most) |any of |ascending\b))")


class Setting(NamedTuple):
    """One parameter as the notebook writes it."""

    name: str
    value: str
    bounds: str
    meaning: str


def settings(source: str) -> list[Setting]:
    """The parameters that a parameters cell assigns, with what their comments say."""
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return [
        _setting(
            ast.unparse(node.targets[0]), ast.unparse(node.value), comments.get(node.end_lineno or 0, "")
        )
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
    ]


def _setting(name: str, value: str, comment: str) -> Setting:
    meaning, *bounds = _RANGE.split(comment, maxsplit=1)
    unit = _UNIT.match(meaning)
    if unit:
        meaning = meaning[unit.end() :]
    return Setting(
        name, value, ", ".join([*([unit[1]] if unit else []), *bounds]), meaning.removeprefix("of ")
    )


def fold(slug: str, source: str) -> str:
    """The table with the command that changes a value, behind a line that names the parameters."""
    found = settings(source)
    names = ", ".join(f"<code>{setting.name}</code>" for setting in found)
    rows = [
        [
            f"<code>{setting.name}</code>",
            _number(setting.value),
            *map(html.escape, (setting.bounds, setting.meaning)),
        ]
        for setting in found
    ]
    head = ["parameter", "value", "unit and range", "meaning"]
    name, value = next(((item.name, item.value) for item in found if _plain(item.value)), ("NAME", "VALUE"))
    change = (
        f"<p>To change one: <code>lab run {slug} -p {name}={value}</code> or "
        f"<code>papermill notebooks/{slug}.ipynb -p {name} {value}</code>, with a value of yours.</p>"
    )
    return tables.fold(
        f"{tables.counted(len(found), 'parameter')}: {names}",
        tables.table(head, rows, label="parameters") + change,
    )


def _number(value: str) -> str:
    literal: Any = ast.literal_eval(value)
    return tables.cell(literal) if _plain(value) else html.escape(value)


def _plain(value: str) -> bool:
    return isinstance(ast.literal_eval(value), (int, float)) and value not in ("True", "False")
