"""Five pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.encrypted_pipeline.criteria import REVOKED_FIRST
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED
from lab.experiments.encrypted_pipeline.measure.rates import COPY, LIMIT, PLAIN, READ, SECURE, TOPIC, WRITE
from lab.experiments.encrypted_pipeline.measure.search import SEARCHED
from lab.experiments.encrypted_pipeline.workload import ARMS, ENCRYPTED

READABLE, NOTHING = "readable", "not found"
OUTCOMES = ("refused", "identical", "different", "crashed")


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    return {
        "where": _where(treatment),
        "attacks": _attacks(treatment, controls),
        "rotation": _rotation(treatment, controls[REVOKED_FIRST]),
        "throughput": _throughput(treatment),
        "size": _size(treatment),
    }


def _where(treatment: Result) -> Figure:
    found = treatment.tables["found"]
    there = {(row.needle, row.place): row.form for row in records(found)}
    arms = [arm.name for arm in ARMS]
    data = pd.DataFrame(
        [
            {
                "arm": arm,
                "place": place,
                "text": READABLE if (arm, place) in there else NOTHING,
                "form": there.get((arm, place), ""),
            }
            for arm in arms
            for place in SEARCHED
        ]
    )
    own = data[data["text"] == READABLE].groupby("arm").size()

    def chart(width: int) -> Any:
        return _cells(data, "place", "arm", list(SEARCHED), arms, width)

    counts = ", ".join(f"{arm} {own.get(arm, 0)}" for arm in arms)
    return Figure(
        f"TLS alone leaves text readable in {own.get(arms[1], 0)} of {len(SEARCHED)} places, all layers in "
        f"{own.get(ENCRYPTED.name, 0)}",
        f"A cell for each arm and place, of another colour where the arm's text was found. Places by arm: {counts}.",
        chart,
        data,
    )


def _cells(
    data: pd.DataFrame, rows: str, across: str, row_order: list[str], order: list[str], width: int
) -> Any:
    narrow = width <= theme.NARROW
    color = alt.Color("text:N", title=None, sort=[READABLE, NOTHING]).scale(
        domain=[READABLE, NOTHING], range=[theme.VERMILION, theme.BLUE]
    )
    base = alt.Chart(data).encode(
        x=alt.X(f"{across}:N", sort=order, title=None).axis(labelAngle=-90 if narrow else 0, labelLimit=200),
        y=alt.Y(f"{rows}:N", sort=row_order, title=None).axis(labelLimit=200),
    )
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(color=color)
    return cells.properties(width=width, height=28 * len(row_order))


def _attacks(treatment: Result, controls: Mapping[str, Result]) -> Figure:
    plain = controls["plain Parquet"].tables["tampered"].assign(file="plain Parquet")
    own = treatment.tables["tampered"].assign(file=ENCRYPTED.name)
    data = pd.concat([own, plain], ignore_index=True)[["file", "kind", "outcome", "attempts"]]
    kinds = list(dict.fromkeys(data["kind"]))
    noticed = data[data["kind"] != REPLACED]
    wrong = {
        file: int(each[each["outcome"].isin(["different", "crashed"])]["attempts"].sum())
        for file, each in noticed.groupby("file")
    }

    def chart(width: int) -> Any:
        shade = alt.Color("outcome:N", title=None, sort=list(OUTCOMES)).scale(
            domain=list(OUTCOMES), range=[theme.BLUE, theme.SKY, theme.VERMILION, theme.PURPLE]
        )
        bars = alt.Chart(data).mark_bar()
        encoded = bars.encode(
            x=alt.X("attempts:Q", title="share of attempts").stack("normalize").axis(format="%", tickCount=3),
            y=alt.Y("kind:N", sort=kinds, title=None).axis(labelLimit=230),
            color=shade.legend(columns=columns(width, 4, 2)),
        )
        # A phone's screen has to hold the long names too.
        own = width if width > theme.NARROW else 130
        panel = encoded.properties(width=own, height=20 * len(kinds))
        return panel.facet(row=_row("file", [ENCRYPTED.name, "plain Parquet"]))

    return Figure(
        f"{wrong.get(ENCRYPTED.name, 0)} altered encrypted files give other rows, "
        f"{wrong.get('plain Parquet', 0)} altered plain ones do",
        "A bar for each kind of change, parted by what came of reading the file: refused, identical rows, different rows, "
        f"crashed. Other rows: {wrong}. A whole file replaced by an older one is not noticed.",
        chart,
        data,
    )


def _row(field: str, order: list[str]) -> alt.Row:
    return alt.Row(f"{field}:N", title=None, sort=order).header(
        labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=0
    )


def _rotation(treatment: Result, first: Result) -> Figure:
    orders = {"re-wrapped, then revoked": treatment, "revoked, then re-wrapped": first}
    reads = [part.tables["reads"].assign(order=name) for name, part in orders.items()]
    data = pd.concat(reads, ignore_index=True)[["order", "start_s", "ms", "failed"]]
    data["read"] = data.pop("failed").map({True: "failed", False: "right rows"})
    steps = pd.concat([part.tables["steps"].assign(order=name) for name, part in orders.items()])
    spans = (
        steps.groupby("order", sort=False).agg(start=("start_s", "min"), end=("end_s", "max")).reset_index()
    )
    failed = data[data["read"] == "failed"].groupby("order").size()

    def chart(width: int) -> Any:
        color = alt.Color("read:N", title=None).scale(
            domain=["right rows", "failed"], range=[theme.BLUE, theme.VERMILION]
        )
        shared = alt.Chart(pd.concat([data, spans], ignore_index=True))
        band = shared.mark_rect(color=theme.GREY, opacity=0.25).encode(x="start:Q", x2="end:Q")
        points = shared.mark_point(size=30).encode(
            x=alt.X("start_s:Q", title="time, s (grey: keys are being rotated)"),
            y=alt.Y("ms:Q", title="read, ms"),
            color=color,
        )
        layers = (band + points).properties(width=width, height=130)
        return layers.facet(row=_row("order", list(orders)))

    good, bad = (int(failed.get(name, 0)) for name in orders)
    return Figure(
        f"{good} reads fail if keys are re-wrapped before the old is revoked, {bad} if after",
        f"A point for each read: when it began and how long it took; a band where keys were rotated. Failed: {good} in the "
        f"right order, {bad} in the wrong one.",
        chart,
        data,
    )


def _throughput(treatment: Result) -> Figure:
    table = treatment.tables["rates"].assign(mb_s=lambda own: own["bytes"] / 1e6 / own["seconds"])
    hops = (WRITE, READ, COPY, TOPIC)
    own = table[table["hop"].isin(hops)]
    data = own.groupby(["hop", "arm"], sort=False)["mb_s"].median().reset_index()
    limit = float(table[table["hop"] == LIMIT]["mb_s"].median())
    lines = pd.DataFrame([{"mb_s": limit, "reference": LIMIT}])
    worst = max(hops, key=lambda hop: _ratio(data, hop))

    def chart(width: int) -> Any:
        bars = alt.Chart(data).mark_bar()
        drawn = bars.encode(
            x=alt.X("mb_s:Q", title="MB/s"),
            y=alt.Y("hop:N", sort=list(hops), title=None).axis(labelLimit=200),
            yOffset=alt.YOffset("arm:N", sort=[PLAIN, SECURE]),
            color=alt.Color("arm:N", title=None, sort=[PLAIN, SECURE]).scale(
                domain=[PLAIN, SECURE], range=[theme.SKY, theme.BLUE]
            ),
        )
        dash = alt.StrokeDash("reference:N", title=None).scale(domain=[LIMIT], range=[[5, 3]])
        rule = alt.Chart(lines).mark_rule(color=theme.GREY, strokeWidth=2)
        limited = rule.encode(
            x="mb_s:Q",
            strokeDash=dash.legend(symbolType="stroke", symbolStrokeColor=theme.GREY, symbolSize=300),
        )
        return (drawn + limited).properties(width=width, height=200)

    each = "; ".join(f"{row.hop}, {row.arm}: {row.mb_s:,.0f} MB/s" for row in records(data))
    return Figure(
        f"{worst} costs most: {_ratio(data, worst):.2g} times as long encrypted as plain",
        f"Bars of throughput by hop, plain and encrypted, with the rate of AES-256-GCM alone. {each}; alone {limit:,.0f} MB/s.",
        chart,
        data,
    )


def _ratio(data: pd.DataFrame, hop: str) -> float:
    own = data[data["hop"] == hop].set_index("arm")["mb_s"]
    return float(own[PLAIN] / own[SECURE])


def _size(treatment: Result) -> Figure:
    table = treatment.tables["rotations"]
    least = table["rows"].min()
    grown = table["rows"].max() / least
    data = table.assign(files_hold=[f"{rows:,} rows" for rows in table["rows"]], ms=1e3 * table["seconds"])[
        ["files", "files_hold", "bytes", "round", "ms"]
    ]
    order = [f"{rows:,} rows" for rows in sorted(table["rows"].unique())]
    small, large = treatment.metric("rewrap_small").value, treatment.metric("rewrap_large").value

    def chart(width: int) -> Any:
        color = alt.Color("files_hold:N", title="each file holds", sort=order).scale(
            domain=order, range=[theme.BLUE, theme.VERMILION]
        )
        points = (
            alt.Chart(data)
            .mark_point(size=55)
            .encode(x=alt.X("files:Q", title="files"), y=alt.Y("ms:Q", title="rotation, ms"), color=color)
        )
        return points.properties(width=width, height=220)

    return Figure(
        f"Rotation follows files, not bytes: {grown:g} times the rows take {large / small:.2g} times as long",
        f"A point for each rotation: time against files, in another colour where files hold {grown:g} times as many rows.",
        chart,
        data,
    )
