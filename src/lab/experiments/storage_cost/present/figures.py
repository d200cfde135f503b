"""Four pictures of one run: the frontier to decide by, what the bills are made of, month by month, and what moves the saving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, reference
from lab.evidence.result import Result
from lab.experiments.storage_cost.criteria import SAVING
from lab.experiments.storage_cost.present.findings import Findings, findings, percent
from lab.experiments.storage_cost.workload.arms import HOT, OPTIMUM, QUICK, TIERING

KINDS = ["rule of age", "break-even", "predictor", "tariff", "all hot", "optimum"]
COLORS = [theme.VERMILION, theme.BLUE, theme.GREEN, theme.PURPLE, theme.GREY, theme.ORANGE]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "frontier": _frontier(found),
        "stack": _stack(found),
        "months": _months(found),
        "tornado": _tornado(found),
    }


def _frontier(found: Findings) -> Figure:
    kept = found.policies[(found.policies["lost"] == 0)].reset_index()
    data = kept.assign(kind=kept["policy"].map(_kind), wait=kept["mean"])
    data = data[["policy", "kind", "wait", "usd_tb", "saving", "cold", "slow", "longest"]]
    chosen, hot, waiting = found.of(found.chosen), found.of(HOT), found.best(waiting=True)
    lines = pd.DataFrame(
        {
            "usd_tb": [hot["usd_tb"], (1 - SAVING) * hot["usd_tb"]],
            "reference": [HOT, f"{percent(SAVING)} saved"],
        }
    )

    def chart(width: int) -> Any:
        rules = (
            alt.Chart(lines)
            .mark_rule(color=theme.GREY)
            .encode(y="usd_tb:Q", strokeDash=reference(list(lines["reference"]), columns(width, 2, 2)))
        )
        points = (
            alt.Chart(data)
            .mark_point(size=75, opacity=0.85)
            .encode(
                x=log_x("wait", "mean wait for the first byte, s", data["wait"]),
                y=alt.Y("usd_tb:Q", title="USD for a TB kept for a month").scale(zero=True),
                color=alt.Color("kind:N", title=None, sort=KINDS)
                .scale(domain=KINDS, range=COLORS)
                .legend(columns=columns(width, 6, 2)),
                shape=alt.Shape("kind:N", sort=KINDS).scale(domain=KINDS).legend(None),
                tooltip=["policy", "usd_tb", "saving", "wait", "cold", "slow"],
            )
        )
        return (rules + points).properties(width=width, height=285)

    return Figure(
        f"{_short(found.chosen)} saves {percent(chosen['saving'])}; {waiting['policy']} {percent(waiting['saving'])}, with waits",
        f"Cost of a TB-month against the mean wait for the first byte, for {len(data)} policies on MovieLens: "
        + "; ".join(f"{row.policy} ${row.usd_tb:.1f}, {row.wait:.3g} s" for row in data.itertuples())
        + f". Lines mark all hot (${hot['usd_tb']:.1f}) and {percent(SAVING)} below it.",
        chart,
        data,
    )


def _kind(policy: str) -> str:
    if policy in (HOT, OPTIMUM, QUICK, TIERING):
        return {HOT: "all hot", OPTIMUM: "optimum", QUICK: "optimum", TIERING: "tariff"}[policy]
    return next((kind for kind in ("break-even", "predictor") if policy.startswith(kind)), "rule of age")


def _short(policy: str) -> str:
    return policy.split(" to ")[0].capitalize() if " to " in policy else policy


def _stack(found: Findings) -> Figure:
    data = found.treatment.tables["lines"][["policy", "part", "usd_tb"]]
    order = list(data.groupby("policy")["usd_tb"].sum().sort_values(ascending=False).index)
    parts = ["storage", "retrieval", "minimum duration", "requests, overhead", "egress"]
    parts = [part for part in parts if part in set(data["part"])]
    rule = data[data["policy"] == found.rule].set_index("part")["usd_tb"]
    share = rule.get("retrieval", 0.0) / rule.sum()

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_bar()
            .encode(
                y=alt.Y("policy:N", title=None, sort=order).axis(labelLimit=230),
                x=alt.X("usd_tb:Q", title="USD for a TB kept for a month"),
                color=alt.Color("part:N", title=None, sort=parts)
                .scale(domain=parts)
                .legend(columns=columns(width, 4, 2)),
                order=alt.Order("rank:Q"),
            )
            .transform_calculate(rank=f"indexof({parts!r}, datum.part)")
            .properties(width=width - 120, height=28 * len(order))
        )

    return Figure(
        f"Retrieval is {percent(share)} of the bill under {found.rule}, chosen on CDNOW",
        "What a TB-month costs, by policy and part of the bill: "
        + "; ".join(
            f"{policy} ${part['usd_tb'].sum():.1f} ("
            + ", ".join(f"{row.part} {row.usd_tb:.2f}" for row in part.itertuples())
            + ")"
            for policy, part in data.groupby("policy", sort=False)
        )
        + ".",
        chart,
        data,
    )


def _months(found: Findings) -> Figure:
    whole = int(found.value("days") // found.prices.days_in_month)
    data = found.treatment.tables["months"]
    data = data[data["month"] <= max(1, whole)]
    order = list(dict.fromkeys(data["policy"]))
    last = data[data["month"] == data["month"].max()].set_index("policy")["usd"]
    saved = 1 - last[found.chosen] / last[HOT]

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_line(point=True)
            .encode(
                x=alt.X("month:Q", title="month of the trace").axis(tickMinStep=1, format="d"),
                y=alt.Y("usd:Q", title="USD in the month"),
                color=alt.Color("policy:N", title=None, sort=order).legend(columns=columns(width, 2, 1)),
                strokeDash=alt.StrokeDash("policy:N", sort=order).legend(None),
            )
            .properties(width=width, height=240)
        )

    return Figure(
        f"In the last whole month {_short(found.chosen).lower()} saves {percent(saved)}",
        "Dollars by month for "
        + "; ".join(
            f"{policy}: " + ", ".join(f"{usd:.2f}" for usd in part["usd"])
            for policy, part in data.groupby("policy", sort=False)
        )
        + ".",
        chart,
        data,
    )


def _tornado(found: Findings) -> Figure:
    table = found.treatment.tables["sensitivity"]
    spread = (table["saving_high"] - table["saving_low"]).abs()
    order = list(table.loc[spread.sort_values(ascending=False).index, "what"])
    data = pd.concat(
        [
            pd.DataFrame(
                {
                    "what": table["what"],
                    "at": table[side],
                    "saving": 100 * table[f"saving_{side}"],
                    "side": side,
                }
            )
            for side in ("low", "high")
        ],
        ignore_index=True,
    )
    data["label"] = data["what"] + ": " + data["at"]
    full = dict(zip(table["what"], table["what"] + ": " + table["low"] + " / " + table["high"], strict=True))
    data["row"] = data["what"].map(full)
    base = 100 * found.of(found.chosen)["saving"]
    line = pd.DataFrame({"saving": [base], "reference": ["as run"]})
    worst = data.loc[data["saving"].idxmin()]

    def chart(width: int) -> Any:
        wide = width > theme.NARROW
        names_of_rows = [full[what] for what in order] if wide else order
        y = alt.Y("row:N" if wide else "what:N", title=None, sort=names_of_rows).axis(labelLimit=330)
        bars = (
            alt.Chart(
                table.assign(
                    row=table["what"].map(full),
                    low=100 * table["saving_low"],
                    high=100 * table["saving_high"],
                )
            )
            .mark_bar(height=8, opacity=0.35, color=theme.BLUE)
            .encode(y=y, x=alt.X("low:Q", title="saving against all hot, %"), x2="high:Q")
        )
        names = {"low": "first case", "high": "second case"}
        points = (
            alt.Chart(data.assign(side=data["side"].map(names)))
            .mark_point(size=70)
            .encode(
                y=y,
                x="saving:Q",
                color=alt.Color("side:N", title=None, sort=list(names.values())).legend(
                    columns=columns(width, 2, 2)
                ),
                shape=alt.Shape("side:N", sort=list(names.values())).legend(None),
                tooltip=["label", "saving"],
            )
        )
        rule = (
            alt.Chart(line)
            .mark_rule(color=theme.GREY)
            .encode(x="saving:Q", strokeDash=reference(["as run"], 1))
        )
        return (bars + points + rule).properties(width=width - (200 if wide else 110), height=26 * len(order))

    return Figure(
        f"{worst['what'].capitalize()}, {worst['at']}: the saving becomes {worst['saving']:.0f} %",
        f"Saving of the chosen policy, {base:.0f} % as run, if one thing were otherwise: "
        + "; ".join(f"{row.label} {row.saving:.0f} %" for row in data.itertuples())
        + ". The policy decides as in the run.",
        chart,
        data,
    )
