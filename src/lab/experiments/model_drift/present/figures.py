"""Six pictures of one run: detection by size, false alarms, the dashboard, scores, power, real years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.model_drift.judge.rates import shown
from lab.experiments.model_drift.params import ALPHA, KINDS
from lab.experiments.model_drift.present.figures_live import by, dashboard, performance
from lab.experiments.model_drift.present.findings import RULE_NAMES, Findings, findings
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, LABELS, UNCORRECTED

_COLOURS = {
    KS.name: theme.BLUE,
    CORRECTED.name: theme.GREEN,
    LABELS: theme.ORANGE,
    UNCORRECTED.name: theme.VERMILION,
}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "detection": _detection(found),
        "false_alarms": _false_alarms(found),
        "dashboard": dashboard(found),
        "performance": performance(found),
        "power": _power(found),
        "years": _years(found),
    }


def _detection(found: Findings) -> Figure:
    table = found.table("detection")
    data = table[table["rule"].isin(RULE_NAMES)].assign(
        panel=lambda table: table["kind"] + " drift", percent=lambda table: 100 * table["detected"]
    )
    top = found.params.doses[-1]
    rows = {kind: found.rows(kind, top, KS.name) for kind in ("covariate", "label")}

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            presets.log_x("dose", "size of the drift", data["dose"], format="~g"),
            alt.Y("percent:Q", title="series detected, %").scale(domain=[0, 100]),
            by("rule", {name: _COLOURS[name] for name in RULE_NAMES}, width),
        )
        marks = base.mark_line() + base.mark_point(size=60)
        return marks.properties(width=width, height=80).facet(
            row=presets.panels("panel", [f"{kind} drift" for kind in KINDS[1:]])
        )

    return Figure(
        f"Concept drift of {top:g} shows in {found.detected('concept', top, LABELS):.0%} with labels, by KS in "
        f"{found.detected('concept', top, KS.name):.0%}",
        f"Share of series of {found.params.looks} windows in which each rule alarms, against the size of the drift, a panel for "
        f"each kind. At {top:g} KS needs {rows['covariate']:,.0f} rows for covariate and {rows['label']:,.0f} for label drift, "
        "median.",
        chart,
        data.drop(columns=["panel"]),
    )


def _false_alarms(found: Findings) -> Figure:
    alarms = found.table("alarms")
    formula = alarms[["look", "formula"]].drop_duplicates().rename(columns={"formula": "share"})
    data = pd.concat(
        [alarms[["rule", "look", "share"]], formula.assign(reference="formula, independent tests")]
    )
    data["percent"] = 100 * data["share"]
    looks = found.params.looks

    def chart(width: int) -> Any:
        x = alt.X("look:Q", title="looks so far").axis(tickMinStep=1, format="d")
        y = alt.Y("percent:Q", title="series with a false alarm, %")
        rules = alt.Chart(data[data["rule"].notna()]).encode(
            x,
            y,
            by("rule", {rule.name: _COLOURS[rule.name] for rule in (KS, UNCORRECTED, CORRECTED)}, width),
        )
        law = alt.Chart(data[data["rule"].isna()]).mark_line(color=theme.GREY)
        law = law.encode(x, y, strokeDash=presets.reference(["formula, independent tests"], 1))
        return (law + rules.mark_line() + rules.mark_point(size=50)).properties(width=width, height=250)

    return Figure(
        f"After {looks} looks {found.uncorrected:.0%} of quiet series have alarmed uncorrected, {found.corrected:.1%} corrected",
        f"Share of drift-free series with an alarm on any of sixteen features, against looks. The exercise's KS rule has "
        f"{found.by_series(KS.name):.0%} after {looks} looks, the calibrated test {found.uncorrected:.0%} without correction and "
        f"{found.corrected:.1%} with it.",
        chart,
        data,
    )


def _power(found: Findings) -> Figure:
    power, params = found.table("power"), found.params
    rows = params.window + params.reference
    curve = pd.DataFrame({"w": np.geomspace(power["w"].min() / 2, power["w"].max() * 1.3, 60)})
    freedom = int(power["freedom"].iloc[0])
    curve["percent"] = [100 * shown(w, rows, freedom) for w in curve["w"]]
    points = power.assign(percent=100 * power["shown"] / power["windows"])
    data = pd.concat([curve.assign(reference="noncentral chi-square"), points[["w", "dose", "percent"]]])

    def chart(width: int) -> Any:
        x = presets.log_x("w", "effect size, Cramér's V", data["w"], format="~g")
        y = alt.Y("percent:Q", title=f"windows with p < {ALPHA:g}, %").scale(domain=[0, 100])
        law = alt.Chart(data[data["dose"].isna()]).mark_line(color=theme.GREY)
        law = law.encode(x, y, strokeDash=presets.reference(["noncentral chi-square"], 1))
        seen = alt.Chart(data[data["dose"].notna()]).mark_point(size=90, color=theme.BLUE).encode(x, y)
        return (law + seen).properties(width=width, height=220)

    first, low, high = points.iloc[0], points["percent"].min(), points["percent"].max()
    return Figure(
        f"A drift of age with V = {first['w']:.3f} shows in {first['percent']:.0f} % of windows",
        f"Share of windows of {params.window:,} rows in which the chi-square test shows a covariate drift of age, against its "
        f"effect size: points measured, the line predicted. It goes from {low:.0f} to {high:.0f} %.",
        chart,
        data,
    )


def _years(found: Findings) -> Figure:
    years = found.table("years")
    data = years.assign(year=years["year"].astype(str))
    later = years[years["year"] > 2015]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar(color=theme.BLUE)
            .encode(
                alt.X("features:Q", title="features that differ from 2015, corrected, of 16").axis(
                    tickMinStep=1
                ),
                alt.Y("year:O", title=None),
            )
        )
        return bars.properties(width=width, height=100)

    return Figure(
        f"By 2018 {int(years['features'].iloc[-1])} features differ, by at most V = {later['largest_v'].max():.3f}",
        "Features whose distribution differs from 2015's over whole years, after correction: "
        + ", ".join(f"{row.year}: {row.features}" for row in years.itertuples())
        + f" (2015: one half against the other). The largest effect is V = {later['largest_v'].max():.3f}; accuracy goes from "
        f"{years['accuracy'].iloc[0]:.3f} to {years['accuracy'].iloc[-1]:.3f}.",
        chart,
        data,
    )
