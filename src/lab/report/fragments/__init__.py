"""Parts of the prose pages that are computed from the records.

A page asks for one with a comment such as `<!-- lab:scoreboard -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lab.errors import LabError
from lab.report.fragments import lists
from lab.report.fragments.at_scale import at_scale
from lab.report.fragments.changes import changes
from lab.report.fragments.decisions import decisions
from lab.report.fragments.reproduction import reproduced, reproduction
from lab.report.fragments.scoreboard import scoreboard
from lab.report.row import Row

_MARK = re.compile(r"<!-- lab:(\w+)(?: (.+?))? -->")

# Rows, the way up to the book's root, and what stands after the name -> Markdown.
Fragment = Callable[[Sequence[Row], str, str], str]
_FRAGMENTS: dict[str, Fragment] = {
    "counts": lists.counts,
    "changes": changes,
    "scoreboard": scoreboard,
    "theme": lists.theme,
    "decisions": decisions,
    "models": at_scale,
    "inconclusive": lists.inconclusive,
    "reproduced": reproduced,
    "reproduction": reproduction,
}


def fill(text: str, rows: Sequence[Row], depth: int = 0) -> str:
    """`text` with every mark replaced. depth: how many folders the page stands below the book's root."""

    def replace(match: re.Match[str]) -> str:
        name, argument = match[1], match[2] or ""
        if name not in _FRAGMENTS:
            raise LabError(f"no fragment {name!r}; known: {', '.join(_FRAGMENTS)}")
        return _FRAGMENTS[name](rows, "../" * depth, argument)

    return _MARK.sub(replace, text)
