"""A small line without axes: the shape of a finding beside its number."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 90, 24, 2


def sparkline(values: Sequence[float | None]) -> str:
    """`values` as an inline SVG; empty for fewer than two. The number beside it says what it shows."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(known) - 1)
    points = " ".join(
        f"{MARGIN + place * step:.1f},{HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN):.1f}"
        for place, value in enumerate(known)
    )
    return (
        f'<svg class="lab-sparkline" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'aria-hidden="true"><polyline points="{points}"/></svg>'
    )
