"""Three pictures: which change breaks whom and is found, who looks how well, a field's way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.result import Result
from lab.experiments.data_mesh.present.findings import (
    BLOCKED,
    FOUND,
    MISSED,
    OUTCOMES,
    PASSES,
    Findings,
    findings,
)
from lab.experiments.data_mesh.workload.arms import ARMS, OWN, WHOLE
from lab.experiments.data_mesh.workload.changes import GROUPS
from lab.experiments.data_mesh.workload.domains import BASE, CONSUMERS
from lab.experiments.data_mesh.workload.lifecycle import FIELD, STAYS, STEPS

_COLOURS = {FOUND: theme.BLUE, MISSED: theme.VERMILION, PASSES: theme.SKY, BLOCKED: theme.ORANGE}
_KINDS = [kind for kinds in GROUPS.values() for kind in kinds]
_LAST = max(step.week for step in STEPS) + 1


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {"matrix": _matrix(found), "arms": _arms(found), "history": _history(found)}


def _matrix(found: Findings) -> Figure:
    rows = found.of()
    data = rows[["consumer", "column", "kind", "outcome", "said"]].copy()
    data["column"] = data["column"].replace("", "(dataset)")
    order = [
        name for name in (*(one.name for one in BASE.columns), "(dataset)") if name in set(data["column"])
    ]
    kinds = [kind for kind in _KINDS if kind in set(data["kind"])]

    def chart(width: int) -> Any:
        def panel(consumer: str, first: bool) -> Any:
            axis = alt.Axis(orient="top", labelAngle=-90) if first else None
            cell = alt.Chart(data[data["consumer"] == consumer]).mark_rect(stroke="white", strokeWidth=1)
            marks = cell.encode(
                x=alt.X("kind:N", sort=kinds, title=None, axis=axis).scale(domain=kinds),
                y=alt.Y("column:N", sort=order, title=None).scale(domain=order),
                color=_outcomes(width),
            )
            words = f"{consumer}, by change of the publisher" if first else consumer
            title = alt.TitleParams(words, anchor="start", frame="group")
            return marks.properties(width=width, height=16 * len(order), title=title)

        return alt.vconcat(*(panel(name, place == 0) for place, name in enumerate(CONSUMERS)), spacing=8)

    seen, blocked = found.found(), found.blocked()
    return Figure(
        f"Expectations find {seen} breaks and block {blocked.count} of {blocked.of} harmless cases",
        "For each consumer a cell for each published column and each change that applies to it: whether the consumer's own "
        "result breaks, and whether its expectation says so. "
        + " ".join(f"{name}: {_told(rows[rows['consumer'] == name])}." for name in CONSUMERS)
        + f" Missed: {'; '.join(found.missed) or 'none'}.",
        chart,
        data,
    )


def _told(rows: pd.DataFrame) -> str:
    counts = rows["outcome"].value_counts()
    return ", ".join(f"{int(counts[outcome])} {outcome}" for outcome in OUTCOMES if outcome in counts)


def _arms(found: Findings) -> Figure:
    data = found.census.groupby(["arm", "outcome"]).size().reset_index(name="changes")
    data["place"] = data["outcome"].map(OUTCOMES.index)
    order = [arm.name for arm in ARMS]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("changes:Q", title="changes, each for each consumer"),
                y=alt.Y("arm:N", sort=order, title=None).axis(labelLimit=170),
                color=_outcomes(width),
                order="place:Q",
            )
        )
        return bars.properties(width=width, height=alt.Step(26))

    own, whole = found.found(OWN), found.blocked(WHOLE)
    return Figure(
        f"The publisher's own tests find {own} breaks; whole schemas block {whole.count} harmless cases",
        "Outcomes of all changes, each for each consumer, by who looks at them before the merge. "
        + " ".join(f"{name}: {_told(found.census[found.census['arm'] == name])}." for name in order),
        chart,
        data.drop(columns="place"),
    )


def _history(found: Findings) -> Figure:
    asked = found.history[found.history["environment"] != "staging"].copy()
    asked["what"] = [_place(row) for row in asked.itertuples()]
    asked["answer"] = asked["allowed"].map({True: "yes", False: "no"})
    asked["why not"] = ["; ".join(reasons) for reasons in asked["reasons"]]
    # Answers of one week stand side by side.
    asked["at"] = asked["week"] + 0.3 * asked.groupby(["week", "what"]).cumcount()
    running = _running(found.history).assign(state="in production")
    order = list(dict.fromkeys([*running["what"], *asked["what"]]))
    order.sort(key=lambda what: ("orders", "finance", "marketing", FIELD).index(what.split()[0]))

    def chart(width: int) -> Any:
        y = alt.Y("what:N", sort=order, title=None).scale(domain=order)
        span = alt.Chart(running).mark_bar(height=7, opacity=0.6)
        state = alt.Fill("state:N", title=None).scale(domain=["in production"], range=[theme.GREY])
        x = alt.X("week:Q", title="week").scale(domain=[0, _LAST])
        bars = span.encode(x=x, x2="until:Q", y=y, fill=state)
        answer = alt.Color("answer:N", sort=["yes", "no"], title="may it?").scale(
            domain=["yes", "no"], range=[theme.BLUE, theme.VERMILION]
        )
        shape = alt.Shape("answer:N", sort=["yes", "no"], title="may it?").scale(
            domain=["yes", "no"], range=["circle", "cross"]
        )
        marks = alt.Chart(asked.drop(columns=["reasons", "due"])).mark_point(size=110, filled=True, opacity=1)
        points = marks.encode(x="at:Q", y=y, color=answer, shape=shape)
        return (bars + points).properties(width=width, height=alt.Step(26))

    removal = asked[asked["action"] == "remove?"]
    week = removal[removal["allowed"]]["week"].min()
    told = " ".join(f"Week {row.week}, {row.what}: {row.answer}." for row in asked.itertuples())
    return Figure(
        f"The field, announced to stay until week {STAYS}, may go in week {week:.0f}, not before",
        "What is deployed to production over the weeks, as grey bars, and the answers to those who ask to deploy, or to remove "
        "the field. " + told,
        chart,
        asked[["week", "what", "action", "answer", "why not"]],
    )


def _place(row: Any) -> str:
    return f"{FIELD} removed" if row.action == "remove?" else f"{row.participant} {row.version}"


def _running(asked: pd.DataFrame) -> pd.DataFrame:
    """From when until when each version was in production."""
    answers = iter(asked[asked["action"] != "remove?"]["allowed"])
    since: dict[tuple[str, str], int] = {}
    spans: list[tuple[str, int, int]] = []

    def ended(week: int, *gone: tuple[str, str]) -> None:
        spans.extend((" ".join(one), since.pop(one), week) for one in gone)

    for step in STEPS:
        what = (step.participant, step.version)
        allowed = next(answers) if step.action in ("ask", "deploy", "beside") else False
        if step.environment != "production":
            continue
        if step.action == "retire":
            ended(step.week, what)
        if step.action == "deploy" and allowed:
            ended(step.week, *[one for one in since if one[0] == what[0]])
        if step.action in ("deploy", "beside") and allowed:
            since[what] = step.week
    ended(_LAST, *list(since))
    return pd.DataFrame(spans, columns=["what", "week", "until"])


def _outcomes(width: int) -> Any:
    colours = [_COLOURS[outcome] for outcome in OUTCOMES]
    encoded = alt.Color("outcome:N", sort=list(OUTCOMES), title=None).scale(
        domain=list(OUTCOMES), range=colours
    )
    return encoded.legend(columns=columns(width, 4, 2))
