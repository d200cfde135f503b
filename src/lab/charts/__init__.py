"""Charts: `alt` is Altair, loaded when the first chart is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.lazy import leave_out, module

# Altair imports jsonschema, which here takes a second to build a grammar of IRIs that no chart has.
leave_out("rfc3987_syntax")

if TYPE_CHECKING:
    import altair as alt
else:
    alt = module("altair")

__all__ = ["alt"]
