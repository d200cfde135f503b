"""Pictures of the table: right or wrong by design, and what its size costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.criteria import ANYWHERE
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED, COPY, MERGE
from lab.experiments.cdc_lakehouse.present.findings import TREATMENT, Findings

_LINE = "line through the smaller tables"


def sums(found: Findings) -> Figure:
    variants = {TREATMENT: found.treatment, ANYWHERE: found.controls[ANYWHERE]}
    rows = []
    for name, variant in variants.items():
        table = variant.tables["snapshots"]
        table = table[table["operation"] != "compaction"]
        end = max(1, int(table["transactions"].max()))
        rows += [
            {
                "design": name,
                "share": 100 * row.transactions / end,
                "deviation": float(row.total - row.expected),
            }
            for row in records(table)
        ]
    data = pd.DataFrame(rows)
    broken = found.controls[ANYWHERE].observed["sum_at_every_snapshot"]
    own = found.treatment.observed["sum_at_every_snapshot"]

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_point(size=70, opacity=0.8)
            .encode(
                x=alt.X("share:Q", title="share of the events in the table, %").axis(
                    tickCount=10 if width > 400 else 5
                ),
                # In thousands: longer numbers run into the title.
                y=alt.Y("deviation:Q", title="sum of balances minus the true sum").axis(format="~s"),
                color=alt.Color("design:N", sort=list(variants), title=None).legend(
                    columns=2 if width > 400 else 1
                ),
                shape=alt.Shape("design:N", sort=list(variants)).legend(None),
            )
            .properties(width=width, height=240)
        )

    torn, early = found.torn
    return Figure(
        f"Batches split in mid-transaction: {torn} of {early} snapshots before the last show a wrong sum"
        if not own.value
        else f"{own.value} snapshots show a wrong sum in the treatment",
        f"Deviation of the sum of balances by snapshot, for two designs on the same events. Cut at transactions: "
        f"{own.value} {own.detail}. Split in mid-transaction: {broken.value} {broken.detail}, the last one included.",
        chart,
        data,
    )


def designs(found: Findings) -> Figure:
    data = found.wrong().rename(
        columns={"wrong rows at the end": "wrong", "snapshots with a wrong sum": "sums"}
    )
    order = list(data["variant"])
    worst = data.sort_values("wrong").iloc[-1]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("wrong:Q", title="rows that differ from the source at the end"),
            y=alt.Y("variant:N", sort=order, title=None).axis(
                labels=width > 400, ticks=False, labelLimit=280, minExtent=250 if width > 400 else 0
            ),
        )
        bars = base.mark_bar(color=theme.BLUE, height=14)
        numbers = base.mark_text(align="left", dx=4).encode(text="wrong:Q")
        layers = bars + numbers
        if width < 400:  # names above their bars, so that the bars keep the width
            layers += base.mark_text(align="left", dy=-15).encode(text="variant:N", x=alt.value(0))
        return layers.properties(width=width, height=(34 if width < 400 else 28) * len(order))

    return Figure(
        f"{worst.variant[:1].upper() + worst.variant[1:]}: {worst.wrong:,} rows are wrong at the end"
        if not data["wrong"].iloc[0]
        else f"{data['wrong'].iloc[0]:,} rows are wrong in the treatment",
        "Rows of the lake that differ from the source after the same events: "
        + "; ".join(
            f"{row.variant} {row.wrong:,} (wrong sums in {row.sums} of {row.snapshots} snapshots)"
            for row in records(data)
        )
        + ".",
        chart,
        data,
    )


def batch_by_size(found: Findings) -> Figure:
    """Time of the same batch by rows of its table, with the line that predicts the largest."""
    table = found.table("sizes")
    names = {
        (MERGE, 2): "merge-on-read, format 2",
        (MERGE, 3): "merge-on-read, format 3",
        (COPY, 2): "copy-on-write, format 2",
    }
    data = table.assign(kind=[names[row.mode, row.version] for row in records(table)])[
        ["rows", "took", "kind"]
    ]
    smallest, largest = found.by_size.iloc[0], found.by_size.iloc[-1]
    places = np.geomspace(smallest["rows"], largest["rows"], 40)
    predicted = pd.DataFrame(
        {"rows": places, "took": [found.batch.at(rows) for rows in places], "kind": _LINE}
    )
    order = [*names.values(), _LINE]

    def chart(width: int) -> Any:
        colour = alt.Color("kind:N", sort=order, title=None).legend(columns=presets.columns(width, 2, 1))
        axes = {
            "x": presets.log_x("rows", "rows of the table (logarithmic)", data["rows"], "~s"),
            "y": alt.Y("took:Q", title="a batch, s").scale(zero=True),
        }
        points = alt.Chart(data).mark_point(size=60).encode(**axes, color=colour)
        line = alt.Chart(predicted).mark_line(strokeDash=[5, 3]).encode(**axes, color=colour)
        return (points + line).properties(width=width, height=240)

    ratio = found.treatment.metric("size_ratio")
    return Figure(
        f"The largest table makes the same batch take {ratio.value:.1f} times as long",
        f"Time of a batch of {CHANGED} rows by rows of its table. The fastest of each: "
        + "; ".join(f"{row.rows:,} rows {row.took:.2f} s" for row in records(found.by_size))
        + f". A line through the smaller tables predicts {found.batch.at(largest.rows):.2f} s for the largest.",
        chart,
        pd.concat([data, predicted]),
    )
