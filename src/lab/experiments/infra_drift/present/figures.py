"""Four pictures of one run: detection times against the prediction, outcome by kind, what commands see, run time by size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.infra_drift.measure.beside import DETECTOR, PLAIN, REFRESH_ONLY
from lab.experiments.infra_drift.present.findings import ALL, COMMANDS, Findings, findings
from lab.experiments.infra_drift.workload import KINDS, NAMED

LAW = "predicted: waits of 0 to T, then R − r"
OUTCOMES = {"restored": theme.GREEN, "ticket": theme.ORANGE, "neither": theme.VERMILION}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "detection": _detection(found),
        "outcomes": _outcomes(found),
        "commands": _commands(found),
        "run_time": _run_time(found),
    }


def _detection(found: Findings) -> Figure:
    times = np.sort(found.detections["detected_s"].dropna())
    every, lag = found.params.every_s, found.lag
    points = pd.DataFrame({"seconds": times, "percent": 100 * np.arange(1, len(times) + 1) / len(times)})
    law = pd.DataFrame({"seconds": [lag, lag + every], "percent": [0.0, 100.0], "reference": LAW})
    data = pd.concat([points, law], ignore_index=True)

    def chart(width: int) -> Any:
        x = alt.X("seconds:Q", title="from the change to the receiver, s").axis(tickCount=6)
        y = alt.Y("percent:Q", title="changes detected by then, %").scale(domain=[0, 100])
        line = alt.Chart(law).mark_line(color=theme.GREY)
        line = line.encode(x, y, strokeDash=presets.reference([LAW], 1))
        marks = alt.Chart(points).mark_point(color=theme.BLUE, size=60).encode(x, y)
        return (line + marks).properties(width=width, height=240)

    return Figure(
        f"Looking every {every:g} s detects a change after {found.value('detection_mean_s'):.1f} s on average",
        f"Share of {len(times)} changes that were detected by a time. They follow the predicted line from "
        f"{lag:.1f} to {lag + every:.1f} s; the mean is {found.value('detection_mean_s'):.2f} s where "
        f"{found.value('predicted_mean_s'):.2f} s is predicted, the longest {found.value('detection_max_s'):.2f} s.",
        chart,
        data,
    )


def _outcomes(found: Findings) -> Figure:
    table = found.detections
    ends = table["outcome"].replace("", "neither")
    data = table.assign(outcome=ends, seconds=table["answered_s"])[
        ["what", "outcome", "detected_s", "seconds"]
    ]
    restored, tickets = found.count("restored"), found.count("tickets")
    order = [kind.what for kind in KINDS]

    def chart(width: int) -> Any:
        narrow = width <= theme.NARROW
        colour = alt.Color("outcome:N", title=None).scale(
            domain=list(OUTCOMES), range=list(OUTCOMES.values())
        )
        marks = alt.Chart(data).mark_point(size=80)
        marks = marks.encode(
            alt.X("seconds:Q", title="from the change to the answer, s").scale(zero=True).axis(tickCount=6),
            alt.Y("what:N", title=None, sort=order).axis(labelLimit=190),
            colour,
            alt.Shape("outcome:N", title=None).scale(
                domain=list(OUTCOMES), range=["circle", "square", "cross"]
            ),
        )
        return marks.properties(width=width - (110 if narrow else 120), height=24 * len(order))

    return Figure(
        f"{restored} changes are restored, {tickets} get a ticket; {len(table) - restored - tickets} get neither",
        "Time from each change to its answer, by kind: restored ones after "
        f"{found.value('restored_s'):.1f} s (median), tickets for what would destroy something, what the configuration does "
        "not set and what is in no state.",
        chart,
        data,
    )


def _commands(found: Findings) -> Figure:
    table = found.treatment.tables["commands"]
    words = {True: "told", False: "not told"}
    data = table.assign(
        what=[NAMED[kind].what for kind in table["kind"]], told=[words[bool(item)] for item in table["seen"]]
    )[["what", "command", "told"]]

    def chart(width: int) -> Any:
        narrow = width <= theme.NARROW
        cells = alt.Chart(data).mark_point(size=110)
        return cells.encode(
            alt.X("command:N", title=None, sort=list(COMMANDS)).axis(
                labelAngle=-90 if narrow else -35, labelLimit=260
            ),
            alt.Y("what:N", title=None, sort=[kind.what for kind in KINDS]).axis(labelLimit=190),
            alt.Color("told:N", title=None).scale(
                domain=list(words.values()), range=[theme.GREEN, theme.VERMILION]
            ),
            alt.Shape("told:N", title=None).scale(domain=list(words.values()), range=["circle", "cross"]),
        ).properties(width=width - (110 if narrow else 120), height=24 * len(KINDS))

    return Figure(
        f"tofu {PLAIN} counts {found.seen(PLAIN)} of {ALL} kinds of changes, the detector tells of {found.seen(DETECTOR)}",
        f"Which command tells of which kind of change. tofu {PLAIN} does not count: {', '.join(found.missed(PLAIN))}. "
        f"tofu {REFRESH_ONLY} does not: {', '.join(found.missed(REFRESH_ONLY))}.",
        chart,
        data,
    )


def _run_time(found: Findings) -> Figure:
    sizes = found.treatment.tables["sizes"]
    largest = int(sizes["objects"].max())
    line = pd.DataFrame({"objects": [0.0, float(largest)], "reference": "line through the smaller sizes"})
    line["seconds"] = [found.checked.at(count) for count in line["objects"]]
    data = pd.concat([sizes, line], ignore_index=True)
    measured = float(sizes[sizes["objects"] == largest]["seconds"].median())

    def chart(width: int) -> Any:
        x, y = (
            alt.X("objects:Q", title="roles in the state"),
            alt.Y("seconds:Q", title="run time of a look, s"),
        )
        law = alt.Chart(line).mark_line(color=theme.GREY)
        law = law.encode(x, y, strokeDash=presets.reference(["line through the smaller sizes"], 1))
        return (law + alt.Chart(sizes).mark_point(size=60).encode(x, y)).properties(width=width, height=200)

    return Figure(
        f"A look at {largest} roles takes {measured:.1f} s, {found.checked.at(largest):.1f} s by the line",
        "Run times of looks at roles alone, without an inventory; the line goes through the smaller sizes: "
        f"{found.checked.fixed:.2f} s and {1000 * found.checked.each:.1f} ms for each role.",
        chart,
        data,
    )
