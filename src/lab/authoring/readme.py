"""The table of experiments in the README: themes, titles and minutes, from table of contents and baseline."""

from __future__ import annotations

import re
from pathlib import Path

from lab import declared, paths
from lab.evidence import baseline
from lab.files import write_atomically
from lab.report import catalogue

README = paths.PROJECT / "README.md"
_TABLE = re.compile(r"(<!-- experiments -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


def refresh() -> Path:
    """Write the README's table anew."""
    write_atomically(README, filled(README.read_text()))
    return README


def filled(text: str) -> str:
    """`text` with the table between its marks."""
    return _TABLE.sub(lambda found: found[1] + table(), text)


def table() -> str:
    """A row for each theme: its experiments, each with the minutes of its baseline's run."""
    themes: dict[str, list[str]] = {}
    for entry in catalogue.entries():
        themes.setdefault(entry.theme, []).append(entry.slug)
    rows = [f"| {theme} | {'; '.join(map(_entry, slugs))} |" for theme, slugs in themes.items()]
    slugs = catalogue.slugs()
    whole = sum(filter(None, map(_minutes, slugs)))
    last = f"| in all | {len(slugs)} experiments, {whole:.0f} min one after the other |"
    return "\n".join(["| theme | experiments (minutes that one takes) |", "|---|---|", *rows, last])


def _entry(slug: str) -> str:
    title = re.split("[:,]", declared.title(slug))[0]
    minutes = _minutes(slug)
    return f"[{title}](notebooks/{slug}.ipynb)" + (f" ({minutes:.1f})" if minutes else "")


def _minutes(slug: str) -> float | None:
    kept = baseline.kept(slug)
    return kept["duration_s"] / 60 if kept else None
