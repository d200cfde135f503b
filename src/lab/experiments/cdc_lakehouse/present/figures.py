"""Eight pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.judge.frames import records
from lab.experiments.cdc_lakehouse.present import lag_figures, table_figures
from lab.experiments.cdc_lakehouse.present.findings import Findings, findings


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "lag_over_time": lag_figures.lag_over_time(found),
        "lag_distribution": lag_figures.lag_distribution(found),
        "sums": table_figures.sums(found),
        "designs": table_figures.designs(found),
        "operations": _operations(found),
        "files": table_figures.files(found),
        "modes": table_figures.modes(found),
        "log_retained": lag_figures.log_retained(found),
    }


def _operations(found: Findings) -> Figure:
    data = found.table("kinds").sort_values("transactions", ascending=False)
    order = list(data["kind"])

    def chart(width: int) -> Any:
        narrow = width < 400
        base = alt.Chart(data).encode(
            x=alt.X("transactions:Q", title="transactions, logarithmic scale")
            .scale(type="log", domainMin=0.8, domainMax=4 * data["transactions"].max())
            .axis(values=theme.decades([1, *data["transactions"]])),
            y=alt.Y("kind:N", sort=order, title=None).axis(
                labels=not narrow, ticks=False, labelLimit=220, minExtent=0 if narrow else 190
            ),
        )
        bars = base.mark_bar(color=theme.BLUE, height=10).encode(x2=alt.datum(0.8))
        layers = bars + base.mark_text(align="left", dx=4).encode(text="transactions:Q")
        if narrow:
            layers += base.mark_text(align="left", dy=-12).encode(text="kind:N", x=alt.value(0))
        return layers.properties(width=width, height=(32 if narrow else 22) * len(order))

    return Figure(
        f"All {len(data)} kinds of transaction occurred, among {data['transactions'].sum():,}; the fewest "
        f"are {data['transactions'].iloc[-1]} of “{data['kind'].iloc[-1]}”"
        if data["transactions"].iloc[-1]
        else f"No transaction of “{data['kind'].iloc[-1]}” occurred",
        "Transactions by kind: "
        + ", ".join(f"{row.kind} {row.transactions:,}" for row in records(data))
        + ".",
        chart,
        data,
    )
