"""The judgement, on histories of which the outcome is known, good and bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.criteria import Observation, judge
from lab.evidence.result import Result
from lab.evidence.sources import imports
from lab.experiments import governance
from lab.experiments.governance import CRITERIA, Finding, Params
from lab.experiments.governance.judge import matching, metrics, model, observations
from lab.experiments.governance.kit.governance.sessions import at_the_same_time
from lab.experiments.governance.measure.rounds import ALL, WITHOUT
from lab.experiments.governance.measure.seen import CLEAN, DRAWN, VARIANTS, Round, Seen
from lab.experiments.governance.present.figures import _onboarding
from lab.experiments.governance.present.findings import Findings
from lab.experiments.governance.present.model import _row, reviewed, reviews
from lab.experiments.governance.workload import faults as drawing
from lab.experiments.governance.workload.company import company
from lab.experiments.governance.workload.fault import Fault
from lab.experiments.governance.workload.harmless import draw_harmless
from lab.paths import PROJECT

COMPANY = company(12, 1)
FAULT = Fault("public_access", "a", "table shop.a", also=(("orphaned_owner", "shop.a"),))
OTHER = Fault("missing_retention", "b", "shop.b")
HARMLESS = Fault("", "c", "shop.c")


def finding(fault: Fault, **more: str) -> Finding:
    return Finding(fault.check, fault.subject, "x", 1)._replace(**more)  # type: ignore[arg-type]


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


@pytest.mark.parametrize(
    ("found", "missed", "wrong"),
    [
        ([finding(FAULT), finding(OTHER)], [], []),
        ([finding(FAULT)], [OTHER], []),
        ([finding(FAULT, subject="table shop.b"), finding(OTHER)], [FAULT], ["table shop.b"]),
        ([finding(FAULT, check="missing_retention"), finding(OTHER)], [FAULT], ["table shop.a"]),
        ([finding(FAULT), finding(OTHER), Finding("orphaned_owner", "shop.a", "", 3)], [], []),
        ([finding(FAULT), finding(OTHER), Finding("expired_access", "shop.c", "", 3)], [], ["shop.c"]),
        ([], [FAULT, OTHER], []),
    ],
)
def test_a_fault_is_found_by_its_class_and_its_object(
    found: list[Finding], missed: list[Fault], wrong: list[str]
) -> None:
    changes = [FAULT, OTHER, HARMLESS]
    assert matching.missed(changes, found) == missed
    assert [one.subject for one in matching.wrong(changes, found)] == wrong


def a_round(
    kind: str, changes: Sequence[Fault], found: Sequence[Finding], **arms: Sequence[Finding]
) -> Round:
    return Round(kind, changes, {ALL: found, **arms}, 0.1)


def test_verdicts_follow_from_what_was_found() -> None:
    good = Seen(
        [a_round(DRAWN, [FAULT, OTHER], [finding(FAULT), finding(OTHER)]), a_round(CLEAN, [HARMLESS], [])]
    )
    bad = Seen(
        [a_round(DRAWN, [FAULT, OTHER], [finding(OTHER)]), a_round(CLEAN, [HARMLESS], [finding(FAULT)])]
    )
    for seen, due in ((good, "pass"), (bad, "fail")):
        observed = observations.observe(Params(), seen)
        assert {name: outcome(name, observed[name]) for name in ("faults_found", "mock_audit_passes")} == {
            "faults_found": due,
            "mock_audit_passes": due,
        }
    shouting = Seen(
        [a_round(DRAWN, [FAULT], [finding(FAULT), *(finding(OTHER, subject=f"{n}") for n in range(9))])]
    )
    assert outcome("findings_right", observations.observe(Params(), shouting)["findings_right"]) == "fail"


def test_a_check_that_others_stand_in_for_is_not_needed() -> None:
    every = [Fault(name, "v", name) for name in drawing.CLASSES]
    whole = [finding(fault) for fault in every]
    without = {
        f"{WITHOUT}{fault.check}": [one for one in whole if one.check != fault.check] for fault in every
    }
    right = [Round(VARIANTS, every, {ALL: whole, **without}, 0.1)]
    assert outcome("each_check_needed", observations.each_check_needed(right)) == "pass"
    assert observations.fewest_missed(right).value == 1
    stood_in = replace(right[0], found={**right[0].found, f"{WITHOUT}public_access": whole})
    assert outcome("each_check_needed", observations.each_check_needed([stood_in])) == "fail"
    assert observations.fewest_missed([stood_in]).value == 0


def test_recall_and_precision_of_labels() -> None:
    rows = [
        ("email", "e", "email"),
        ("email", "e", "none"),
        ("none", "x", "email"),
        ("national_id", "d", "payment_card"),
    ]
    table = pd.DataFrame(rows, columns=["label", "kind", "said"])
    assert observations.recall(table).value == pytest.approx(1 / 3)
    assert observations.precision(table).value == pytest.approx(1 / 3)
    silent = observations.precision(table.assign(said="none"))
    assert outcome("classifier_precision", silent) == "fail"


def test_the_line_is_checked_at_a_size_that_it_was_not_fitted_to() -> None:
    table = pd.DataFrame({"tables": [10, 20, 40] * 2, "seconds": [1.0, 2.0, 9.0] * 2})
    assert model.prediction(table) == (pytest.approx(4.0), 9.0)
    assert outcome("model_predicts", observations.model_predicts(table)) == "fail"
    assert outcome("model_predicts", observations.model_predicts(table.replace(9.0, 4.1))) == "pass"
    noisy = table.assign(seconds=[1.0, 2.0, 3.5, 1.4, 2.4, 9.0])
    assert outcome("model_predicts", observations.model_predicts(noisy)) in ("inconclusive", "pass")


def test_a_prediction_that_hangs_on_one_lucky_audit_decides_nothing_and_a_least_time_has_no_interval() -> (
    None
):
    steady = [(size, size / 10) for size in (10, 20, 40) for _ in range(5)]
    lucky = [(size, seconds) for size, seconds in steady if size < 40] + [(40, 4.0), *[(40, 9.0)] * 4]
    for rows, clear in ((steady, True), (lucky, False)):
        found = observations.model_predicts(pd.DataFrame(rows, columns=["tables", "seconds"]))
        assert (found.value, found.interval, found.conclusive) == (pytest.approx(0), None, clear)


def test_the_size_that_was_checked_is_told_as_measured_and_the_law_beyond_it_knows_it() -> None:
    times = pd.DataFrame(
        [(10, 0.07), (20, 0.1), (40, 0.19), (80, 0.376)], columns=["tables", "seconds"]
    ).assign(round=0)
    found = Findings(Params(), Result(Params(), {}, [], {"times": times}), {})
    assert _row(found, 1)["audit, s"] == 0.38 and model.prediction(times)[0] < 0.36
    assert _row(found, 10)["audit, s"] == round(model.law(times).at(800), 2) > model.fitted(times).at(800)


def test_each_class_of_datasets_is_reviewed_as_often_as_the_playbook_says() -> None:
    datasets = company(80, 1).books.datasets
    often, rarely = (
        sum(len(one["access"]) for one in datasets.values() if (one["class"] == "confidential") is personal)
        for personal in (True, False)
    )
    assert often and rarely and reviewed(80) * 80 == pytest.approx(4 * often + rarely)


def test_the_formula_of_the_reviews_has_its_constants() -> None:
    times = pd.DataFrame([(10, 0.1), (20, 0.2), (80, 0.8)], columns=["tables", "seconds"]).assign(round=0)
    row = _row(Findings(Params(), Result(Params(), {}, [], {"times": times}), {}), 1)
    known = {one.name: one.value for one in reviews(row["tables"])}
    minutes = (4 * known["g90"] + known["g365"]) * known["m"] * known["n_o"]
    assert row["hours of each a year"] == pytest.approx(minutes / 60, abs=0.05)


def test_an_onboarding_is_told_by_one_statistic_where_the_medians_of_its_steps_do_not_add_up() -> None:
    rows = [("a", "file", 1.0), ("a", "table", 9.0), ("b", "file", 5.0), ("b", "table", 1.0)]
    rows += [("c", "file", 9.0), ("c", "table", 8.0)]
    onboarded = pd.DataFrame(rows, columns=["dataset", "step", "ms"])
    treatment = Result(Params(), {}, metrics._onboarded(onboarded), {"onboarded": onboarded})
    found = Findings(Params(), treatment, {})
    assert (found.value("onboarding_ms"), found.steps["end"].iloc[-1]) == (10, 13)
    assert "takes 10 ms" in _onboarding(found).title


@given(st.integers(0, 10**6), st.integers(1, 8))
def test_faults_of_a_round_do_not_meet_and_are_the_same_for_a_seed(seed: int, count: int) -> None:
    made = drawing.draw_faults(COMPANY, Random(seed), count)
    assert len(made) == count and len({fault.subject for fault in made}) == count
    assert sum(bool(fault.sessions) for fault in made) <= 1
    again = drawing.draw_faults(COMPANY, Random(seed), count)
    assert [(one.check, one.variant, one.subject) for one in made] == [
        (one.check, one.variant, one.subject) for one in again
    ]
    for fault in made:
        books = COMPANY.books.copy()
        fault.edit(books)
        assert fault.do or fault.sessions or books != COMPANY.books


def test_every_variant_comes_once_and_harmless_changes_name_no_class() -> None:
    made = [fault for faults in drawing.every_variant(COMPANY, Random(1), 8) for fault in faults]
    assert len(made) == sum(map(len, drawing.CLASSES.values()))
    assert len({(fault.check, fault.variant) for fault in made}) == len(made)
    assert {fault.check for fault in made} == set(drawing.CLASSES)
    assert all(change.check == "" for change in draw_harmless(COMPANY, Random(1), 3))


def test_whatever_makes_faults_does_not_import_the_audit() -> None:
    folder = PROJECT / "src/lab/experiments" / governance.__name__.rpartition(".")[2] / "workload"
    for path in folder.glob("*.py"):
        assert not [one for one in imports(path) if "mechanism" in one or ".kit" in one], path.name


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def lines(*sessions: tuple[str, str, float, float]) -> list[dict[str, object]]:
    """Login, address, first and last second of each session."""
    return [
        {
            "role": role,
            "session": str(number),
            "host": host,
            "begun": NOON + timedelta(seconds=int(first)),
            "at": NOON + timedelta(seconds=second),
            "message": message,
        }
        for number, (role, host, first, last) in enumerate(sessions)
        for second, message in (
            (first, "connection authorized: user=x"),
            (last, "disconnection: session time"),
        )
    ]


@pytest.mark.parametrize(
    ("sessions", "due"),
    [
        ([("a", "h1", 0, 10), ("a", "h2", 5, 15)], {"a": ["h1", "h2"]}),
        ([("a", "h1", 0, 20), ("a", "h2", 5, 6)], {"a": ["h1", "h2"]}),
        ([("a", "h1", 0, 10), ("a", "h2", 11, 15)], {}),
        ([("a", "h1", 0.1, 0.2), ("a", "h2", 0.3, 0.4)], {}),
        ([("a", "h1", 0, 10), ("a", "h1", 5, 15)], {}),
        ([("a", "h1", 0, 10), ("b", "h2", 5, 15)], {}),
        ([], {}),
    ],
)
def test_sessions_from_two_addresses_count_if_they_overlap(
    sessions: list[tuple[str, str, float, float]], due: dict[str, list[str]]
) -> None:
    assert at_the_same_time(lines(*sessions)) == due


def test_a_session_that_began_before_the_log_counts_from_its_beginning() -> None:
    log = lines(("a", "h1", 0, 10), ("a", "h2", 2, 3))
    assert at_the_same_time([line for line in log if line["session"] == "1" or line["at"] != NOON]) == {
        "a": ["h1", "h2"]
    }
