"""Pictures of the table: right or wrong by design, files, bytes written."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.experiments.cdc_lakehouse.criteria import ANYWHERE
from lab.experiments.cdc_lakehouse.judge.frames import records
from lab.experiments.cdc_lakehouse.present.findings import COPY, MERGE, TREATMENT, Findings


def sums(found: Findings) -> Figure:
    arms = {TREATMENT: found.treatment, ANYWHERE: found.controls[ANYWHERE]}
    rows = []
    for name, arm in arms.items():
        table = arm.tables["snapshots"]
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
    own, snapshots = found.treatment.observed["sum_at_every_snapshot"], len(found.table("snapshots"))
    right = (
        f"all {snapshots} snapshots have"
        if not own.value
        else f"{own.value} of {snapshots} snapshots do not have"
    )

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
                color=alt.Color("design:N", sort=list(arms), title=None).legend(
                    columns=2 if width > 400 else 1
                ),
                shape=alt.Shape("design:N", sort=list(arms)).legend(None),
            )
            .properties(width=width, height=240)
        )

    return Figure(
        f"Cut at transaction boundaries, {right} the right sum; cut anywhere, {broken.value} of "
        f"{len(found.controls[ANYWHERE].tables['snapshots'])} do not",
        f"Deviation of the sum of balances by snapshot, for two designs on the same events. Cut at transactions: "
        f"{own.value} {own.detail}. Cut anywhere: {broken.value} {broken.detail}.",
        chart,
        data,
    )


def designs(found: Findings) -> Figure:
    data = found.wrong().rename(
        columns={"wrong rows at the end": "wrong", "snapshots with a wrong sum": "sums"}
    )
    order = list(data["arm"])
    worst = data.sort_values("wrong").iloc[-1]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("wrong:Q", title="rows that differ from the source at the end"),
            y=alt.Y("arm:N", sort=order, title=None).axis(
                labels=width > 400, ticks=False, labelLimit=220, minExtent=190 if width > 400 else 0
            ),
        )
        bars = base.mark_bar(color=theme.BLUE, height=14)
        numbers = base.mark_text(align="left", dx=4).encode(text="wrong:Q")
        layers = bars + numbers
        if width < 400:  # names above their bars, so that the bars keep the width
            layers += base.mark_text(align="left", dy=-15).encode(text="arm:N", x=alt.value(0))
        return layers.properties(width=width, height=(34 if width < 400 else 28) * len(order))

    return Figure(
        f"None of the rows is wrong with transactions and merge semantics; with {worst.arm} {worst.wrong:,} are"
        if not data["wrong"].iloc[0]
        else f"{data['wrong'].iloc[0]:,} rows are wrong in the treatment",
        "Rows of the lake that differ from the source after the same events: "
        + "; ".join(
            f"{row.arm} {row.wrong:,} (wrong sums in {row.sums} of {row.snapshots} snapshots)"
            for row in records(data)
        )
        + ".",
        chart,
        data,
    )


def files(found: Findings) -> Figure:
    table = found.table("snapshots").reset_index(drop=True)
    table["number"] = table.index + 1
    data = table.melt(["number", "operation"], ["files", "delete_files"], var_name="kind", value_name="count")
    names = {"files": "data files", "delete_files": "delete files"}
    data["kind"] = data["kind"].map(names)
    live = table[table["operation"] != "compaction"].iloc[-1]
    after = table.iloc[-1]

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_line(interpolate="step-after", point={"size": 25, "filled": True})
            .encode(
                x=alt.X("number:Q", title="snapshot").axis(tickMinStep=1),
                y=alt.Y("count:Q", title="files of the table"),
                color=alt.Color("kind:N", sort=list(names.values()), title=None),
            )
            .properties(width=width, height=220)
        )

    return Figure(
        f"{live.number} commits leave {live.files} data files and {live.delete_files} delete files; a compaction leaves "
        f"{after.files} and {after.delete_files}",
        f"Files of the table by snapshot ({found.params.merge_mode}): each commit adds {found.per_commit:.1f} on "
        f"average, and the compaction at the end rewrites them.",
        chart,
        data,
    )


def modes(found: Findings) -> Figure:
    """Bytes that a commit writes, by merge mode and rows changed."""
    data = found.commits_by_mode()
    order = [COPY, MERGE]
    data = data.assign(kilobytes=data["written"] / 1000)

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_line(point={"size": 60, "filled": True})
            .encode(
                x=presets.log_x("rows", "rows that the commit changes (logarithmic)", data["rows"]),
                y=presets.log_y("kilobytes", "kB written (logarithmic)", data["kilobytes"]),
                color=alt.Color("mode:N", sort=order, title=None),
            )
            .properties(width=width, height=240)
        )

    (copy_few, copy_many), (merge_few, merge_many) = map(found.smallest_and_largest, order)
    return Figure(
        f"To change {copy_few.rows} rows, copy-on-write writes {copy_few.written / merge_few.written:.0f} times the bytes of "
        f"merge-on-read; to change {copy_many.rows}, {copy_many.written / merge_many.written:.1f} times",
        f"Bytes of data and delete files by commit, the same batches in both modes. Copy-on-write writes about the whole "
        f"table, {copy_few.written / 1000:,.0f} to {copy_many.written / 1000:,.0f} kB, however few rows change; "
        f"merge-on-read {merge_few.written / 1000:,.0f} to {merge_many.written / 1000:,.0f} kB.",
        chart,
        data,
    )
