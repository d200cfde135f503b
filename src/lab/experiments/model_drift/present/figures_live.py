"""Pictures of the served models: the dashboard as it was, and what drift and retraining did to their scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.experiments.model_drift.params import KINDS
from lab.experiments.model_drift.present.findings import Findings

_MODELS = dict(zip(KINDS, (theme.GREY, theme.BLUE, theme.GREEN, theme.VERMILION), strict=True))
LOWEST, ALERTS = "lowest KS p-value", "an alert is firing"
_PANELS = {  # of the dashboard, those that the page shows
    "Lowest KS p-value of any feature": LOWEST,
    "Largest effect of any feature (Cramér's V)": "largest effect, Cramér's V",
    "Accuracy in the newest window of labels": "accuracy",
    "Rows predicted per second": "rows predicted/s, by version",
    "Alerts firing": ALERTS,
}


def by(field: str, colours: Mapping[str, str], width: int, wide: int = 3) -> alt.Color:
    """A colour for each value of `field`, with a legend that fits."""
    scale = alt.Color(f"{field}:N", title=None).scale(domain=list(colours), range=list(colours.values()))
    return scale.legend(columns=presets.columns(width, wide, 1))


def dashboard(found: Findings) -> Figure:
    series = found.table("series")
    data = series[series["panel"].isin(_PANELS)].copy()
    data["panel"] = data["panel"].map(_PANELS)
    data = data.groupby(["panel", "model", "seconds"])["value"].max().reset_index()
    data["seconds"] = data["seconds"].round(1)
    data["shown"] = data["value"].where(data["panel"] != LOWEST, data["value"].clip(lower=1e-6))
    end = float(data["seconds"].max())
    begins, replaced = found.params.quiet_s, int(found.table("live")["replaced_s"].notna().sum())

    def chart(width: int) -> Any:
        x = alt.X("seconds:Q", title="seconds since the first request").scale(domain=[0, end], nice=False)
        colour = by("model", _MODELS, width, 4)

        def panel(name: str) -> Any:
            own = alt.Chart(
                data[data["panel"] == name], title=alt.TitleParams(name, anchor="start", fontSize=12)
            )
            if name == ALERTS:  # a stroke for each second in which a model has one
                marks = own.mark_tick(thickness=width / end).encode(x, alt.Y("model:N", title=None), colour)
            else:
                log = name == LOWEST
                scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
                axis = alt.Axis(values=[1e-6, 1e-4, 1e-2, 1], format="~g") if log else alt.Axis(tickCount=3)
                y = alt.Y("shown:Q", title=None, scale=scale, axis=axis)
                marks = own.mark_line(interpolate="step-after").encode(x, y, colour)
            rule = alt.Chart(pd.DataFrame({"seconds": [begins]})).mark_rule(
                color=theme.GREY, strokeDash=[4, 3]
            )
            return (marks + rule.encode(x)).properties(width=width, height=70)

        names = [name for name in _PANELS.values() if (data["panel"] == name).any()]
        return alt.vconcat(*(panel(name) for name in names), spacing=6)

    return Figure(
        f"The slowest alert that was due came {found.slowest:.1f} s after the drift",
        f"Five panels of the dashboard as Prometheus answers them, a line for each model; drift begins at the dashed line, "
        f"{begins:g} s after the first request. p-values below a millionth are drawn there. {replaced} of the four models "
        "were replaced by a retrained one.",
        chart,
        data.drop(columns=["shown"]),
    )


def performance(found: Findings) -> Figure:
    phases = ["before", "during", "after", "best"]
    names = ["before drift", "under drift", "retrained", "best to be had"]
    data = found.table("performance").melt(["model"], phases, var_name="phase", value_name="loss").dropna()
    data["phase"] = data["phase"].map(dict(zip(phases, names, strict=True)))
    concept = found.losses("concept")

    def chart(width: int) -> Any:
        marks = (
            alt.Chart(data)
            .mark_point(size=90, opacity=0.9)
            .encode(
                alt.X("loss:Q", title="log-loss, nats (less is better)").scale(zero=False),
                alt.Y("model:N", title=None, sort=list(KINDS[1:])),
                alt.Color("phase:N", title=None)
                .scale(domain=names, range=[theme.SKY, theme.VERMILION, theme.GREEN, theme.GREY])
                .legend(columns=presets.columns(width, 4, 2)),
                alt.Shape("phase:N", title=None).scale(
                    domain=names, range=["circle", "cross", "diamond", "triangle-up"]
                ),
            )
        )
        return marks.properties(width=width, height=110)

    return Figure(
        f"Concept drift takes log-loss from {concept.before:.2f} to {concept.during:.2f}, retraining to {concept.after:.2f}",
        "Log-loss of each served model before drift, under it and after it was replaced, beside the best that a model made "
        "from plenty of drifted rows has. "
        + "; ".join(
            f"{row.model} {row.before:.2f}, {row.during:.2f}, {row.after:.2f}, {row.best:.2f}"
            for row in found.table("performance").itertuples()
        )
        + ".",
        chart,
        data,
    )
