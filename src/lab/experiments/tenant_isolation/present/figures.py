"""Four pictures: attacks by installation, the attack matrix, time by form of policy, planning by partitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y, reference
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.tenant_isolation.judge import medians, planned
from lab.experiments.tenant_isolation.measure.overhead import ALONE, EACH, FORMS, INDEXES, NAMED, ONCE
from lab.experiments.tenant_isolation.params import Params
from lab.experiments.tenant_isolation.workload.arms import CONTROLS, TREATMENT

ARMS = (TREATMENT.name, *(arm.name for arm in CONTROLS))
MODELS = {"sql": "SQL", "api": "API"}
SENDERS = {"sql": "any SQL", "api": "requests"}
STATES = ("none succeeds", "some succeed", "all succeed")
_COLOURS = [theme.BLUE, theme.ORANGE, theme.VERMILION]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    return {
        "installations": _installations(treatment),
        "matrix": _matrix(treatment),
        "forms": _forms(treatment),
        "planning": _planning(treatment),
    }


def _tried(treatment: Result) -> pd.DataFrame:
    """Attacks, metadata and actions apart."""
    table = treatment.tables["attempts"]
    return table[(table["gives"] == "") & ~table["open"]]


def _installations(treatment: Result) -> Figure:
    tried = _tried(treatment)
    grouped = tried.assign(attacker=tried["model"].map(SENDERS)).groupby(["arm", "attacker"], sort=False)[
        "held"
    ]
    data = (
        grouped.agg(["sum", "count"]).reset_index().rename(columns={"count": "tried", "arm": "installation"})
    )
    data["succeeded"] = data["tried"] - data.pop("sum")
    data["shown"] = [f"{row.succeeded} of {row.tried}" for row in records(data)]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            y=alt.Y("installation:N", sort=list(ARMS), title=None).axis(labelLimit=160),
            yOffset=alt.YOffset("attacker:N", sort=list(SENDERS.values())),
            x=alt.X("succeeded:Q", title="attacks that succeed").scale(
                domainMax=1.25 * data["succeeded"].max()
            ),
        )
        bars = base.mark_bar().encode(
            color=alt.Color("attacker:N", sort=list(SENDERS.values()), title="attacker sends")
            .scale(domain=list(SENDERS.values()), range=[theme.VERMILION, theme.ORANGE])
            .legend(columns=2)
        )
        marks = base.mark_text(align="left", dx=4, fontSize=10, color="currentColor").encode(text="shown:N")
        return (bars + marks).properties(width=width, height=34 * len(ARMS))

    own, off = (tried[tried["arm"] == name] for name in ARMS[:2])
    return Figure(
        f"Of {len(own)} attacks {int((~own['held']).sum())} succeed, and {int((~off['held']).sum())} without policies",
        "Attacks that succeed, by installation and by what the attacker sends, with how many were tried. "
        + " ".join(f"{row.installation}, {row.attacker}: {row.shown}." for row in records(data)),
        chart,
        data.drop(columns="shown"),
    )


def _matrix(treatment: Result) -> Figure:
    tried = _tried(treatment)
    kinds = tried["model"].map(MODELS) + ": " + tried["kind"]
    grouped = (
        tried.assign(attack=kinds, arm=tried["arm"])
        .groupby(["arm", "attack"], sort=False)["held"]
        .agg(["sum", "count"])
    )
    data = grouped.reset_index().rename(columns={"count": "tried", "arm": "installation"})
    data["succeeded"] = data["tried"] - data.pop("sum")
    data["attacks"] = [
        STATES[0] if not row.succeeded else STATES[2] if row.succeeded == row.tried else STATES[1]
        for row in data.itertuples()
    ]
    data["shown"] = [f"{row.succeeded}/{row.tried}" for row in data.itertuples()]
    order = list(dict.fromkeys(kinds))

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("installation:N", sort=list(ARMS), title=None).axis(
                orient="top", labelAngle=-90, labelLimit=200
            ),
            y=alt.Y("attack:N", sort=order, title=None).axis(labelLimit=190),
        )
        cells = base.mark_rect(stroke="white", strokeWidth=1).encode(
            color=alt.Color("attacks:N", sort=list(STATES), title="attacks of a kind")
            .scale(domain=list(STATES), range=_COLOURS)
            .legend(columns=columns(width, 3, 1))
        )
        marks = base.mark_text(color="white", fontSize=10).encode(text="shown:N")
        return (cells + marks).properties(
            width=width * 0.72 if width > theme.NARROW else 170, height=17 * len(order)
        )

    by_arm = tried.groupby("arm", sort=False)["held"].agg(["sum", "count"])
    told = "; ".join(
        f"{arm}: {row['count'] - row['sum']} of {row['count']}" for arm, row in by_arm.iterrows()
    )
    return Figure(
        f"{len(order)} kinds of attack: where none, some or all of them succeed",
        "A cell for each kind of attack and each installation, with the number of attacks that succeeded and were tried; "
        f"cells are empty where a kind means nothing. Attacks that succeeded: {told}.",
        chart,
        data,
    )


def _forms(treatment: Result) -> Figure:
    ms = medians(treatment.tables["forms"])
    data = ms.reset_index().rename(columns={"form": "condition"})
    data["index"] = data["index"].replace(
        {name: f"{name} index".replace("index index", "index") for name in INDEXES}
    )
    forms, indexes = (
        [form for form in FORMS if form in set(data["condition"])],
        list(dict.fromkeys(data["index"])),
    )

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=90)
            .encode(
                x=log_x("ms", "ms for the sum over one tenant's rows", data["ms"]),
                y=alt.Y("condition:N", sort=forms, title=None).axis(labelLimit=170),
                color=alt.Color("index:N", sort=indexes, title=None).scale(
                    domain=indexes, range=[theme.BLUE, theme.VERMILION]
                ),
                shape=alt.Shape("index:N", sort=indexes, title=None).scale(
                    domain=indexes, range=["circle", "square"]
                ),
            )
        )
        return points.properties(width=width, height=170)

    without = list(INDEXES)[1]
    ratio = float(ms[EACH, without]) / float(ms[ONCE, without])
    params = treatment.of(Params)
    return Figure(
        f"Without an index a function for each row costs {ratio:.0f} times a sub-select",
        f"Median time of a sum over one tenant's rows of {params.rows:,}, {params.shares} tenants, by the form of the "
        "condition, with and without an index, on a logarithmic axis. "
        + " ".join(
            f"{row['condition']}, {row['index']}: {row['ms']:.2f} ms." for row in data.to_dict("records")
        ),
        chart,
        data,
    )


def _planning(treatment: Result) -> Figure:
    planning = treatment.tables["planning"]
    ms = medians(planning)
    data = ms.reset_index()
    law, _, _ = planned(planning)
    counts = sorted(set(data["partitions"]))
    places = np.geomspace(counts[0], counts[-1], 30)  # no straight line on these axes
    drawn = pd.DataFrame(
        {
            "partitions": places,
            "ms": [law.at(count) for count in places],
            "reference": "model of the policy alone",
        }
    )

    def chart(width: int) -> Any:
        x = log_x("partitions", "partitions, one for each tenant", data["partitions"], ",d")
        y = log_y("ms", "ms to plan a query", data["ms"])
        line = (
            alt.Chart(drawn)
            .mark_line(color=theme.GREY)
            .encode(x=x, y=y, strokeDash=reference([*drawn["reference"][:1]], 1))
        )
        points = (
            alt.Chart(data)
            .mark_point(size=80)
            .encode(
                x=x,
                y=y,
                color=alt.Color("query:N", sort=[ALONE, NAMED], title=None)
                .scale(domain=[ALONE, NAMED], range=[theme.VERMILION, theme.BLUE])
                .legend(columns=columns(width, 2, 1)),
            )
        )
        return (line + points).properties(width=width, height=220)

    last = counts[-1]
    return Figure(
        f"With {last} partitions planning takes {ms[last, ALONE]:.1f} ms, with the tenant named {ms[last, NAMED]:.2g} ms",
        "Median planning time against the number of partitions, on logarithmic axes, with the policy alone and with the tenant "
        "named in the query too, and the model's dashed line. "
        + " ".join(f"{row.partitions} partitions, {row.query}: {row.ms:.2f} ms." for row in records(data)),
        chart,
        data,
    )
