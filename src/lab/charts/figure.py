"""A figure: a title that states the finding, a chart for two widths, a text alternative, its data."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import vl_convert

from lab.charts import alt, theme


@dataclass(frozen=True)
class Figure:
    """One finding, drawn.

    title: the finding as a sentence, computed from the run.
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
        """The figure as self-contained HTML: two SVG drawings, of which the page shows the fitting one."""
        drawings = "".join(
            f'<div class="lab-{size}" role="img" aria-label="{html.escape(self.alt, quote=True)}">'
            f"{_svg(self.chart(width), f'{name}-{size}')}</div>"
            for size, width in (("wide", theme.WIDE), ("narrow", theme.NARROW))
        )
        return (
            f'{_STYLE}<figure class="lab-figure" id="figure-{name}">'
            f"<figcaption>{html.escape(self.title)}</figcaption>{drawings}</figure>"
        )


# The same rules stand in the book's style sheet; here they serve JupyterLab.
_STYLE = (
    "<style>.lab-figure svg{max-width:100%;height:auto}.lab-narrow{display:none}"
    "@media(max-width:600px){.lab-wide{display:none}.lab-narrow{display:block}}</style>"
)


def _svg(chart: Any, prefix: str) -> str:
    drawing = _matplotlib_svg(chart) if hasattr(chart, "savefig") else _altair_svg(chart)
    return _with_own_ids(drawing, prefix)


def _altair_svg(chart: alt.TopLevelMixin) -> str:
    specification = chart.to_dict()
    specification["config"] = theme.config()
    return vl_convert.vegalite_to_svg(specification)


def _matplotlib_svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, bbox_inches="tight")
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _with_own_ids(svg: str, prefix: str) -> str:
    # The box around the drawing carries its one text alternative; roles inside of it have no name.
    svg = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)
    # Several drawings share a page, and Vega numbers its clip paths from one in each of them.
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
