"""The engines' colours, the same in every figure."""

from __future__ import annotations

import pandas as pd

from lab.charts import alt, theme

COLOURS = {"DuckDB": theme.ORANGE, "Trino": theme.PURPLE, "Spark": theme.BLUE}


def colour(present: pd.Series) -> alt.Color:
    """The encoding for those engines that are present."""
    names = [name for name in COLOURS if name in set(present)]
    return alt.Color(
        "engine:N",
        title=None,
        scale=alt.Scale(domain=names, range=[COLOURS[name] for name in names]),
        legend=alt.Legend(columns=len(names)),
    )
