"""What the figures share: a colour, a shape and a legend for the engines."""

from __future__ import annotations

from typing import Any

from lab.charts import alt
from lab.charts.theme import BLUE, GREEN, VERMILION

NARROW = 400  # px below which a chart is drawn for a phone
ENGINE_COLOURS = {"PostgreSQL": BLUE, "DuckDB": VERMILION, "SQLite": GREEN}


def engine_colour(width: int) -> alt.Color:
    """Engines by colour."""
    names = list(ENGINE_COLOURS)
    scale = alt.Scale(domain=names, range=list(ENGINE_COLOURS.values()))
    return alt.Color("engine:N", title=None, scale=scale, sort=names, legend=legend(width))


def engine_shape(width: int) -> alt.Shape:
    """Engines by shape, for those who tell colours apart badly."""
    # The same domain as the colours' lets Vega draw one legend for both.
    names = list(ENGINE_COLOURS)
    scale = alt.Scale(domain=names, range=["circle", "square", "triangle-up"])
    return alt.Shape("engine:N", title=None, scale=scale, sort=names, legend=legend(width))


def dashed(width: int, *names: str) -> alt.StrokeDash:
    """Grey lines of a field `line` with these names, told apart by their dashes."""
    return alt.StrokeDash(
        "line:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=[[4, 3], [1, 3]][: len(names)]),
        legend=legend(width, symbolType="stroke"),
    )


def legend(width: int, **more: Any) -> alt.Legend:
    """One column on a phone, so that nothing overflows."""
    return alt.Legend(columns=1 if width < NARROW else 3, **more)
