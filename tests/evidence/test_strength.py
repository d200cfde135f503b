"""Each rule on brevity, grades and grounds is seen to be broken by a record that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from lab.evidence import baseline
from lab.evidence.strength import flaws, sentences
from lab.report import catalogue

RECORD: dict[str, Any] = {
    "metrics": [{"name": "p99"}],
    "criteria": [{"name": "lag_bounded"}, {"name": "model_predicts"}],
    "summary": {
        "answer": "Key by what needs order. It took 3.5 ms.",
        "conditions": ["33 µs of work per message", "one broker"],
        "figure": "lag",
        "decisions": [
            {
                "question": "How many?",
                "answer": "9.",
                "grade": "measured",
                "rests_on": ["p99"],
                "basis": "",
                "figure": "",
            }
        ],
        "alternatives": [{"name": "sticky", "what": "batches", "source": "KIP-794"}],
    },
    "model": {
        "statement": "Partitions divide the load.",
        "check": {"criterion": "model_predicts"},
        "projection": {"grades": [["measured"], ["extrapolated"]]},
        "changes_at": "9,500 messages/s of one key",
        "advice": [{"text": "Salt it.", "grade": "measured", "basis": ""}],
    },
}


def broken(change: Callable[[dict[str, Any]], object]) -> list[str]:
    record = copy.deepcopy(RECORD)
    change(record)
    return flaws(record, ["lag"])


def test_a_good_record_has_no_flaw() -> None:
    assert broken(lambda record: None) == []


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_what_is_published_has_no_flaw(slug: str) -> None:
    found = baseline.kept(slug)
    assert found is not None
    assert flaws(found) == []


def _decision(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["summary"]["decisions"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda r: r["summary"].update(answer="One. Two. Three. Four."),
            "the answer has 4 sentences, over 3",
        ),
        (lambda r: r["summary"].update(answer="x" * 451), "the answer has 451 characters, over 450"),
        (lambda r: r["summary"].update(conditions=["one"]), "1 conditions, not two or three"),
        (lambda r: r["summary"].update(alternatives=[]), "nothing of the field stands beside the result"),
        (_decision(answer="A. B. C."), "the decision “How many?” has 3 sentences, over 2"),
        (_decision(rests_on=[]), "the decision “How many?” rests on no metric or criterion"),
        (_decision(rests_on=["p50"]), "the decision “How many?” rests on p50, which this run does not have"),
        (
            _decision(grade="extrapolated"),
            "the decision “How many?” is extrapolated and does not say how far it is drawn out",
        ),
        (_decision(grade=None), "the decision “How many?” has no grade"),
        (_decision(figure="heat"), "no figure is called heat"),
        (
            lambda r: r["model"]["check"].update(criterion="x"),
            "no criterion holds the model's prediction to a limit",
        ),
        (lambda r: r["model"].update(statement="A. B."), "the model is stated in 2 sentences, not one"),
        (
            lambda r: r["model"].update(changes_at=""),
            "the size at which the advice changes is not said in at most 60 characters",
        ),
        (
            lambda r: r["model"]["projection"].update(grades=[[None]]),
            "a column of the projection has no grade",
        ),
        (
            lambda r: r["model"]["advice"][0].update(grade=None),
            "the advice “Salt it.…” has no grade",
        ),
        (
            lambda r: r["model"]["advice"][0].update(grade="arithmetic"),
            "the advice “Salt it.…” is arithmetic and does not say its source",
        ),
    ],
)
def test_what_is_too_long_or_rests_on_nothing_is_named(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    assert broken(change) == [said]


def test_a_point_within_a_number_ends_no_sentence() -> None:
    assert sentences("It took 3.5 ms of 1,000. More?") == 2
