"""Two pictures of what size and number of releases do."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y
from lab.experiments.private_aggregates.present.composition import (
    added_up,
    advanced,
    concentrated,
    crossing,
)
from lab.experiments.private_aggregates.present.findings import TARGET, Findings, percent
from lab.experiments.private_aggregates.present.model import SMALL_RELEASE


def group_sizes(found: Findings) -> Figure:
    """Relative error of a group's count against the group's size."""
    data = found.groups.assign(percent=100 * found.groups["relative"], theory=100 * found.groups["theory"])
    data = data[["days", "rows", "mae", "percent", "theory"]].sort_values("rows")
    usable = data[data["rows"] >= found.smallest_group]
    share = usable["rows"].sum() / data["rows"].sum()

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(x=log_x("rows", "person-years in the group", data["rows"]))
        axis = alt.Y("percent:Q", title="mean absolute error, % of the count").scale(type="log")
        points = base.mark_point(size=60, color=theme.BLUE).encode(
            y=axis.axis(values=theme.decades(data["percent"]))
        )
        line = base.mark_line(color=theme.GREY).encode(y="theory:Q")
        return (line + points).properties(width=width, height=280)

    return Figure(
        f"A group needs {found.smallest_group:,.0f} rows for {percent(TARGET)} error: {len(usable)} of {len(data)} "
        f"groups, with {percent(share)} of the rows",
        f"Mean relative error of {len(data)} groups by days in hospital against their size, on logarithmic axes. "
        f"It falls in step with size, from {data['percent'].iloc[0]:,.0f} % at {data['rows'].iloc[0]:,.0f} row to "
        f"{data['percent'].iloc[-1]:.2g} % at {data['rows'].iloc[-1]:,.0f}; the line is theory.",
        chart,
        data,
    )


def composition(found: Findings) -> Figure:
    """Total epsilon against the number of releases, by three accounts."""
    each, delta = SMALL_RELEASE, found.params.delta
    counts = [round(10 ** (power / 8)) for power in range(33)]
    accounts = {
        "adding up": added_up,
        f"advanced, δ = {delta:g}": lambda k, e: advanced(k, e, delta),
        f"zCDP, δ = {delta:g}": lambda k, e: concentrated(k, e, delta),
    }
    data = pd.DataFrame(
        {"account": name, "releases": count, "epsilon": account(count, each)}
        for name, account in accounts.items()
        for count in dict.fromkeys(counts)
    )
    cross = crossing(each, delta)

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=log_x("releases", f"releases of ε = {each:g} each", data["releases"]),
            y=log_y("epsilon", "ε of all together", data["epsilon"]),
            color=alt.Color("account:N", sort=list(accounts), title=None).legend(
                columns=columns(width, 3, 1)
            ),
        )
        return lines.mark_line().properties(width=width, height=260)

    return Figure(
        f"From {cross:,} releases on adding up overstates the loss: {cross * 10:,} releases of {each:g} lose at most "
        f"{concentrated(10 * cross, each, delta):.2g}, not {added_up(10 * cross, each):.2g}",
        f"Total epsilon against the number of releases on logarithmic axes, computed by three accounts. The "
        f"accounts that allow δ = {delta:g} start higher and grow with the square root; the concentrated one "
        f"crosses the sum of losses at {cross:,} releases.",
        chart,
        data,
    )
