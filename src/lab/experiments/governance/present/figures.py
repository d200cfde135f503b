"""Five pictures: which faults are found, what the playbook covers, the classifier, an onboarding, the audit's time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, reference
from lab.evidence.result import Result
from lab.evidence.statistics import clopper_pearson
from lab.experiments.governance.measure.seen import DRAWN
from lab.experiments.governance.present.findings import CHECKS, Findings, findings, percent

_MEASURES = ["recall", "precision"]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "found": _found(found),
        "coverage": _coverage(found),
        "threshold": _threshold(found),
        "onboarding": _onboarding(found),
        "time": _time(found),
    }


def _found(found: Findings) -> Figure:
    data = pd.DataFrame(_classes(found), columns=["class", "faults", "found", "share", "low", "high"])
    order = [name for name in CHECKS.values() if name in set(data["class"])]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(y=alt.Y("class:N", sort=order, title=None).axis(labelLimit=200))
        x = alt.X("low:Q", title="share of the faults that is found, with its 95 % interval").axis(format="%")
        bars = base.mark_rule(strokeWidth=3, color=theme.SKY).encode(x=x.scale(domain=[0, 1]), x2="high:Q")
        points = base.mark_point(size=80, color=theme.BLUE, opacity=1).encode(x="share:Q")
        texts = base.mark_text(align="right", dx=-10, dy=-8, color="currentColor").encode(
            x="share:Q", text="told:N"
        )
        return (bars + points + texts).properties(width=width, height=34 * len(order))

    data["told"] = [f"{row.found} of {row.faults}" for row in data.itertuples()]
    total, right = int(data["faults"].sum()), int(data["found"].sum())
    return Figure(
        f"Of {total} faults seeded at random the audit names {right}",
        "Share of faults drawn at random that the audit finds, by class, with Clopper-Pearson's interval of 95 %. "
        + " ".join(
            f"{row['class']}: {row['told']}, at least {percent(row['low'])}." for _, row in data.iterrows()
        ),
        chart,
        data,
    )


def _classes(found: Findings) -> list[tuple[str, int, int, float, float, float]]:
    rows = []
    for check, part in found.faults(DRAWN).groupby("check", sort=False):
        right, of = int(part["found"].sum()), len(part)
        rows.append((CHECKS[str(check)], of, right, right / of, *clopper_pearson(right, of)))
    return rows


def _coverage(found: Findings) -> Figure:
    own = found.coverage[found.coverage["in_scope"]]
    spread = own.explode("sections").dropna(subset=["sections"])
    counts = spread.groupby(["sections", "framework"]).size().rename("covered").reset_index()
    titles = found.treatment.tables["sections"].set_index("number")["title"]
    data = counts.assign(
        section=[f"{number} {titles[number]}" for number in counts["sections"]],
        short=[f"{number} {re.split(',| and | of ', titles[number])[0]}" for number in counts["sections"]],
    )
    order = list(dict.fromkeys(own["framework"]))

    def chart(width: int) -> Any:
        wide = width > theme.NARROW
        name = "section" if wide else "short"
        base = alt.Chart(data).encode(
            x=alt.X("framework:N", sort=order, title=None).axis(
                orient="top", labelAngle=-30 if wide else -90
            ),
            y=alt.Y(f"{name}:N", sort=list(dict.fromkeys(data[name])), title=None).axis(labelLimit=400),
        )
        colour = alt.Color("covered:Q", title="sections of the framework").scale(
            range=["#D6E6F2", theme.BLUE]
        )
        cells = base.mark_rect().encode(color=colour.legend(orient="top", gradientLength=180))
        dark = alt.datum.covered > float(data["covered"].max()) / 2
        colours = alt.condition(dark, alt.value("white"), alt.value("black"))
        texts = base.mark_text().encode(text="covered:Q", color=colours)
        return (cells + texts).properties(
            width=width - (0 if wide else 60), height=24 * data["section"].nunique()
        )

    covered, scope = int((own["problem"] == "").sum()), len(own)
    return Figure(
        f"The playbook covers {covered} of {scope} sections of five frameworks that are in scope",
        "How many sections of each framework (columns) each section of the playbook (rows) covers. "
        + " ".join(
            f"{name}: {int((part['problem'] == '').sum())} of {len(part)}."
            for name, part in own.groupby("framework", sort=False)
        ),
        chart,
        data,
    )


def _threshold(found: Findings) -> Figure:
    data = found.labels
    used = found.params.threshold
    line = pd.DataFrame({"threshold": [used], "reference": "threshold in use"})

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("threshold:Q", title="share of valid values from which a column is labelled")
            .axis(format="%")
            .scale(zero=False),
            y=alt.Y("share:Q", title="share of columns").axis(format="%").scale(zero=False),
            color=_by_measure(),
            shape=alt.Shape("measure:N", sort=_MEASURES, title=None)
            .scale(domain=_MEASURES)
            .legend(orient="top"),
        )
        rule = (
            alt.Chart(line)
            .mark_rule(color=theme.GREY)
            .encode(x="threshold:Q", strokeDash=reference(["threshold in use"], columns(width, 2, 1)))
        )
        return (rule + base.mark_line() + base.mark_point(size=70)).properties(width=width, height=220)

    told = [
        f"{percent(each)}: recall {percent(found.label('recall', each), 1)}, precision "
        f"{percent(found.label('precision', each), 1)}."
        for each in dict.fromkeys(data["threshold"])
    ]
    return Figure(
        f"If {percent(used)} of values must be valid, {percent(found.label('recall', used))} of such columns are labelled",
        "Recall over columns with identifiers and precision over labelled columns, by the share of values that must be valid. "
        + " ".join(told),
        chart,
        data,
    )


def _by_measure() -> Any:
    colours = [theme.BLUE, theme.VERMILION]
    return (
        alt.Color("measure:N", sort=_MEASURES, title=None)
        .scale(domain=_MEASURES, range=colours)
        .legend(orient="top")
    )


def _onboarding(found: Findings) -> Figure:
    data = found.steps.copy()
    data["ms"] = data["end"] - data["begin"]
    order = list(data["step"])

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(y=alt.Y("step:N", sort=order, title=None))
        bars = base.mark_bar(color=theme.BLUE).encode(
            # The median of the whole is another than the sum of the steps' medians.
            x=alt.X("begin:Q", title="medians of the steps, one after the other, ms").scale(
                domain=[0, 1.1 * float(data["end"].max())]
            ),
            x2="end:Q",
        )
        texts = base.mark_text(align="left", dx=4, color="currentColor").encode(
            x="end:Q", text=alt.Text("ms:Q", format=".0f")
        )
        return (bars + texts).properties(width=width, height=26 * len(order))

    longest = data.loc[data["ms"].idxmax()]
    return Figure(
        f"The scripted part of onboarding takes {found.value('onboarding_ms'):.0f} ms, {longest['step']} the longest",
        f"Steps of an onboarding, one after the other, medians of {found.params.onboardings} "
        "datasets; people's time is not in it. "
        + " ".join(f"{row.step}: {row.ms:.0f} ms." for row in data.itertuples()),
        chart,
        data,
    )


def _time(found: Findings) -> Figure:
    data = found.treatment.tables["times"].copy()
    largest = data["tables"].max()
    data["audits"] = ["checked" if size == largest else "fitted to" for size in data["tables"]]
    ends = [0, int(largest)]
    line = pd.DataFrame(
        {"tables": ends, "seconds": [found.checked.at(x) for x in ends], "reference": "model"}
    )

    def chart(width: int) -> Any:
        x = alt.X("tables:Q", title="tables in the database")
        y = alt.Y("seconds:Q", title="time of an audit, s")
        drawn = (
            alt.Chart(line)
            .mark_line(color=theme.GREY)
            .encode(x=x, y=y, strokeDash=reference(["model"], columns(width, 2, 1)))
        )
        names = ["fitted to", "checked"]
        colour = alt.Color("audits:N", sort=names, title=None).scale(
            domain=names, range=[theme.BLUE, theme.VERMILION]
        )
        points = alt.Chart(data).mark_point(size=60, opacity=0.8).encode(x=x, y=y, color=colour)
        return (drawn + points).properties(width=width, height=220)

    shown = found.audits
    return Figure(
        f"An audit of {largest} tables takes {shown[largest]:.2g} s, {1e3 * found.time.each:.2g} ms a table",
        "Time of an audit against the number of tables, a point for each audit, with the model's "
        "dashed line, fitted to all but the "
        "largest. " + " ".join(f"{size} tables: {seconds:.2f} s." for size, seconds in shown.items()),
        chart,
        data,
    )
