"""Pictures of readers: decoders, Parquet readers, consumers in a roll-back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.schema_evolution.judge.counts import DECODERS, READERS

_OUTCOMES = {"right": theme.GREEN, "refused": theme.BLUE, "silently wrong": theme.VERMILION}
_STAGES = {
    "detected": "first bad order met",
    "rolled_back": "roll-back begun",
    "healthy": "last consumer healthy",
    "repaired": "bad orders repaired",
}


def decoders(treatment: Result, controls: Mapping[str, Result]) -> Figure:
    """What each decoder makes of random pairs that the rules can read without a loss, and of those that they refuse."""
    fuzzed = treatment.tables["fuzzed"]
    part = fuzzed[fuzzed["truth"] == "right"]
    data = pd.concat(
        [
            part[name]
            .value_counts()
            .rename("pairs")
            .rename_axis("outcome")
            .reset_index()
            .assign(decoder=name)
            for name in DECODERS
        ]
    ).replace({"outcome": {"silent": "silently wrong"}})
    worst = data[data["outcome"] == "silently wrong"].sort_values("pairs")
    silent = {name: int((fuzzed[name] == "silent").sum()) for name in DECODERS}
    total = sum(silent[name] > 0 for name in DECODERS)
    readers = sum(silent[name] for name in READERS)

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_bar()
            .encode(
                y=alt.Y("decoder:N", title=None, sort=list(DECODERS)).axis(labelLimit=200),
                x=alt.X("pairs:Q", title="random pairs that the rules can read without a loss"),
                color=alt.Color("outcome:N", title=None, sort=list(_OUTCOMES))
                .scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values()))
                .legend(columns=columns(width, 3, 1)),
                order=alt.Order("rank:Q"),
            )
            .transform_calculate(rank=f"indexof({list(_OUTCOMES)!r}, datum.outcome)")
            .properties(width=width - 110, height=150)
        )

    most = worst.iloc[-1] if len(worst) else None
    title = f"Silently misread: {silent['avro']} pairs by avro, {silent['fastavro']} by fastavro, {readers} by Reader"
    return Figure(
        title,
        f"Of {len(part)} random pairs that can be read without a loss, those that each decoder reads right, refuses, or reads "
        "wrong without an error: "
        + "; ".join(
            f"{name}: "
            + ", ".join(f"{row.outcome} {row.pairs}" for row in data[data["decoder"] == name].itertuples())
            for name in DECODERS
        )
        + f". Over all pairs {total} of the {len(DECODERS)} have wrong values"
        + (f", most of them {most['decoder']}." if most is not None else "."),
        chart,
        data,
    )


def files(treatment: Result) -> Figure:
    """Cells that are wrong by each way to read Parquet files of several versions."""
    table = treatment.tables["files"]
    data = table.assign(
        percent=100 * table["wrong"] / table["cells"],
        state=table["refused"].map(lambda text: "refused" if text else "read"),
    )
    worst = data.sort_values("percent").iloc[-1]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            y=alt.Y("way:N", title=None, sort=list(data["way"])).axis(labelLimit=200)
        )
        bars = base.mark_bar(color=theme.VERMILION).encode(
            x=alt.X("percent:Q", title="cells silently wrong, %")
        )
        words = base.mark_text(align="left", dx=4).encode(x="percent:Q", text="label:N")
        return (
            (bars + words)
            .transform_calculate(
                label="datum.state == 'refused' ? 'refused' : format(datum.percent, '.1f') + ' %'"
            )
            .properties(width=width - 150, height=150)
        )

    return Figure(
        f"Parquet files put together: {worst['way']} gets {worst['percent']:.0f} % of cells wrong",
        "Share of cells that are silently wrong when Parquet files of several versions are read together: "
        + "; ".join(
            f"{row.way!s} {'refused' if row.refused else f'{row.percent:.1f} %'}{f' ({row.columns})' if row.columns else ''}"
            for row in records(data)
        )
        + ".",
        chart,
        data.drop(columns="refused"),
    )


def drill(treatment: Result) -> Figure:
    """Seconds from the bad deploy to each stage, for each way to treat unreadable messages."""
    table = treatment.tables["drills"]
    data = table.melt(["policy", "drill"], list(_STAGES), "stage", "seconds").replace({"stage": _STAGES})
    order = list(_STAGES.values())
    medians = table.groupby("policy")["healthy"].median()

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_point(size=80, opacity=0.8)
            .encode(
                x=alt.X("seconds:Q", title="seconds after the bad deploy").scale(zero=True),
                y=alt.Y("policy:N", title=None),
                yOffset=alt.YOffset("drill:N"),
                # Both name their domain: an order by `sort` is each channel's own, and makes a legend of each.
                color=alt.Color("stage:N", title=None)
                .scale(domain=order)
                .legend(columns=columns(width, 4, 1)),
                shape=alt.Shape("stage:N", title=None)
                .scale(domain=order)
                .legend(columns=columns(width, 4, 1)),
            )
            .properties(width=width - 60, height=150)
        )

    return Figure(
        f"Healthy {medians['dead letter']:.1f} s after the bad deploy with dead letters, {medians['halt']:.1f} s halting",
        "Seconds from the bad deploy to each stage of its roll-back, a mark for each drill. "
        + "; ".join(
            f"{policy!s}: "
            + ", ".join(
                f"{_STAGES[stage]} {', '.join(f'{value:.1f}' for value in part[stage])}" for stage in _STAGES
            )
            for policy, part in table.groupby("policy", sort=False)
        )
        + ".",
        chart,
        data,
    )
