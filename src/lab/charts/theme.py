"""One look for every chart: colour-blind safe, legible on light and dark pages, no network.

Text and axes are drawn in `currentColor`, so that a chart takes the page's own text colour.
Palette: Okabe and Ito (2008), without black and yellow, which vanish on one of the two backgrounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = PALETTE
GREY = "#8A8F98"

WIDE, NARROW = 600, 270  # px of the plotting area on a desktop page and on a phone

FONT = "system-ui, sans-serif"
# The widest of the fonts that a system may have for it: space is measured with this one, so that no label is cut off.
MEASURED_WITH = "DejaVu Sans"
_TEXT = "currentColor"


def decades(values: Iterable[float]) -> list[float]:
    """Powers of ten from the one at or below the smallest to the one at or above the largest value.

    As tick values of a logarithmic axis: Vega's own (1, 2, 5, ...) run together on a phone.
    """
    positive = [value for value in values if value > 0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    return [10.0**power for power in range(low, high + 1)]


def log_ticks(values: Iterable[float]) -> list[float]:
    """Ticks of a logarithmic axis: powers of ten, with 3 times them where fewer than three would be seen."""
    drawn = [value for value in values if value > 0]
    powers = decades(drawn)
    if sum(min(drawn) <= power <= max(drawn) for power in powers) >= 3:
        return powers
    return [factor * power for power in powers for factor in (1, 3)]


def config() -> dict[str, Any]:
    """The Vega-Lite config that every chart carries."""
    label = {"labelColor": _TEXT, "titleColor": _TEXT, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": None,
        "font": MEASURED_WITH,
        "aria": True,  # the source of the tooltips; it is taken out of the page, where a figure has one alternative
        "tooltipFormat": {"numberFormat": ","},
        "mark": {"color": BLUE},
        "range": {"category": PALETTE},
        "view": {"stroke": None},
        "axis": label
        | {
            "gridColor": GREY,
            "gridOpacity": 0.25,
            "domainColor": GREY,
            "tickColor": GREY,
            "titleFontWeight": "normal",
        },
        "legend": label
        # Where the reader's font runs wider than the one that was measured with, entries must not touch.
        | {"orient": "top", "titleFontWeight": "normal", "labelLimit": 260, "columnPadding": 24}
        # Two legends one below the other: side by side they read as one, and leave a phone's screen.
        | {"layout": {"top": {"direction": "vertical", "anchor": "start", "margin": 4}}},
        "header": label | {"titleFontWeight": "normal"},
        "title": {"color": _TEXT, "fontSize": 13, "fontWeight": "normal"},
        "text": {"color": _TEXT, "fontSize": 12},
        "line": {"strokeWidth": 2},
        "point": {"filled": True, "size": 45},
    }
