"""Pictures of the rules: margins, many expectations at once, precision."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, dashes, log_x
from lab.evidence.frames import records
from lab.experiments.data_quality.judge.rates import ARMS, ONE, RULES, SHUFFLED, TWO
from lab.experiments.data_quality.present.findings import ALL, Findings, percent, reach


def margins(found: Findings) -> Figure:
    """False alarms against misses, a line for each rule, a point for each margin."""
    alarms, missed = found.treatment.tables["alarms"], found.treatment.tables["missed"]
    own = missed[(missed["kind"] == ALL) & (missed["size"] == found.middle) & (missed["arm"] == SHUFFLED)]
    data = own.merge(alarms[alarms["arm"] == SHUFFLED], on=["margin", "rule"], suffixes=("", "_good"))
    data = pd.DataFrame(
        {
            "rule": data["rule"],
            "margin": data["margin"],
            "false_alarms": data["share_good"],
            "missed": data["share"],
        }
    ).sort_values(["rule", "margin"])
    data["label"] = [f"{margin:g}" for margin in data["margin"]]
    none, chosen = (found.alarm(SHUFFLED, margin=margin).value for margin in (0.0, found.params.margin))

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("false_alarms:Q", title="good batches rejected")
            .axis(format="%", tickCount=5)
            .scale(padding=20),
            y=alt.Y("missed:Q", title=f"faulty batches accepted ({100 * found.middle:g} % of rows)")
            .axis(format="%")
            .scale(zero=False),
            color=alt.Color("rule:N", sort=list(RULES), title="rejected from").legend(
                columns=columns(width, 3, 1)
            ),
            order="margin:Q",
        )
        points = base.mark_point(size=60).encode(
            shape=alt.Shape("label:N", sort=list(dict.fromkeys(data["label"])), title="margin").legend(
                columns=4, symbolStrokeColor=theme.GREY
            )
        )
        return (base.mark_line() + points).properties(width=width, height=280)

    return Figure(
        f"A margin of {found.params.margin:g} takes false alarms from {percent(none)} to {percent(chosen)}",
        "Good batches rejected against faulty batches accepted where nothing drifts, a line for each rule, a "
        "point for each margin (its shape). "
        + "; ".join(
            f"{row.rule}, margin {row.margin:g}: {percent(row.false_alarms)} and {percent(row.missed)}"
            for row in records(data)
        )
        + ".",
        chart,
        data,
    )


def family(found: Findings) -> Figure:
    """What many expectations at once do to false alarms: seen, and as if they were independent."""
    table = found.treatment.tables["family"]
    names = {ONE: "1 or more violated", TWO: "2 or more violated"}
    data = table.melt(["margin", "a", "rule"], ["seen", "independent"], "how", "share").assign(
        rule=lambda t: t["rule"].map(names)
    )
    own = table[(table["margin"] == 0) & (table["rule"] == ONE)].iloc[0]

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=alt.X("margin:Q", title="margin of the bounds").axis(
                values=list(found.params.margins), format="~g"
            ),
            y=alt.Y("share:Q", title="share of good batches").axis(format="%"),
            color=alt.Color("rule:N", title=None).legend(symbolType="stroke", columns=columns(width, 2, 1)),
            strokeDash=dashes("how", ["seen", "independent"], 2),
        )
        return lines.mark_line(point=True).properties(width=width, height=260)

    return Figure(
        f"{percent(own['seen'])} of good batches violate an expectation; independence would say {percent(own['independent'])}",
        f"Share of good batches that violate at least one and at least two of {found.value('expectations'):.0f} "
        "expectations by margin, where "
        "nothing drifts, and what independent violations of the same mean rate would give. "
        + "; ".join(
            f"margin {row.margin:g}, {names[row.rule]}: seen {percent(row.seen)}, independent {percent(row.independent)}"
            for row in records(table)
        )
        + ".",
        chart,
        data,
    )


def precision(found: Findings) -> Figure:
    """How much a rejection says, by how rare faults are."""
    table = found.treatment.tables["precision"]
    own = (table["margin"] == found.params.margin) & (table["rule"] == TWO) & (table["size"] == found.middle)
    data = table[own][["arm", "base", "precision", "low", "high"]].assign(
        base_percent=lambda t: 100 * t["base"]
    )
    at = data[(data["base"] == 0.01)].set_index("arm")
    best = at.sort_values("precision").iloc[-1]

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=log_x("base_percent", "faulty batches among all, %", data["base_percent"], "g"),
            y=alt.Y("precision:Q", title="share of rejected batches that are faulty").axis(format="%"),
            color=alt.Color("arm:N", sort=list(ARMS), title=None).legend(
                symbolType="stroke", columns=columns(width, 3, 2)
            ),
        )
        return lines.mark_line(point=True).properties(width=width, height=260)

    return Figure(
        f"1 % faulty: {percent(best['precision'])} ({reach(best['low'], best['high'])}) of rejections right at best",
        f"Precision by base rate for faults in {100 * found.middle:g} % of the rows, from measured shares by "
        "Bayes' theorem; in brackets at the ends of the false alarms' interval (95 %). At 1 % faulty: "
        + ", ".join(
            f"{arm} {percent(row['precision'])} ({reach(row['low'], row['high'])})"
            for arm, row in at.iterrows()
        )
        + ".",
        chart,
        data,
    )
