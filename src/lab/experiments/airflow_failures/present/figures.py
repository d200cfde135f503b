"""Three pictures of one run: what happened when, when it was noticed, how calls multiply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.airflow_failures.judge.observations import LOST
from lab.experiments.airflow_failures.kit.harness.faults import FAULTS
from lab.experiments.airflow_failures.present.findings import Findings, findings

ORDER = [fault.name for fault in FAULTS]
ARMS = ["with guards", "without guards"]
TASKS = {"extract": theme.SKY, "load": theme.BLUE, "validate": theme.ORANGE, "publish": theme.GREEN}
MARKS = {"fault": theme.VERMILION, "first alert": theme.PURPLE}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "timeline": _timeline(found),
        "detection": _detection(found),
        "amplification": _amplification(found),
    }


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """One run for each fault and arm: the first round's, the storm's with most layers."""
    own = table[(table["round"] == 1) & table["fault"].isin(ORDER)].copy()
    last = own.groupby(["fault", "guarded"])["run"].transform("last")
    own = own[own["run"] == last]
    return own.assign(arm=own["guarded"].map({True: ARMS[0], False: ARMS[1]}))


def _timeline(found: Findings) -> Figure:
    tries = _shown(found.treatment.tables["tries"])
    end = float(tries[["start_s", "end_s"]].max().max())
    tries["end_s"] = tries["end_s"].fillna(end)
    told = _shown(found.treatment.tables["alerts"])
    told = told[told["kind"] != "healed"].sort_values("at_s", kind="stable")
    told["mark"] = told["kind"].where(told["kind"] == "fault", "first alert")
    told = told.drop_duplicates(["run", "mark"])
    tries["what"], told["what"] = tries["task"], told["mark"]
    data = pd.concat([tries, told]).drop(columns=["round", "guarded"])
    colours = TASKS | MARKS

    def chart(width: int) -> Any:
        y = alt.Y("fault:N", title=None, sort=ORDER)
        scale = alt.Scale(domain=[0, end], nice=False)
        colour = (
            alt.Color("what:N", title=None)
            .scale(domain=list(colours), range=list(colours.values()))
            .legend(columns=presets.columns(width, 6, 3))
        )
        bars = (
            alt.Chart()
            .transform_filter("isValid(datum.end_s)")
            .mark_bar(height=9)
            .encode(
                alt.X("start_s:Q", title="seconds since the run was begun", scale=scale),
                alt.X2("end_s:Q"),
                y,
                colour,
                opacity=alt.condition("datum.state == 'success'", alt.value(1.0), alt.value(0.45)),
            )
        )
        marks = (
            alt.Chart()
            .transform_filter("isValid(datum.at_s)")
            .mark_tick(thickness=3, height=16, opacity=1)
            .encode(alt.X("at_s:Q", scale=scale), y, colour)
        )
        both = alt.layer(bars, marks, data=data).properties(width=width, height=160)
        return both.facet(row=presets.panels("arm", ARMS))

    guarded, without = found.faulted(True), found.faulted(False)
    good = int(guarded["outcome"].isin(["recovered", "failed safe"]).sum())
    bad = int((~without["outcome"].isin(["recovered", "failed safe"])).sum())
    return Figure(
        f"With guards {good} of {len(guarded)} runs end well; without, {bad} of {len(without)} do not",
        "Tries of each task over time, a row for each fault, with guards above and without below; tries that failed "
        "are pale, strokes mark the fault and its first alert. "
        + "; ".join(
            f"{arm}: "
            + ", ".join(
                f"{row.fault} {row.outcome}" for row in part.drop_duplicates(["fault", "layers"]).itertuples()
            )
            for arm, part in zip(ARMS, (guarded, without), strict=True)
        )
        + ".",
        chart,
        data,
    )


def _detection(found: Findings) -> Figure:
    guarded = found.faulted(True).dropna(subset=["detected_s"])
    data = guarded[["fault", "mode", "round", "detected_s", "told_by"]].assign(
        detected_s=guarded["detected_s"].clip(lower=0.01).round(2)
    )
    limits = pd.DataFrame(
        [
            {"fault": LOST, "low": each.low, "high": each.high, "reference": name}
            for name, each in (("bound by this run's heartbeats", found.here),)
        ]
    )
    longest = max(float(data["detected_s"].max()), found.here.high)

    def chart(width: int) -> Any:
        y = alt.Y("fault:N", title=None, sort=ORDER)
        scale = alt.Scale(domain=[0, longest * 1.05], nice=False)
        band = (
            alt.Chart(limits)
            .mark_bar(height=18, opacity=0.45)
            .encode(
                alt.X("low:Q", title="seconds from fault to alert", scale=scale),
                alt.X2("high:Q"),
                y,
                alt.Fill("reference:N", title=None).scale(range=[theme.GREY]),
            )
        )
        points = (
            alt.Chart(data)
            .mark_point(size=80, opacity=0.85)
            .encode(
                alt.X("detected_s:Q", scale=scale),
                y,
                alt.Color("told_by:N", title="first told by")
                .scale(domain=["callback", "watcher"], range=[theme.BLUE, theme.VERMILION])
                .legend(columns=2),
            )
        )
        return (band + points).properties(width=width, height=200)

    return Figure(
        f"Faults are detected after {found.value('mean_time_to_detection'):.1f} s on average, a lost task after "
        f"{found.lost_s:.1f} s",
        f"Time from each fault to its first alert, guarded runs, by a clock outside. The grey band is the bound by heartbeats "
        f"for a task that died with its supervisor, {found.here.low:g} to {found.here.high:g} s. Means: "
        + ", ".join(
            f"{fault} {part['detected_s'].mean():.1f} s" for fault, part in data.groupby("fault", sort=False)
        )
        + ".",
        chart,
        data,
    )


def _amplification(found: Findings) -> Figure:
    storms, law = found.treatment.tables["storms"], "(1 + r)^layers"
    points = storms.assign(arm=storms["guarded"].map({True: ARMS[0], False: ARMS[1]}))
    line = found.layered.assign(amplification=found.layered["predicted"], reference=law, arm=None)
    data = pd.concat([points, line])[["arm", "layers", "amplification", "requests", "calls", "reference"]]

    def chart(width: int) -> Any:
        x = alt.X("layers:Q", title="layers that retry").axis(values=[1, 2, 3, 4], format="d")
        y = presets.log_y("amplification", "calls for each request", data["amplification"], format="~g")
        drawn = alt.Chart(data[data["reference"].notna()]).mark_line(color=theme.GREY)
        drawn = drawn.encode(x, y, strokeDash=presets.reference([law], 1))
        seen = (
            alt.Chart(data[data["reference"].isna()])
            .mark_point(size=90)
            .encode(
                x,
                y,
                alt.Color("arm:N", title=None).scale(domain=ARMS, range=[theme.BLUE, theme.VERMILION]),
            )
        )
        return (drawn + seen).properties(width=width, height=200)

    top, storm = found.layered.iloc[-1], found.storm
    return Figure(
        f"{int(top['layers'])} layers of retries make {top['amplification']:.0f} calls for each request, one guarded layer "
        f"{storm['amplification']:.2f}",
        "Calls that reach an unavailable source for each request, against the number of layers that retry: "
        + ", ".join(f"{row.layers}: {row.amplification:.0f}" for row in found.layered.itertuples())
        + f". With guards, which retry in one layer, a storm of {storm['requests']} that share a circuit breaker: "
        f"{storm['amplification']:.2f}, {storm['calls']} calls; one alone makes as many as open the breaker.",
        chart,
        data,
    )
