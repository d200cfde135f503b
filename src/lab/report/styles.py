"""Leave out of the themes' style sheets what can match nothing on any page: they are made for every kind of site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from lab import paths

_WORD = re.compile(r"[\w-]+")
# Names that a script puts together from parts.
_BUILT = ("bs-tooltip-",)


def prune(site: Path) -> None:
    """Rewrite the themes' sheets in `site` without the rules that ask for a class that no page and no script names."""
    own = {path.name for path in (paths.PROJECT / "book" / "_static").rglob("*.css")}
    texts = (path.read_text() for kind in ("html", "js") for path in site.rglob(f"*.{kind}"))
    used = {word for text in texts for word in _WORD.findall(text) if not word.startswith("fa-")}
    for path in (site / "_static").rglob("*.css"):
        if path.name not in own:
            path.write_text(pruned(path.read_text(), used))


def pruned(css: str, used: set[str]) -> str:
    """`css` without comments, icon fonts, and the rules none of whose selectors can match by the classes in `used`."""
    import tinycss2  # only where a book is built

    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "\n".join(_kept(rules, used)) + "\n"


def _kept(rules: Iterable[Any], used: set[str]) -> Iterator[str]:
    import tinycss2

    for rule in rules:
        if rule.type == "qualified-rule":
            if any(_matches(selector, used) for selector in _selectors(rule.prelude)):
                yield rule.serialize()
        elif rule.type != "at-rule" or rule.lower_at_keyword not in ("media", "supports", "font-face"):
            yield rule.serialize()
        elif rule.content and rule.lower_at_keyword != "font-face":
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if kept := "\n".join(_kept(inner, used)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{\n{kept}\n}}"


def _selectors(prelude: Iterable[Any]) -> list[list[Any]]:
    """The selectors of a rule, as lists of tokens; what stands in brackets is one token."""
    found: list[list[Any]] = [[]]
    for token in prelude:
        if token == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _matches(selector: list[Any], used: set[str]) -> bool:
    """Whether each class that the selector asks for is there; what is within `:not(...)` and the like is not looked at."""
    names = [name.value for dot, name in pairwise(selector) if dot == "."]
    return all(name in used or name.startswith(_BUILT) for name in names)
