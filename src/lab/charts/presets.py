"""Parts that charts of several experiments share: logarithmic axes, headers of panels, legends that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lab.charts import alt, theme

PADDING = 15  # px between the outermost marks and the frame of a logarithmic axis


def log_x(field: str, title: str, values: Iterable[float], padding: int = PADDING) -> alt.X:
    """A logarithmic horizontal axis with a tick at each power of ten; `values`: all that is drawn on it."""
    axis = alt.X(field, title=title).axis(values=theme.decades(values))
    return axis.scale(type="log", nice=False, padding=padding)


def log_y(field: str, title: str, values: Iterable[float]) -> alt.Y:
    """A logarithmic vertical axis with a tick at each power of ten."""
    return alt.Y(field, title=title).axis(values=theme.decades(values)).scale(type="log")


def panels(field: str, order: Sequence[str] | None = None) -> alt.Row:
    """One panel below the other, each with its name above its left corner, where no name is cut off."""
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top")
    return alt.Row(field, title=None, sort=list(order) if order is not None else None, header=header)
