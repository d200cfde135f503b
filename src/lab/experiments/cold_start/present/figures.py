"""Five pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, reference
from lab.evidence.result import Result
from lab.experiments.cold_start.measure.service import AFTER, OUTAGES
from lab.experiments.cold_start.params import LADDER
from lab.experiments.cold_start.present.findings import Findings, findings
from lab.experiments.cold_start.workload.arms import KS, RECOMMENDED, WITHOUT_HISTORY, ZEROS

SHOWN = ("popularity", "attributes", "nearest segment", "first interactions", "shrinkage", RECOMMENDED)
COLORS = [theme.GREY, theme.ORANGE, theme.PURPLE, theme.VERMILION, theme.SKY, theme.BLUE]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    made = {
        "log_loss": _by_interactions(found, "log_loss", "log-loss, nats per rating", "falls"),
        "auc": _by_interactions(found, "auc", "AUC, pooled over users", "rises"),
        "calibration": _calibration(found),
        "weights": _weights(found),
    }
    return made | ({"cache": _cache(found)} if len(found.phases) else {})


def _ladder(found: Findings) -> pd.DataFrame:
    """Scores of what is shown, those without a history at every n."""
    scores = found.scores[found.scores["strategy"].isin(SHOWN)]
    flat = scores[scores["strategy"].isin(WITHOUT_HISTORY)]
    drawn = [flat.assign(interactions=count) for count in LADDER[1:]]
    keep = ["strategy", "interactions", "auc", "log_loss", "auc_delta", "log_loss_delta"]
    return pd.concat([scores, *drawn])[keep].assign(n=lambda t: t["interactions"].astype(str))


def _by_interactions(found: Findings, kind: str, title: str, way: str) -> Figure:
    data = _ladder(found)
    warm = found.value(f"warm_{kind}")
    own = found.own.set_index("interactions")[kind]
    order = [str(count) for count in LADDER]
    baseline = pd.DataFrame({"y": [warm], "reference": ["warm baseline"]})

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("n:O", sort=order, title="interactions seen").axis(labelAngle=0),
            y=alt.Y(f"{kind}:Q", title=title).scale(zero=False),
            color=alt.Color("strategy:N", sort=list(SHOWN), title=None)
            .scale(domain=list(SHOWN), range=COLORS)
            .legend(columns=columns(width, 3, 1)),
        )
        rule = (
            alt.Chart(baseline)
            .mark_rule(color=theme.GREY)
            .encode(
                y="y:Q",
                strokeDash=reference(["warm baseline"], 1),
            )
        )
        lines = base.mark_line() + base.mark_point(size=45)
        return (lines + rule).properties(width=width, height=280)

    first = data[(data["strategy"] == "first interactions") & (data["interactions"] == 1)][kind].iloc[0]
    popular = found.score("popularity", 0)[kind]
    verb = "costs" if (first > popular) == (kind == "log_loss") else "gains"
    titles = {
        "log_loss": f"One rating taken at its word {verb} {abs(first - popular):.2f} nats on popularity; "
        f"shrunk, it {'gains' if own[1] < popular else 'costs'} {abs(own[1] - popular):.3f}",
        "auc": f"The AUC {way} from {own[0]:.3f} without a history to {own[10]:.3f} with ten ratings",
    }
    return Figure(
        titles[kind],
        f"{title} against interactions seen, a line for each of {len(SHOWN)} strategies. {RECOMMENDED}: "
        + ", ".join(f"{value:.4f} at {count}" for count, value in own.items())
        + f". Popularity: {popular:.4f}. First interactions at 1: {first:.4f}. "
        f"A dashed line marks the warm baseline, {warm:.4f}.",
        chart,
        data.drop(columns="n"),
    )


def _calibration(found: Findings) -> Figure:
    chosen = {
        (RECOMMENDED, 0): f"{RECOMMENDED}, 0 ratings",
        ("first interactions", 1): "first interactions, 1 rating",
        (ZEROS, 0): f"{ZEROS}, 0 ratings",
    }
    table = found.treatment.tables["calibration"]
    keys = pd.Series(list(zip(table["strategy"], table["interactions"], strict=True)), index=table.index)
    data = table.assign(arm=keys.map(chosen)).dropna(subset=["arm"])
    data = data[["arm", "predicted", "true", "ratings"]]
    order = list(chosen.values())
    ideal = pd.DataFrame({"predicted": [0.0, 1.0], "true": [0.0, 1.0], "reference": "as predicted"})
    zero, own = found.score(ZEROS, 0)["calibration_error"], found.score(RECOMMENDED, 0)["calibration_error"]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("predicted:Q", title="predicted chance of a like").scale(domain=[0, 1]).axis(format="%"),
            y=alt.Y("true:Q", title="share of likes").scale(domain=[0, 1]).axis(format="%"),
            color=alt.Color("arm:N", sort=order, title=None)
            .scale(domain=order, range=[theme.BLUE, theme.VERMILION, theme.GREEN])
            .legend(columns=columns(width, 3, 1)),
        )
        size = alt.Size("ratings:Q", legend=None).scale(range=[20, 250])
        line = (
            alt.Chart(ideal)
            .mark_line(color=theme.GREY)
            .encode(
                x="predicted:Q",
                y="true:Q",
                strokeDash=reference(["as predicted"], 1),
            )
        )
        return (line + base.mark_line() + base.mark_point().encode(size=size)).properties(
            width=width, height=300
        )

    return Figure(
        f"Zero imputation is off by {zero:.2f} where the default is off by {own:.3f}",
        "Share of likes against predicted chance, ten bins, the size of a point by its ratings; on the dashed diagonal "
        "predictions come true. "
        + " ".join(
            f"{name}: "
            + ", ".join(f"{row.predicted:.2f} → {row.true:.2f}" for row in part.itertuples())
            + "."
            for name, part in data.groupby("arm", sort=False)
        ),
        chart,
        data,
    )


def _weights(found: Findings) -> Figure:
    counts = (1, 3, 10)
    data = pd.DataFrame(
        {"factor": factor, "ratings seen": str(count), "above": loss - min(found.neighbours(count).values())}
        for count in counts
        for factor, loss in found.neighbours(count).items()
    )
    best = {count: min(found.neighbours(count), key=found.neighbours(count).__getitem__) for count in counts}

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=log_x("factor", "k used / k fitted on warm users", data["factor"]).axis(values=list(KS)),
            y=alt.Y("above:Q", title="log-loss above the best k, nats"),
            color=alt.Color("ratings seen:N", sort=[str(count) for count in counts]),
        )
        return (base.mark_line() + base.mark_point(size=50)).properties(width=width, height=230)

    worst = float(data[data["factor"] == 1]["above"].max())
    return Figure(
        f"The fitted k is within {worst:.4f} nats of the best tried",
        f"Log-loss above the best of {len(KS)} values of k, against k as a multiple of the fitted one, for 1, 3 and 10 "
        "ratings seen. The best multiples are "
        + ", ".join(f"{factor:g} at {count}" for count, factor in best.items())
        + ".",
        chart,
        data,
    )


def _cache(found: Findings) -> Figure:
    phases = ["empty", "filled", "killed", AFTER["killed"], "frozen", AFTER["frozen"]]
    data = found.phases.copy()
    names = list(dict.fromkeys(data["client"]))
    bound = pd.DataFrame(
        {"p99_ms": [found.params.bound_ms], "reference": f"bound, {found.params.bound_ms:g} ms"}
    )
    slowest = data[(data["client"] == names[0])]["p99_ms"].max()
    plain = data[(data["client"] == names[-1]) & data["phase"].isin(OUTAGES)]["p99_ms"]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=log_x(
                "p99_ms", "99th percentile of the answer time, ms", [*data["p99_ms"], found.params.bound_ms]
            ),
            y=alt.Y("phase:N", sort=phases, title=None),
            color=alt.Color("client:N", sort=names, title=None).legend(columns=columns(width, 3, 1)),
            shape=alt.Shape("client:N", sort=names, title=None),
        )
        rule = (
            alt.Chart(bound)
            .mark_rule(color=theme.GREY)
            .encode(
                x="p99_ms:Q",
                strokeDash=reference(list(bound["reference"]), 1),
            )
        )
        return (base.mark_point(size=90, filled=True) + rule).properties(width=width, height=220)

    return Figure(
        f"At most {slowest:.0f} ms with time-out and breaker, {plain.max():,.0f} ms by the client's defaults",
        "99th percentile of the answer time by phase and client, logarithmic. "
        + "; ".join(f"{row.client}, {row.phase}: {row.p99_ms:,.1f} ms" for row in data.itertuples())
        + f". A dashed line marks the bound of {found.params.bound_ms:g} ms.",
        chart,
        data,
    )
