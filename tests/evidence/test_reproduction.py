"""When a second run confirms the first, when it can't tell, and when it differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.errors import EvidenceError
from lab.evidence import reproduction
from lab.evidence.criteria import Observation
from lab.evidence.record import Record, without_result
from lab.evidence.reproduction import Load, Reproduction, compare
from samples import CRITERIA, sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}
LOAD = Load(seed=1, core=0, busy_s=(0.2, 2.0), pause_s=(0.02, 0.2), share=0.8)


def record_of(control: float = 0.2, **seen: Any) -> Record:
    return sample_record(GOOD | seen, control)


def against(after: Record, before: Record | None = None) -> Reproduction:
    return compare(before or record_of(), after, LOAD)


def agreements(found: Reproduction) -> dict[str, str | None]:
    return {item.control or item.name: item.agrees for item in found.criteria}


UNSURE = Observation(0.05, "noise", conclusive=False)


@pytest.mark.parametrize(
    ("seen", "control", "overall", "name"),
    [
        ({}, 0.2, "agrees", None),
        (
            {"fast": 0.099, "soon": 99.0},
            0.11,
            "agrees",
            None,
        ),  # other values, the same verdicts; an absolute turned
        ({"kept": 1}, 0.2, "differs", "kept"),
        ({"kept": Observation(0, conclusive=False)}, 0.2, "differs", "kept"),
        ({"fast": 0.5}, 0.2, "differs", "fast"),
        ({"fast": UNSURE}, 0.2, "inconclusive", "fast"),
        ({"reached": 0.5}, 0.2, "inconclusive", "reached"),
        ({"reached": 0.5, "fast": 0.5}, 0.2, "inconclusive", "fast"),
        ({"reached": 0.5, "kept": 1}, 0.2, "differs", "kept"),
        ({}, 0.05, "differs", "without"),
        ({"reached": 0.5}, 0.05, "differs", "without"),  # a control has no precondition to hide behind
        ({}, UNSURE, "inconclusive", "without"),
    ],
)
def test_what_came_out_otherwise_decides(seen: dict, control: Any, overall: str, name: str | None) -> None:
    found = against(record_of(control, **seen))
    assert found.overall == overall
    if name is None:
        assert agreements(found) == {
            "reached": "yes",
            "kept": "yes",
            "fast": "yes",
            "soon": None,
            "without": "yes",
        }
    else:
        assert agreements(found)[name] == {"differs": "no"}.get(overall, overall)


def test_at_a_load_that_was_not_reached_no_ratio_is_confirmed_and_an_invariant_is() -> None:
    found = agreements(against(record_of(reached=0.5)))
    assert found == {
        "reached": "inconclusive",
        "kept": "yes",
        "fast": "inconclusive",  # though it passed
        "soon": None,
        "without": "yes",
    }


@pytest.mark.parametrize(
    ("was", "now", "agrees"), [(0, 1, "inconclusive"), (1, 1, "yes"), (1, 0, "no"), (0, 0, "yes")]
)
def test_a_precondition_that_was_not_met_tells_nothing_whatever_its_tier(
    was: int, now: int, agrees: str
) -> None:
    before, after = record_of(reached=was), record_of(reached=now)
    for record in (before, after):
        record["criteria"][0] |= {"tier": "invariant", "limit": {"relation": "==", "bound": 0}}
    assert agreements(against(after, before))["reached"] == agrees


def test_an_invariants_value_is_compared_and_a_ratios_is_not() -> None:
    assert agreements(against(record_of(kept=4), record_of(kept=3)))["kept"] == "no"
    assert agreements(against(record_of(fast=0.4), record_of(fast=0.3)))["fast"] == "yes"


def _without(record: Record) -> None:
    del record["criteria"][1]


def _with_another_limit(record: Record) -> None:
    record["criteria"][2]["limit"] = {"relation": "<=", "bound": 0.9}


def _without_control(record: Record) -> None:
    record["control"]["variants"] = []


@pytest.mark.parametrize("change", [_without, _with_another_limit, _without_control])
def test_a_claim_that_is_missing_or_new_is_no_agreement(change: Callable[[Record], None]) -> None:
    changed = record_of()
    change(changed)
    lost, gained = against(changed), against(record_of(), changed)
    assert (lost.overall, gained.overall) == ("differs", "differs")
    assert [item.agrees for item in lost.criteria if item.after is None] == ["no"]
    assert [item.agrees for item in gained.criteria if item.before is None] == ["no"]


def test_a_controls_invariant_must_fail_again_and_its_value_may_be_another() -> None:
    before, after = record_of(), record_of()
    for record, lost in ((before, 3), (after, 7)):
        record["control"]["variants"][0] |= {"tier": "invariant", "observed": lost} | {
            "limit": {"relation": "==", "bound": 0}
        }
    assert against(after, before).overall == "agrees"
    after["control"]["variants"][0]["outcome"] = "inconclusive"
    assert against(after, before).overall == "differs"


def test_an_error_is_neither_agreement_nor_difference() -> None:
    after = without_result("something", {"rate": 10}, CRITERIA, record_of()["provenance"], "no broker")
    found = against(after)
    assert (found.overall, found.criteria, found.after.reasons) == ("error", [], ["no broker"])


@pytest.mark.parametrize("change", [{"params": {"rate": 11}}, {"experiment": "another"}])
def test_runs_that_answer_two_questions_are_not_compared(change: dict) -> None:
    with pytest.raises(EvidenceError, match="other parameters"):
        against(record_of() | change)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reproduction, "FOLDER", tmp_path / "reproduction")
    return tmp_path / "reproduction"


def test_it_is_read_as_it_was_kept(folder: Path) -> None:
    assert reproduction.kept("something") is None
    before = record_of()
    before["criteria"][1] |= {"observed": True, "interval": [None, 2.5]}
    found = against(record_of(kept=1), before)
    assert reproduction.keep(found) == folder / "something.json"
    assert reproduction.kept("something") == found
    (item,) = [each for each in found.criteria if each.name == "kept"]
    assert item.before
    assert item.before.observed is True  # not 1


def test_a_broken_file_is_named(folder: Path) -> None:
    whole = reproduction.keep(against(record_of())).read_text()
    other = whole.replace('"something"', '"another"')
    for content in (
        "",
        "{",
        "[]",
        "{}",
        whole[:-5],
        whole.replace('"agrees": "yes"', '"agrees": "maybe"'),
        other,
    ):
        (folder / "something.json").write_text(content)
        with pytest.raises(
            EvidenceError, match=r"something\.json is no reproduction .*: lab reproduce something"
        ):
            reproduction.kept("something")


def test_what_the_book_keeps_can_be_read() -> None:
    for path in reproduction.FOLDER.glob("*.json"):
        found = reproduction.kept(path.stem)
        assert found
        assert found.load.share > 0
