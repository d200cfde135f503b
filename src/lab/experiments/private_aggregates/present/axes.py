"""Parts of charts that several figures share."""

from __future__ import annotations

import pandas as pd

from lab.charts import alt, theme

_COMMON = 540  # px: narrower than this, legends go in fewer columns


def log_x(values: pd.Series, field: str, title: str) -> alt.X:
    """A logarithmic axis with a tick at each power of ten."""
    scale = alt.X(f"{field}:Q", title=title).scale(type="log", nice=False, padding=10)
    return scale.axis(values=theme.decades(values))


def columns(width: int, wide: int, narrow: int) -> int:
    """Columns of a legend on a desktop page or on a phone."""
    return wide if width >= _COMMON else narrow
