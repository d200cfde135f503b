"""Parts that charts of several experiments share: logarithmic axes, headers of panels, legends that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.charts import alt, theme

PADDING = 12  # px between the outermost marks and the frame of a logarithmic axis


def log_x(field: str, title: str, values: Iterable[float], format: str | None = None) -> alt.X:
    """A logarithmic horizontal axis. values: all that is drawn on it, by which the ticks are chosen.

    format: of the labels, such as ",d" (d3-format).
    """
    scaled = alt.X(f"{field}:Q", title=title).scale(type="log", nice=False, padding=PADDING)
    return scaled.axis(values=theme.log_ticks(values), format=format or alt.Undefined)


def log_y(field: str, title: str, values: Iterable[float], format: str | None = None) -> alt.Y:
    """A logarithmic vertical axis."""
    return (
        alt.Y(f"{field}:Q", title=title)
        .scale(type="log")
        .axis(values=theme.log_ticks(values), format=format or alt.Undefined)
    )


def panels(field: str, order: Sequence[str]) -> alt.Row:
    """One panel below the other, each with its name above its left corner, where no name is cut off."""
    return alt.Row(f"{field}:N", title=None, sort=list(order)).header(
        labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=0
    )


def dashes(field: str, order: Sequence[str], columns: int) -> alt.StrokeDash:
    """Kinds of lines, the first one drawn through, with a legend of lines."""
    return _lines(field, order, [[1, 0], [5, 3], [2, 2]]).legend(
        symbolType="stroke", symbolSize=300, columns=columns
    )


def reference(order: Sequence[str], columns: int) -> alt.StrokeDash:
    """Lines that are no data (a limit, a claim, a theory), for marks in theme.GREY: dashed, named by a legend.

    The data's column `reference` holds their names.
    """
    return _lines("reference", order, [[5, 3], [2, 2], [8, 3, 2, 3]]).legend(
        symbolType="stroke", symbolSize=300, symbolStrokeColor=theme.GREY, columns=columns
    )


def _lines(field: str, order: Sequence[str], patterns: Sequence[Sequence[int]]) -> alt.StrokeDash:
    names = list(order)
    encoded = alt.StrokeDash(f"{field}:N", title=None, sort=names)
    return encoded.scale(domain=names, range=patterns[: len(names)])


def columns(width: int, wide: int, narrow: int) -> int:
    """Columns of a legend on a desktop page or on a phone."""
    return wide if width > theme.NARROW else narrow
