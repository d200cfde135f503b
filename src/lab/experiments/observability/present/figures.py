"""Five pictures of one run: signal, precision by base rate, detection by size, the live pipelines, the dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.evidence.statistics import wilson
from lab.experiments.observability.judge.laws import precision_at
from lab.experiments.observability.judge.observations import counted
from lab.experiments.observability.present.figures_live import dashboard, live
from lab.experiments.observability.present.findings import Findings, findings
from lab.experiments.observability.workload.arms import BURN, PATIENT, STATIC

COLOURS = {BURN: theme.BLUE, STATIC: theme.VERMILION, PATIENT: theme.ORANGE}
_EDGES = (2, 3.5, 5, 10, 20, 40)  # % of a month's budget
_QUARTERLY = 7 / 91  # anomalies a week


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "signal": _signal(found),
        "base_rate": _base_rate(found),
        "sizes": _sizes(found),
        "live": live(found),
        "dashboard": dashboard(found),
    }


def _by_arm(width: int) -> alt.Color:
    scale = alt.Color("arm:N", title=None).scale(domain=list(COLOURS), range=list(COLOURS.values()))
    return scale.legend(columns=presets.columns(width, 3, 1))


def _signal(found: Findings) -> Figure:
    data = found.table("signal")
    data["percent"] = 100 * data["value"].clip(
        lower=0.05 * data["budget"]
    )  # none has a place on a logarithmic axis
    share, spans = data[data["what"] == "share"], data[data["what"] != "share"]
    end, kind, rows = float(share["hours"].max()), share["kind"].iloc[0], ["anomaly", *COLOURS]
    count = {name: int((spans["what"] == name).sum()) for name in rows}

    def chart(width: int) -> Any:
        x = alt.X("hours:Q", title="hours").scale(domain=[0, end], nice=False)
        line = alt.Chart(share).mark_line(color=theme.GREY, strokeWidth=1)
        line = line.encode(x, presets.log_y("percent", f"rows {kind}, %", share["percent"], "~g"))
        seen = alt.Chart(spans.assign(shown=spans["until"].clip(lower=spans["hours"] + end / 150))).mark_bar(
            height=12
        )
        colour = alt.Color("what:N", legend=None).scale(domain=rows, range=[theme.GREEN, *COLOURS.values()])
        y = alt.Y("what:N", title=None, sort=rows).scale(domain=rows)
        seen = seen.encode(x, alt.X2("shown:Q"), y, colour)
        return alt.vconcat(
            line.properties(width=width, height=150), seen.properties(width=width, height=90), spacing=6
        )

    anomalies = counted(count["anomaly"], "anomaly", "anomalies")
    static = counted(count[STATIC], "alert", "alerts")
    return Figure(
        f"Where a static threshold errs most: {anomalies}, {static}; by burn rate {count[BURN]}",
        f"Share of rows {kind} on the generated pipeline with most false static alerts; below it anomalies "
        f"({count['anomaly']}), alerts by burn rate ({count[BURN]}), static ({count[STATIC]}), with a `for` ({count[PATIENT]}).",
        chart,
        data.drop(columns="percent"),
    )


def _base_rate(found: Findings) -> Figure:
    arms = found.table("arms")
    here = arms[arms["stream"] == "test"].set_index("arm")
    rates = np.geomspace(0.02, max(10.0, float(arms["anomalies"].max())), 50)

    def foreseen(arm: str, rate: float) -> float:
        return precision_at(rate, here["found"][arm], here["false"][arm])

    law = pd.DataFrame(
        [(arm, rate, foreseen(arm, rate)) for arm in COLOURS for rate in rates],
        columns=["arm", "anomalies", "precision"],
    )
    points = arms[["arm", "stream", "anomalies", "precision", "precision_low", "precision_high"]]

    def chart(width: int) -> Any:
        x = presets.log_x("anomalies", "anomalies per pipeline and week", law["anomalies"], "~g")
        y, colour = alt.Y("precision:Q", title="precision").scale(domain=[0, 1]), _by_arm(width)
        reach = alt.Y("precision_low:Q", title="precision"), alt.Y2("precision_high:Q")
        lines = alt.Chart(law).mark_line().encode(x, y, colour)
        bars = alt.Chart(points).mark_rule().encode(x, *reach, colour)
        marks = alt.Chart(points).mark_point(size=80).encode(x, y, colour)
        return (lines + bars + marks).properties(width=width, height=220)

    # The rate of false alerts is far less sure than that at which anomalies are found: it alone makes the interval.
    once = {
        arm: [
            precision_at(_QUARTERLY, here["found"][arm], here[side][arm])
            for side in ("false_high", "false_low")
        ]
        for arm in COLOURS
    }
    return Figure(
        f"At one anomaly a quarter precision is {_between(once[BURN])} by burn rate, {foreseen(STATIC, _QUARTERLY):.2f} static",
        "Precision against how often anomalies come. Points: two generated streams, 95 % intervals; lines follow from recall "
        "and false alerts on the busier one. At one anomaly a quarter, by the interval of false alerts: "
        + ", ".join(f"{arm} {_between(pair)}" for arm, pair in once.items())
        + ".",
        chart,
        pd.concat([law, points]),
    )


def _between(pair: Sequence[float]) -> str:
    return f"{pair[0]:.2f} to {pair[1]:.2f}"


def _sizes(found: Findings) -> Figure:
    names = [f"{low:g}–{high:g}" for low, high in pairwise(_EDGES)]
    own = found.table("anomalies")
    own = own.assign(size=pd.cut(100 * own["spent"], [0, *_EDGES[1:-1], 100], labels=names).astype(str))
    rows = []
    for (arm, size), part in own.groupby(["arm", "size"], sort=False):
        count = int(part["delay_s"].notna().sum())
        minutes = part["delay_s"].median() / 60
        rows.append((arm, size, len(part), count / len(part), *wilson(count, len(part)), minutes))
    data = pd.DataFrame(rows, columns=["arm", "size", "anomalies", "share", "low", "high", "minutes"])

    def chart(width: int) -> Any:
        x = alt.X("size:N", title="of a month's error budget, %", sort=names).axis(labelAngle=0)
        place, colour = alt.XOffset("arm:N", sort=list(COLOURS)), _by_arm(width)
        bars = (
            alt.Chart(data).mark_rule().encode(x, place, alt.Y("low:Q", title=""), alt.Y2("high:Q"), colour)
        )
        y = alt.Y("share:Q", title="anomalies alerted on").scale(domain=[0, 1]).axis(format="%")
        return (bars + alt.Chart(data).mark_point(size=80).encode(x, place, y, colour)).properties(
            width=width, height=200
        )

    return Figure(
        f"From 5 % of the budget on burn rates find {found.of('recall', BURN):.0%}, static thresholds "
        f"{found.of('recall', STATIC):.0%}",
        "Share of anomalies that each rule alerts on, by what they spend of a month's error budget, with 95 % intervals: "
        + "; ".join(f"{row.arm} {row.size} %: {row.share:.0%}" for row in data.itertuples())
        + ".",
        chart,
        data,
    )
