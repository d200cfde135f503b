"""Charts: `alt` is Altair, loaded when the first chart is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt
else:
    from lab.lazy import module

    alt = module("altair")

__all__ = ["alt"]
