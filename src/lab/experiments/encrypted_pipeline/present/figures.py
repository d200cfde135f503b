"""Five pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, panels, reference
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.encrypted_pipeline.criteria import PLAIN_FILE, REVOKED_FIRST
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED
from lab.experiments.encrypted_pipeline.measure.rates import COPY, LIMIT, PLAIN, READ, SECURE, WRITE
from lab.experiments.encrypted_pipeline.measure.search import SEARCHED
from lab.experiments.encrypted_pipeline.workload import ARMS, ENCRYPTED

READABLE, NOTHING = "readable", "not found"
OUTCOMES = ("refused", "identical", "different", "crashed")


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    return {
        "where": _where(treatment),
        "attacks": _attacks(treatment, controls[PLAIN_FILE]),
        "rotation": _rotation(treatment, controls[REVOKED_FIRST]),
        "throughput": _throughput(treatment),
        "size": _size(treatment),
    }


def _where(treatment: Result) -> Figure:
    there = {(row.needle, row.place): row.form for row in records(treatment.tables["found"])}
    arms = [arm.name for arm in ARMS]
    cells = [(arm, place, there.get((arm, place), "")) for arm in arms for place in SEARCHED]
    data = pd.DataFrame(cells, columns=["arm", "place", "form"])
    data["text"] = data["form"].map(lambda form: READABLE if form else NOTHING)
    own = data[data["text"] == READABLE].groupby("arm").size()

    def chart(width: int) -> Any:
        angle = -90 if width <= theme.NARROW else 0
        color = alt.Color("text:N", title=None, sort=[READABLE, NOTHING]).scale(
            domain=[READABLE, NOTHING], range=[theme.VERMILION, theme.BLUE]
        )
        cells = alt.Chart(data).mark_rect(stroke="white", strokeWidth=2)
        encoded = cells.encode(
            x=alt.X("arm:N", sort=arms, title=None).axis(labelAngle=angle, labelLimit=200),
            y=alt.Y("place:N", sort=list(SEARCHED), title=None).axis(labelLimit=200),
            color=color,
        )
        return encoded.properties(width=width, height=28 * len(SEARCHED))

    counts = ", ".join(f"{arm} {own.get(arm, 0)}" for arm in arms)
    return Figure(
        f"TLS alone leaves text readable in {own.get(arms[1], 0)} of {len(SEARCHED)} places, all layers in "
        f"{own.get(ENCRYPTED.name, 0)}",
        f"A cell for each arm and place, of another colour where the arm's text was found. Places by arm: {counts}.",
        chart,
        data,
    )


def _attacks(treatment: Result, plain: Result) -> Figure:
    files = {ENCRYPTED.name: treatment, PLAIN_FILE: plain}
    tried = [part.tables["tampered"].assign(file=name) for name, part in files.items()]
    data = pd.concat(tried, ignore_index=True)[["file", "kind", "outcome", "attempts"]]
    kinds = list(dict.fromkeys(data["kind"]))
    other = data[data["outcome"].isin(["different", "crashed"])]
    # A file replaced whole is a valid one: what nothing here can notice is told apart.
    whole, wrong = (other[(other["kind"] == REPLACED) == is_whole] for is_whole in (True, False))
    good, bad = (int(wrong[wrong["file"] == name]["attempts"].sum()) for name in files)
    replaced = int(whole["attempts"].sum())

    def chart(width: int) -> Any:
        shade = alt.Color("outcome:N", title=None, sort=list(OUTCOMES)).scale(
            domain=list(OUTCOMES), range=[theme.BLUE, theme.SKY, theme.VERMILION, theme.PURPLE]
        )
        encoded = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("attempts:Q", title="share of attempts")
                .stack("normalize")
                .axis(format="%", tickCount=3),
                y=alt.Y("kind:N", sort=kinds, title=None).axis(labelLimit=230),
                color=shade.legend(columns=columns(width, 4, 2)),
            )
        )
        # A phone's screen has to hold the long names too.
        own = width if width > theme.NARROW else 130
        return encoded.properties(width=own, height=20 * len(kinds)).facet(row=panels("file", list(files)))

    return Figure(
        f"Altered files give other rows: {good} encrypted (replaced whole: {replaced}), {bad} plain",
        "A bar for each kind of change, parted by what came of reading the file: refused, identical rows, different rows, "
        f"crashed. Other rows or a crash: {good} of encrypted files, {bad} of plain ones; of whole files replaced by an older "
        f"one {replaced}. Not tried on plain Parquet: {', '.join(untried(treatment, plain))}.",
        chart,
        data,
    )


def untried(treatment: Result, plain: Result) -> list[str]:
    """Kinds of change that a plain file was not given: it has no wrapped keys."""
    kinds, tried = (dict.fromkeys(part.tables["tampered"]["kind"]) for part in (treatment, plain))
    return [kind for kind in kinds if kind not in tried]


MOST_POINTS = 500  # of a drawing: a fast machine reads a thousand times


def _rotation(treatment: Result, first: Result) -> Figure:
    orders = {"re-wrapped, then revoked": treatment, "revoked, then re-wrapped": first}
    reads = [part.tables["reads"].assign(order=name) for name, part in orders.items()]
    data = pd.concat(reads, ignore_index=True)[["order", "start_s", "ms", "failed"]]
    data["read"] = data.pop("failed").map({True: "failed", False: "right rows"})
    steps = pd.concat([part.tables["steps"].assign(order=name) for name, part in orders.items()])
    spans = (
        steps.groupby("order", sort=False).agg(start=("start_s", "min"), end=("end_s", "max")).reset_index()
    )

    every = 1 + len(data) // MOST_POINTS
    each = "each read" if every == 1 else f"one read in {every}"

    def chart(width: int) -> Any:
        color = alt.Color("read:N", title=None).scale(
            domain=["right rows", "failed"], range=[theme.BLUE, theme.VERMILION]
        )
        shared = alt.Chart(pd.concat([data.iloc[::every], spans], ignore_index=True))
        # A facet has one table for all that it shows; without the filters each row would be drawn as both.
        spanning, reading = (shared.transform_filter(f"isValid(datum.{name})") for name in ("start", "ms"))
        band = spanning.mark_rect(color=theme.GREY, opacity=0.25).encode(x="start:Q", x2="end:Q")
        points = reading.mark_point(size=30).encode(
            x=alt.X("start_s:Q", title="time, s (grey: keys are being rotated)"),
            y=alt.Y("ms:Q", title="read, ms"),
            color=color,
        )
        return (band + points).properties(width=width, height=130).facet(row=panels("order", list(orders)))

    good, bad = (int(part.metric("reads_failed").value) for part in orders.values())
    return Figure(
        f"{good} reads fail if keys are re-wrapped before the old is revoked, {bad} if after",
        f"A point for {each}: when it began and how long it took; a band where keys were rotated. Failed: {good} in the "
        f"right order, {bad} in the wrong one.",
        chart,
        data,
    )


def _throughput(treatment: Result) -> Figure:
    rate = treatment.tables["rates"].assign(mb_s=lambda own: own["bytes"] / 1e6 / own["seconds"])
    middle = rate.groupby(["hop", "arm"], sort=False)["mb_s"].median().reset_index()
    hops, ratio = [WRITE, READ, COPY], {WRITE: "write_ratio", READ: "read_ratio", COPY: "copy_ratio"}
    data = middle[middle["hop"].isin(hops)]
    limit = treatment.metric(f"limit_{SECURE}").value
    slower = {hop: treatment.metric(name).value for hop, name in ratio.items()}
    worst = max(hops, key=lambda hop: slower[hop])

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("mb_s:Q", title="MB/s, median of the rounds"),
                y=alt.Y("hop:N", sort=hops, title=None).axis(labelLimit=200),
                yOffset=alt.YOffset("arm:N", sort=[PLAIN, SECURE]),
                color=alt.Color("arm:N", title=None, sort=[PLAIN, SECURE]).scale(
                    domain=[PLAIN, SECURE], range=[theme.SKY, theme.BLUE]
                ),
            )
        )
        lines = alt.Chart(pd.DataFrame([{"mb_s": limit, "reference": LIMIT}]))
        rule = lines.mark_rule(color=theme.GREY, strokeWidth=2).encode(
            x="mb_s:Q", strokeDash=reference([LIMIT], columns(width, 1, 1))
        )
        return (bars + rule).properties(width=width, height=160)

    each = "; ".join(f"{row.hop}, {row.arm}: {row.mb_s:,.0f} MB/s" for row in records(data))
    return Figure(
        f"{worst} costs most: {slower[worst]:.2g} times as long encrypted as plain",
        "Bars of throughput by hop, plain and encrypted, medians of the rounds, with the rate of AES-256-GCM alone. "
        f"{each}; alone {limit:,.0f} MB/s. Times as long: the median of each round's own ratio.",
        chart,
        data,
    )


def _size(treatment: Result) -> Figure:
    table = treatment.tables["rotations"]
    rows = sorted(table["rows"].unique())
    data = table.assign(hold=[f"{each:,} rows" for each in table["rows"]], ms=1e3 * table["seconds"])
    data = data[["files", "hold", "bytes", "round", "ms"]]
    grown = rows[-1] / rows[0]
    small, large = treatment.metric("rewrap_small").value, treatment.metric("rewrap_large").value

    def chart(width: int) -> Any:
        order = [f"{each:,} rows" for each in rows]
        color = alt.Color("hold:N", title="each file holds", sort=order).scale(
            domain=order, range=[theme.BLUE, theme.VERMILION]
        )
        points = alt.Chart(data).mark_point(size=55)
        encoded = points.encode(
            x=alt.X("files:Q", title="files"), y=alt.Y("ms:Q", title="re-wrapping, ms"), color=color
        )
        return encoded.properties(width=width, height=200)

    return Figure(
        f"Rotation follows files, not bytes: {grown:g} times the rows take {large / small:.2g} times as long",
        "A point for each re-wrapping, nobody reading: time against files, in another colour where files hold "
        f"{grown:g} times as many rows.",
        chart,
        data,
    )
