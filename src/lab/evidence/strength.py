"""Whether a record says how strong its statements are, and says them briefly: pure rules over a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lab.evidence.record import Record

ANSWER, DECISION, CONDITION, TITLE = 450, 300, 120, 15  # characters; of a title: words
CONDITIONS = range(2, 4)
Item = dict[str, Any]


def flaws(record: Record, figures: Sequence[str] | None = None) -> list[str]:
    """What in `record` is too long, has no grade's reason, or rests on nothing that the run has; a sentence each.

    figures: names of the run's figures, where they are known.
    """
    if not record["summary"]:
        return []
    summary, known = record["summary"], _names(record)
    return [
        *_answer(summary),
        *(flaw for item in summary["decisions"] for flaw in _decision(item, known)),
        *_figures(summary, figures),
        *(_model(record["model"], record) if record["model"] else ()),
    ]


def sentences(text: str) -> int:
    """How many sentences a text has; a point within a number ends none."""
    return len(re.findall(r"[.!?](?=\s|$)", text.rstrip("”\"')")))


def _names(record: Record) -> set[str]:
    return {item["name"] for item in (*record["metrics"], *record["criteria"])}


def _answer(summary: Item) -> Iterator[str]:
    yield from _brief("the answer", summary["answer"], 3, ANSWER)
    if len(summary["conditions"]) not in CONDITIONS:
        yield f"{len(summary['conditions'])} conditions, not two or three"
    for text in summary["conditions"]:
        if len(text) > CONDITION:
            yield f"a condition has {len(text)} characters, over {CONDITION}: {text}"
    if not summary["alternatives"]:
        yield "nothing of the field stands beside the result"


def _decision(item: Item, known: set[str]) -> Iterator[str]:
    name = f"the decision “{item['question']}”"
    yield from _brief(name, item["answer"], 2, DECISION)
    if strangers := sorted(set(item["rests_on"]) - known):
        yield f"{name} rests on {', '.join(strangers)}, which this run does not have"
    if item["grade"] is None:
        yield f"{name} has no grade"
    if not item["rests_on"] and item["grade"] != "arithmetic":
        yield f"{name} rests on no metric or criterion"
    yield from _basis(name, item)


def _basis(name: str, item: Item) -> Iterator[str]:
    wanted = {
        "simulated": "what stood in for the real thing",
        "extrapolated": "how far it is drawn out",
        "arithmetic": "its source",
    }
    if item["grade"] in wanted and not item["basis"]:
        yield f"{name} is {item['grade']} and does not say {wanted[item['grade']]}"


def _figures(summary: Item, figures: Sequence[str] | None) -> Iterator[str]:
    if not summary["figure"]:
        yield "no leading figure"
    named = {summary["figure"], *(item["figure"] for item in summary["decisions"])} - {""}
    if figures is not None and (strangers := sorted(named - set(figures))):
        yield f"no figure is called {', '.join(strangers)}"


def _model(model: Item, record: Record) -> Iterator[str]:
    if model["check"]["criterion"] not in {item["name"] for item in record["criteria"]}:
        yield "no criterion holds the model's prediction to a limit"
    if sentences(model["statement"]) != 1:
        yield f"the model is stated in {sentences(model['statement'])} sentences, not one"
    if not model["changes_at"] or len(model["changes_at"]) > 60:
        yield "the size at which the advice changes is not said in at most 60 characters"
    if None in (grade for row in model["projection"]["grades"] for grade in row):
        yield "a column of the projection has no grade"
    for item in model["advice"]:
        if item["grade"] is None:
            yield f"the advice “{item['text'][:40]}…” has no grade"
        yield from _basis(f"the advice “{item['text'][:40]}…”", item)


def _brief(name: str, text: str, most: int, longest: int) -> Iterator[str]:
    if sentences(text) > most:
        yield f"{name} has {sentences(text)} sentences, over {most}"
    if len(text) > longest:
        yield f"{name} has {len(text)} characters, over {longest}"
