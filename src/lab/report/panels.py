"""A panel for each criterion, one below the other: what was observed, with its limit dashed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme


def panels(data: pd.DataFrame, x: alt.X, height: int) -> Callable[[int], Any]:
    """Chart of a figure.

    data: first the column of `x`, then `criterion`, `observed`, `limit` (NaN: there is none) and `series`, the name of
    the line to which an observed value belongs.
    """
    kept = [data.columns[0], "criterion"]
    observed = data[[*kept, "observed", "series"]].set_axis([*kept, "value", "line"], axis=1)
    limits = data[[*kept, "limit"]].drop_duplicates().set_axis([*kept, "value"], axis=1).assign(line="limit")
    drawn = pd.concat([observed, limits]).dropna(subset="value")
    series = list(dict.fromkeys(data["series"]))
    order = [*series, "limit"]
    colors = [theme.PALETTE[place % len(theme.PALETTE)] for place in range(len(series))]

    def chart(width: int) -> Any:
        lines = alt.Chart(drawn).encode(
            x=x,
            y=alt.Y("value:Q", title=None),
            color=alt.Color("line:N", title=None, sort=order).scale(
                domain=order, range=[*colors, theme.GREY]
            ),
            strokeDash=alt.StrokeDash("line:N", title=None, sort=order)
            .scale(domain=order, range=[*[[1, 0]] * len(series), [5, 3]])
            .legend(symbolType="stroke", symbolSize=300, columns=2),
        )
        panel = lines.mark_line(point=True).properties(width=width, height=height)
        rows = presets.panels("criterion", list(dict.fromkeys(data["criterion"])))
        return panel.facet(row=rows).resolve_scale(y="independent")

    return chart
