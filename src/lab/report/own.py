"""Five lines that put a mechanism of a reader's own into an experiment: as the page shows them a test runs them."""

from __future__ import annotations

import re
from pathlib import Path

from lab import paths
from lab.report import tables

_EXPECTED = re.compile(r"^# (fail|pass)(?:e?s): (.+)$", re.MULTILINE)


def file(slug: str) -> Path:
    """Where the lines stand: a cell for the end of the notebook, which knows `experiment` and `params`."""
    return paths.PROJECT / "notebooks" / "own" / f"{slug}.py"


def lines(source: str) -> list[str]:
    """What a reader types: without imports, comments and blank lines."""
    typed = (line.strip() for line in source.splitlines())
    return [line for line in typed if line and not line.startswith(("#", "import ", "from "))]


def expected(source: str) -> dict[str, str]:
    """Outcome by criterion, as the last lines say it: `# fails: NAME, NAME` and `# passes: NAME`."""
    return {name: outcome for outcome, names in _EXPECTED.findall(source) for name in names.split(", ")}


def fold(slug: str) -> str:
    """The lines behind a line that counts them; nothing where an experiment has none yet."""
    if not file(slug).exists():
        return ""
    source = file(slug).read_text().strip()
    how = (
        f"`make edit` opens the notebook. Run it down to its parameters, then type into a cell below, or load with "
        f"`%load own/{slug}.py`, what follows. Oracle and criteria stay what they are. Then change the mechanism."
    )
    return tables.fold(
        f"Put in your own mechanism: {len(lines(source))} lines", f"{how}\n\n```python\n{source}\n```"
    )
