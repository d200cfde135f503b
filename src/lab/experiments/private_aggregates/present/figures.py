"""Six pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x
from lab.evidence.result import Result
from lab.experiments.private_aggregates.present.figures_scale import bounds, group_sizes
from lab.experiments.private_aggregates.present.findings import Findings, findings, percent

_TREATMENT = "as it should be"


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "error": _error(found),
        "audit": _audit(found),
        "bounds": bounds(found),
        "groups": group_sizes(found),
        "ledger": _ledger(found),
        "bits": _bits(found),
    }


def _error(found: Findings) -> Figure:
    mae = found.treatment.tables["mae"]
    data = mae.assign(percent=100 * mae["relative"], theory=100 * mae["relative_theory"])
    data = data[(data["theory"] > 1e-3) & (data["percent"] > 0)]
    data = data[["statistic", "epsilon", "percent", "theory", "mae", "unit", "releases"]]
    total = data[data["statistic"] == "sum"].iloc[[0, -1]]

    def chart(width: int) -> Any:
        base = alt.Chart(data.assign(dot="measured", line="theory")).encode(
            x=log_x("epsilon", "privacy parameter ε (less is more private)", data["epsilon"]),
            color=alt.Color("statistic:N", title=None).legend(columns=columns(width, 6, 3)),
        )
        axis = alt.Y("percent:Q", title="mean absolute error, % of the answer").scale(type="log")
        points = base.mark_point(size=55).encode(
            y=axis.axis(values=theme.decades(data["percent"])), shape=alt.Shape("dot:N", title=None)
        )
        lines = base.mark_line(strokeWidth=1.5).encode(
            y=alt.Y("theory:Q"),
            strokeDash=alt.StrokeDash("line:N", title=None).legend(
                symbolType="stroke", symbolStrokeColor=theme.GREY
            ),
        )
        return (lines + points).properties(width=width, height=300)

    return Figure(
        f"The sum's error falls as 1/ε, to {total['percent'].iloc[1]:.2g} % at ε = {total['epsilon'].iloc[1]:g}",
        f"Mean absolute error against epsilon for {data['statistic'].nunique()} statistics on logarithmic axes, "
        f"measured points on the lines of theory. The sum errs by {total['percent'].iloc[0]:.2g} % at epsilon "
        f"{total['epsilon'].iloc[0]:g}. Additive noise gives straight lines of slope minus one; the quantile's rank error "
        "falls faster, until none of its releases errs, because many people have the same round income. The largest deviation is "
        f"{found.treatment.observed['error_equals_theory'].value:.2f} of what chance allows.",
        chart,
        data,
    )


def _audit(found: Findings) -> Figure:
    data = found.audits[["variant", "statistic", "claimed", "bound", "reach"]]
    variants = list(dict.fromkeys(data["variant"]))
    ends = pd.DataFrame({"claimed": [0.0, data["claimed"].max() * 1.1]}).assign(bound=lambda t: t["claimed"])
    best = data[data["variant"] == _TREATMENT]
    ratio = (best["bound"] / best["claimed"]).max()
    worst = data[data["variant"] != _TREATMENT].sort_values("bound").iloc[-1]

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=70, opacity=0.75)
            .encode(
                x=alt.X("claimed:Q", title="claimed ε"),
                y=alt.Y("bound:Q", title="ε that the audit proves is lost, at least"),
                color=alt.Color("variant:N", sort=variants, title=None).legend(columns=columns(width, 3, 1)),
                shape=alt.Shape("variant:N", sort=variants).legend(None),
            )
        )
        claim = (
            alt.Chart(ends.assign(line="what is claimed"))
            .mark_line(color=theme.GREY)
            .encode(x="claimed:Q", y="bound:Q", strokeDash=_dashed())
        )
        return (claim + points).properties(width=width, height=300)

    return Figure(
        f"No audit proves more than {percent(ratio)} of the claimed ε; the controls exceed it",
        f"Lower bounds on epsilon against the claimed epsilon; a dashed diagonal marks the claim. All "
        f"{len(best)} audits of the mechanism lie on or below it, {int((data['variant'] != _TREATMENT).sum())} of the "
        f"controls above it. With {worst['variant']} the audit proves {worst['bound']:.1f} where {worst['claimed']:g} is "
        "claimed.",
        chart,
        data,
    )


def _ledger(found: Findings) -> Figure:
    table, limit = found.treatment.tables["ledger"], found.params.epsilon
    before = table["spent"] - table["epsilon"].where(table["admitted"], 0)
    data = table.assign(before=before, after=before + table["epsilon"], entry="released")
    data.loc[~data["admitted"], "entry"] = "refused"
    last = data.iloc[-1]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar(height=16)
            .encode(
                x=alt.X("before:Q", title="ε spent, all releases together").scale(
                    domain=[0, float(data["after"].max())], nice=False
                ),
                x2="after:Q",
                y=alt.Y("release:N", sort=None, title=None),
                color=alt.Color("entry:N", title=None, sort=["released", "refused"])
                .scale(domain=["released", "refused"], range=[theme.BLUE, theme.VERMILION])
                .legend(orient="top"),
            )
        )
        rule = alt.Chart(pd.DataFrame({"limit": [limit], "line": [f"budget, ε = {limit:g}"]}))
        marked = rule.mark_rule(color=theme.GREY).encode(x="limit:Q", strokeDash=_dashed())
        return (bars + marked).properties(width=width, height=190)

    return Figure(
        f"The releases use up ε = {limit:g} exactly, and the next one is refused",
        f"{int(table['admitted'].sum())} releases fit, one more for {last['epsilon']:g} does not. The ledger as a staircase: "
        + ", ".join(f"{row.release} {row.epsilon:g} ({row.entry})" for row in data.itertuples())
        + f". A dashed line marks the budget of {limit:g}.",
        chart,
        data.drop(columns="answer"),
    )


def _bits(found: Findings) -> Figure:
    names = {"naive": "numpy", "opendp": "OpenDP"}
    table = found.treatment.tables["attack"]
    data = pd.DataFrame(
        {
            "noise": names[noise],
            "epsilon": row["epsilon"],
            "verdict": verdict,
            "share": row[f"{noise}_{verdict}"],
        }
        for _, row in table.iterrows()
        for noise in names
        for verdict in ("right", "wrong")
    )
    row = table.iloc[len(table) // 2]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("epsilon:O", title="ε").axis(labelAngle=0),
                xOffset="verdict:N",
                y=alt.Y("share:Q", title="share of outputs").axis(format="%"),
                color=alt.Color("verdict:N", title="the attacker is sure and")
                .scale(domain=["right", "wrong"], range=[theme.VERMILION, theme.SKY])
                .legend(orient="top"),
            )
        )
        return bars.properties(width=(width - 40) // 2, height=200).facet(
            column=alt.Column("noise:N", title=None, sort=["numpy", "OpenDP"])
        )

    return Figure(
        f"{percent(row['naive_right'])} of numpy's outputs give the true value away by their low-order bits",
        "Share of outputs for which an attacker who knows the sampler is sure which of two neighbours they come "
        "from, right or wrong, by epsilon. "
        + " ".join(
            f"At {item['epsilon']:g}: numpy {percent(item['naive_right'])} right and "
            f"{percent(item['naive_wrong'])} wrong, OpenDP {percent(item['opendp_right'])} right and "
            f"{percent(item['opendp_wrong'])} wrong."
            for _, item in table.iterrows()
        ),
        chart,
        data,
    )


def _dashed() -> Any:
    """A dashed line that the legend names."""
    return alt.StrokeDash("line:N", title=None).scale(range=[[5, 4]]).legend(symbolType="stroke")
