"""Four pictures of one run: accuracy by lateness, waiting times, state over time, the price of a slide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.sliding_windows.criteria import NO_DEDUPLICATION, NO_LATENESS
from lab.experiments.sliding_windows.judge.result import BEYOND, EVENT
from lab.experiments.sliding_windows.present.findings import LONG, MIDDLE, Findings, findings, slide

_ARMS = {MIDDLE: "as recommended", NO_DEDUPLICATION: NO_DEDUPLICATION, NO_LATENESS: NO_LATENESS}
_COSTS = {"state_rows": "state rows", "checkpoint_mib": "checkpoint bytes", "seconds": "time of a batch"}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "accuracy": _accuracy(found),
        "latency": _latency(found),
        "price": _price(found),
        "state": _state(found),
    }


def _accuracy(found: Findings) -> Figure:
    data = found.lateness[found.lateness["query"].isin(_ARMS)].copy()
    data["arm"] = data["query"].map(_ARMS)
    order = data.sort_values("place")["late"].drop_duplicates().tolist()
    without, zero = found.query(NO_DEDUPLICATION), found.query(NO_LATENESS)
    bound = slide(found.params.max_delay_s)

    def chart(width: int) -> Any:
        marks = alt.Chart(data).encode(
            alt.X("late:N", title="how late the window's latest event came", sort=order).axis(
                labelAngle=-90, labelLimit=0
            ),
            alt.Y("share:Q", title="windows that equal the truth").axis(format="%"),
            alt.Color("arm:N", title=None)
            .scale(domain=list(_ARMS.values()), range=[theme.BLUE, theme.VERMILION, theme.ORANGE])
            .legend(columns=presets.columns(width, 3, 1)),
            tooltip=["arm:N", "late:N", alt.Tooltip("share:Q", format=".2%"), "n:Q"],
        )
        return (marks.mark_line() + marks.mark_point(filled=True, size=60)).properties(
            width=width, height=260
        )

    return Figure(
        f"Up to {bound} late, {found.query(MIDDLE).accuracy:.0f} % of windows are right; without deduplication "
        f"{without.accuracy:.0f} %",
        f"Share of windows of 5 minutes that equal the truth over all events, by how late the window's latest event came. "
        f"Up to {bound}, {found.query(MIDDLE).accuracy:.2f} % with deduplication and watermark, {without.accuracy:.1f} % without "
        f"deduplication, {zero.accuracy:.1f} % with a watermark of 0; beyond, events are dropped.",
        chart,
        data,
    )


def _latency(found: Findings) -> Figure:
    data = found.latency.dropna()
    names = [EVENT, BEYOND.format(MIDDLE), BEYOND.format(LONG)]
    p50, p95 = found.value("latency_event.p50"), found.value("latency_event.p95")

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            presets.log_x("seconds", "seconds", data["seconds"]),
            alt.Y("share:Q", title="at the sink by then").axis(format="%"),
            alt.Color("what:N", title=None)
            .scale(domain=names, range=[theme.BLUE, theme.GREEN, theme.PURPLE])
            .legend(columns=1, labelLimit=0),
        )
        return lines.mark_line().properties(width=width, height=240)

    return Figure(
        f"Half of the events reach the sink within {p50:.1f} s, 95 % within {p95:.1f} s",
        f"Distributions of waiting times on a logarithmic axis: an event from its intended send to the first row that has it, "
        f"median {p50:.1f} s; a final window from the moment at which it can be final, "
        f"median {found.value('latency_final_5_min.p50'):.1f} s (5 min) and {found.value('latency_final_1_h.p50'):.1f} s (1 h).",
        chart,
        data,
    )


def _price(found: Findings) -> Figure:
    # Relative to the next larger slide: without overlap one or two windows are open, as the hour has it.
    beside = found.beside
    relative = found.prices[["per_event"]].assign(
        **{name: found.prices[column] / beside[column] for column, name in _COSTS.items()}
    )
    data = relative.melt("per_event", var_name="cost", value_name="times")
    last = relative.iloc[-1]

    def chart(width: int) -> Any:
        marks = alt.Chart(data).encode(
            presets.log_x("per_event", "windows per event", data["per_event"], format=",d"),
            presets.log_y("times", f"times as much as by {slide(beside.slide_s)}", data["times"]),
            alt.Color("cost:N", title=None)
            .scale(domain=list(_COSTS.values()), range=[theme.BLUE, theme.GREEN, theme.ORANGE])
            .legend(columns=presets.columns(width, 3, 1)),
        )
        return (marks.mark_line() + marks.mark_point(filled=True, size=60)).properties(
            width=width, height=240
        )

    return Figure(
        f"1 h by {slide(found.smallest.slide_s)} takes {last['state rows']:.1f} times the state of {slide(beside.slide_s)}",
        f"State rows, checkpoint bytes and time of a batch against the windows that each event lies in, relative to windows of "
        f"1 h by {slide(beside.slide_s)}. With {last.per_event:.0f} windows per event: {last['state rows']:.1f} times the rows, "
        f"{last['checkpoint bytes']:.1f} times the bytes, {last['time of a batch']:.1f} times the time.",
        chart,
        data,
    )


def _state(found: Findings) -> Figure:
    names = list(found.own["query"])
    data = found.state[found.state["query"].isin(names) & (found.state["seconds"] >= 0)]
    kinds = {"windows": "windows", "ids": "event ids, for deduplication"}
    data = data.melt(["query", "seconds"], list(kinds), var_name="kind", value_name="rows")
    data["kind"] = data["kind"].map(kinds)
    largest = found.state.loc[found.state["query"].isin(names), ["windows", "ids"]].max()

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            alt.X("seconds:Q", title="seconds since the first event"),
            alt.Y("rows:Q", title="state rows"),
            alt.Color("query:N", title="window", sort=names),
        )
        panel = lines.mark_line(point={"size": 12}).properties(width=width, height=120)
        return panel.facet(row=presets.panels("kind", list(kinds.values()))).resolve_scale(y="independent")

    return Figure(
        f"State peaks at {largest.windows:,.0f} windows and {largest.ids:,.0f} event ids",
        f"Rows of state by batch over time, for windows and for the ids that deduplication keeps. In the first half hours of "
        f"event time pass, so much is open at once; in the second, minutes. At most {largest.windows:,.0f} windows and "
        f"{largest.ids:,.0f} ids.",
        chart,
        pd.DataFrame(data),
    )
