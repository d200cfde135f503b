"""Six pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x
from lab.evidence.result import Result
from lab.experiments.private_aggregates.present.figures_scale import composition, group_sizes
from lab.experiments.private_aggregates.present.findings import Findings, findings, percent

_TREATMENT = "as it should be"


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "error": _error(found),
        "audit": _audit(found),
        "ledger": _ledger(found),
        "groups": group_sizes(found),
        "bits": _bits(found),
        "composition": composition(found),
    }


def _error(found: Findings) -> Figure:
    data = found.mae.assign(percent=100 * found.mae["relative"], theory=100 * found.mae["relative_theory"])
    data = data[(data["theory"] > 1e-3) & (data["percent"] > 0)]
    data = data[["statistic", "epsilon", "percent", "theory", "mae", "unit", "releases"]]
    total = data[data["statistic"] == "sum"].iloc[[0, -1]]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=log_x("epsilon", "privacy parameter ε (less is more private)", data["epsilon"]),
            color=alt.Color("statistic:N", title=None).legend(columns=columns(width, 6, 3)),
        )
        axis = alt.Y("percent:Q", title="mean absolute error, % of the answer").scale(type="log")
        points = base.mark_point(size=55).encode(y=axis.axis(values=theme.decades(data["percent"])))
        lines = base.mark_line(strokeWidth=1.5).encode(y=alt.Y("theory:Q"))
        return (lines + points).properties(width=width, height=320)

    return Figure(
        f"Ten times the epsilon, a tenth of the error, as theory has it: the sum errs by "
        f"{total['percent'].iloc[0]:.0f} % at ε = {total['epsilon'].iloc[0]:g} and by "
        f"{total['percent'].iloc[1]:.2g} % at ε = {total['epsilon'].iloc[1]:g}",
        f"Mean absolute error against epsilon for {data['statistic'].nunique()} statistics on logarithmic axes, "
        f"measured points on the lines of theory. Additive noise gives straight lines of slope minus one; "
        f"the quantile's rank error falls faster and then vanishes, because many people have the same round "
        f"income. "
        f"The largest deviation is "
        f"{found.treatment.observed['error_equals_theory'].value:.2f} of what chance allows.",
        chart,
        data,
    )


def _audit(found: Findings) -> Figure:
    data = found.audits[["arm", "statistic", "claimed", "bound", "reach"]]
    arms = list(dict.fromkeys(data["arm"]))
    ends = pd.DataFrame({"claimed": [0.0, data["claimed"].max() * 1.1]}).assign(bound=lambda t: t["claimed"])
    best = data[data["arm"] == _TREATMENT]
    ratio = (best["bound"] / best["claimed"]).max()
    worst = data[data["arm"] != _TREATMENT].sort_values("bound").iloc[-1]

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=70, opacity=0.75)
            .encode(
                x=alt.X("claimed:Q", title="claimed ε"),
                y=alt.Y("bound:Q", title="ε that the audit proves is lost, at least"),
                color=alt.Color("arm:N", sort=arms, title=None).legend(columns=columns(width, 3, 1)),
                shape=alt.Shape("arm:N", sort=arms).legend(None),
            )
        )
        claim = (
            alt.Chart(ends).mark_line(color=theme.GREY, strokeDash=[5, 4]).encode(x="claimed:Q", y="bound:Q")
        )
        return (claim + points).properties(width=width, height=300)

    return Figure(
        f"No audit of the mechanism finds more than {percent(ratio)} of the claimed epsilon; "
        f"with {worst['arm']} it proves {worst['bound']:.1f} where {worst['claimed']:g} is claimed",
        f"Lower bounds on epsilon against the claimed epsilon; a dashed diagonal marks the claim. All "
        f"{len(best)} audits of the mechanism lie on or below it, {int((data['arm'] != _TREATMENT).sum())} of the "
        f"controls above it.",
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
        rule = alt.Chart(pd.DataFrame({"limit": [limit]})).mark_rule(color=theme.GREY, strokeDash=[5, 4])
        return (bars + rule.encode(x="limit:Q")).properties(width=width, height=190)

    return Figure(
        f"{int(table['admitted'].sum())} releases use up ε = {limit:g} exactly; the next one, for "
        f"{last['epsilon']:g}, is refused",
        "The ledger as a staircase: "
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
        f"{percent(row['naive_right'])} of numpy's outputs can only come from the true value, at ε = "
        f"{row['epsilon']:g}; on OpenDP's the same attacker errs in "
        f"{percent(row['opendp_wrong'] / (row['opendp_right'] + row['opendp_wrong']))} of the verdicts",
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
