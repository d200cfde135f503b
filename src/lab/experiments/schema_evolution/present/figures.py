"""Pictures of schemas: versions, modes, changes, random histories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.result import Result
from lab.experiments.schema_evolution.kit.evolution import MODES
from lab.experiments.schema_evolution.present.figures_readers import decoders, drill, files

_COLOURS = {"compatible": theme.GREEN, "lossy": theme.ORANGE, "breaking": theme.VERMILION}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    return {
        "versions": _versions(treatment),
        "modes": _modes(treatment),
        "changes": _changes(treatment),
        "histories": _histories(treatment),
        "decoders": decoders(treatment, controls),
        "files": files(treatment),
        "drill": drill(treatment),
    }


def _colour(width: int) -> alt.Color:
    return (
        alt.Color("verdict:N", title=None, sort=list(_COLOURS))
        .scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
        .legend(columns=columns(width, 3, 3), symbolType="square")
    )


def _versions(treatment: Result) -> Figure:
    data = treatment.tables["versions"][["reader", "writer", "verdict", "truth"]]
    last = int(data["reader"].max())
    breaking = data[data["verdict"] == "breaking"]
    newer = data[(data["reader"] > data["writer"]) & (data["verdict"] == "breaking")]

    def chart(width: int) -> Any:
        size = min(width - 20, 380)
        return (
            alt.Chart(data)
            .mark_rect(stroke="white", strokeWidth=2)
            .encode(
                x=alt.X("writer:O", title="version that wrote").axis(labelAngle=0, ticks=False, domain=False),
                y=alt.Y("reader:O", title="version that reads").axis(labelAngle=0, ticks=False, domain=False),
                color=_colour(width),
            )
            .properties(width=size, height=min(size, 300))
        )

    return (
        Figure(
            f"Of {len(data)} pairs of versions {len(breaking)} break, all where an older version reads",
            f"Versions 1 to {last} of the order, each as reader of each. {len(breaking)} pairs break, {len(newer)} of "
            "them with the "
            f"newer version as the reader. Reading version by version, what can't be read: "
            + "; ".join(
                f"{reader}: {', '.join(map(str, part['writer']))}"
                for reader, part in breaking.groupby("reader")
            )
            + ".",
            chart,
            data,
        )
        if newer.empty
        else Figure(
            f"Of {len(data)} pairs of versions {len(breaking)} break",
            f"Versions 1 to {last} of the order, each as reader of each; {len(newer)} break with the newer version as "
            "the reader.",
            chart,
            data,
        )
    )


def _modes(treatment: Result) -> Figure:
    table = treatment.tables["by_mode"]
    names = {
        "break": "break, by decoding",
        "ours": "refused by our check",
        "registry": "refused by the registry",
    }
    data = table.melt(["mode"], list(names), "what", "count").replace({"what": names})
    row = table[table["mode"] == "FULL_TRANSITIVE"].iloc[0]

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_bar()
            .encode(
                y=alt.Y("mode:N", title=None, sort=list(MODES)).axis(labelLimit=200),
                yOffset=alt.YOffset("what:N", sort=list(names.values())),
                x=alt.X("count:Q", title=f"of {int(row['changes'])} changes to the latest version"),
                color=alt.Color("what:N", title=None, sort=list(names.values())).legend(
                    columns=columns(width, 3, 1)
                ),
            )
            .properties(width=width - 100, height=300)
        )

    return Figure(
        f"FULL_TRANSITIVE stops {row['ours']} of {row['break']} breaking changes, the registry {row['registry']}",
        "Changes of the latest version that break under each mode by decoding, and those of them that are refused. "
        + "; ".join(
            f"{item['mode']}: {item['break']} break, we refuse {item['ours']}, the registry {item['registry']}"
            for _, item in table.iterrows()
        )
        + ".",
        chart,
        data,
    )


def _changes(treatment: Result) -> Figure:
    table = treatment.tables["changes"]
    data = table[table["mode"] != "NONE"][["change", "mode", "verdict", "truth", "registry", "kinds"]].copy()
    dotted = (data["verdict"] != "compatible") & data["registry"].astype(bool)
    data["passed"] = dotted.map({True: "registry lets it pass", False: ""})
    through = data[dotted]
    order = list(dict.fromkeys(data["change"]))

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("mode:N", title=None, sort=list(MODES)).axis(
                labelAngle=-90, labelLimit=200, orient="top"
            ),
            y=alt.Y("change:N", title=None, sort=order).axis(
                labelLimit=200, labelFontSize=12 if width > theme.NARROW else 10
            ),
        )
        cells = base.mark_rect(stroke="white").encode(color=_colour(width))
        marks = (
            base.transform_filter("datum.passed != ''")
            .mark_point(filled=True, size=28, color="black", opacity=1)
            .encode(shape=alt.Shape("passed:N", title=None).scale(range=["circle"]))
        )
        return (cells + marks).properties(width=max(120, width - 250), height=19 * len(order))

    return Figure(
        f"In {len(through)} cells the registry lets pass what our check calls lossy or breaking",
        f"{len(order)} changes by six modes: our verdict as colour, a dot where the registry lets it pass although we do not; "
        f"in {int((through['truth'] != 'right').sum())} of these {len(through)} decoding shows a loss or a break. "
        + "; ".join(
            f"{change}: {', '.join(part['mode'])}" for change, part in through.groupby("change", sort=False)
        )
        + ".",
        chart,
        data,
    )


def _histories(treatment: Result) -> Figure:
    table = treatment.tables["walks"]
    data = table.assign(
        percent=100 * table["broken"] / table["pairs"], low=100 * table["low"], high=100 * table["high"]
    )
    last = data.iloc[-1]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("distance:Q", title="versions between writer and reader").axis(tickMinStep=1, format="d")
        )
        line = base.mark_line(point=True).encode(y=alt.Y("percent:Q", title="pairs that break, %"))
        band = base.mark_rule(strokeWidth=2, opacity=0.5).encode(
            y=alt.Y("low:Q", title="pairs that break, %"), y2="high:Q"
        )
        return (band + line).properties(width=width, height=220)

    return Figure(
        f"Each step keeps BACKWARD, yet {last['percent']:.0f} % break {last['distance']:.0f} versions apart",
        "Share of pairs of versions of which the newer can't read the older by our check, in random histories where each version "
        "reads the one before by the same check (so neighbours never break), with 95 % intervals over whole histories: "
        + ", ".join(f"{row.distance:.0f} apart {row.percent:.1f} %" for row in data.itertuples())
        + ".",
        chart,
        data,
    )
