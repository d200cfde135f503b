"""A figure: a title that states the finding, a chart for two widths, a text alternative, its data."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from lab.charts import drawing, theme

LONGEST = 15  # words of a title


@dataclass(frozen=True)
class Figure:
    """One finding, drawn.

    title: the finding as a sentence of at most fifteen words with a number, computed from the run.
    alt: what a reader who can't see the chart should know, computed from the run.
    chart: plotting width in px -> Altair chart (or a matplotlib figure where Altair can't);
        called for a desktop and for a phone.
    data: what is drawn, one row per mark; offered as CSV.
    """

    title: str
    alt: str
    chart: Callable[[int], Any]
    data: pd.DataFrame

    def html(self, name: str) -> str:
        """The figure as self-contained HTML: two SVG drawings, of which the page shows the fitting one.

        A mark shows its values to pointer, tap and keyboard; where scripts are off the drawing stays as it is.
        """
        drawings = "".join(
            f'<div class="lab-{size}" role="img" aria-label="{html.escape(self.alt, quote=True)}">'
            f"{drawing.svg(self.chart(width), f'{name}-{size}')}</div>"
            for size, width in (("wide", theme.WIDE), ("narrow", theme.NARROW))
        )
        return (
            f'<style>{_beside("figure.css")}</style><figure class="lab-figure" id="figure-{name}">'
            f"<figcaption>{html.escape(self.title)}</figcaption>{drawings}"
            f'<div class="lab-tip" role="status"></div></figure>'
            f"<script>{_beside('figure.js')}</script>"
        )


def flaws(figure: Figure) -> list[str]:
    """What in a figure is missing or too long; a sentence each."""
    words = len(figure.title.split())
    found = {
        f"the title has {words} words, over {LONGEST}": words > LONGEST,
        "the title has no number": not any(letter.isdigit() for letter in figure.title),
        "there is no text alternative": not figure.alt.strip(),
        "nothing is drawn": figure.data.empty,
    }
    return [flaw for flaw, holds in found.items() if holds]


@cache
def _beside(name: str) -> str:
    """Style or script, without blank lines: they would end the HTML in a page of Markdown."""
    lines = (line.strip() for line in Path(__file__).with_name(name).read_text().splitlines())
    return "\n".join(line for line in lines if line)
