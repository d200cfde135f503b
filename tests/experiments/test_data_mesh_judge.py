"""Oracle, changes and judgement, on histories of which the outcome is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from lab.evidence import result as evidence
from lab.evidence.criteria import Observation, judge
from lab.experiments.data_mesh import CRITERIA, KIT, Break
from lab.experiments.data_mesh import judge as judging
from lab.experiments.data_mesh.kit import DOMAINS
from lab.experiments.data_mesh.measure.seen import Asked, Attempt, Checked, Merge, Result
from lab.experiments.data_mesh.oracle import Event, deployable, differing, finance, marketing
from lab.experiments.data_mesh.params import NOW, Params
from lab.experiments.data_mesh.present.findings import findings
from lab.experiments.data_mesh.workload.arms import EXPECTATIONS
from lab.experiments.data_mesh.workload.changes import GROUPS, Change, changes, stratified
from lab.experiments.data_mesh.workload.domains import BASE, CONSUMERS, private_rows
from lab.experiments.data_mesh.workload.lifecycle import STEPS

REMOVED, RETYPED, SWAPPED, ADDED = (
    *(Change("removed", "channel", BASE), Change("other type", "total", BASE)),
    *(Change("values swapped", "channel", BASE), Change("new column", "", BASE)),
)
RIGHT, WRONG, FAILED = Result(0), Result(3), Result(None, 'column "channel" does not exist')
CHANNEL = Break("marketing", "orders", "channel", "published", "it is not published")
SAID = ("- marketing 1 needs orders.channel: it is not published (orders 1)",)


def checked(change: Change | None, consumer: str, result: Result, *breaks: Break) -> Checked:
    return Checked(change, consumer, result, {"arm": breaks}, 0.001)


# What is right: marketing breaks and says so, finance is harmed in nothing and says nothing.
GOOD = (
    checked(REMOVED, "marketing", FAILED, CHANNEL),
    checked(REMOVED, "finance", RIGHT),
    checked(ADDED, "finance", RIGHT),
)


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        (GOOD, set()),
        ((*GOOD, checked(RETYPED, "finance", WRONG)), {"breaks_found"}),
        ((*GOOD, checked(RETYPED, "finance", FAILED)), {"breaks_found"}),
        ((*GOOD, checked(RETYPED, "marketing", RIGHT, CHANNEL)), {"compatible_blocked"}),
        ((*GOOD, checked(ADDED, "marketing", RIGHT, CHANNEL)), {"compatible_blocked"}),
        ((*GOOD, checked(SWAPPED, "marketing", WRONG)), set()),  # nothing of the kind was stated
        ((checked(ADDED, "finance", RIGHT), checked(ADDED, "marketing", RIGHT)), {"different_answers"}),
    ],
)
def test_one_break_or_block_is_enough_to_fail(found: tuple[Checked, ...], broken: set[str]) -> None:
    rows = judging.table(found)
    seen = {
        "breaks_found": judging.breaks_found(rows),
        "compatible_blocked": judging.compatible_blocked(rows),
        "different_answers": judging.different_answers(rows),
    }
    assert {name for name, observed in seen.items() if outcome(name, observed) == "fail"} == broken


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (checked(None, "finance", RIGHT), "pass"),
        (checked(None, "finance", WRONG), "fail"),
        (checked(None, "finance", FAILED), "fail"),
        (checked(None, "finance", RIGHT, CHANNEL), "fail"),
    ],
)
def test_without_a_change_all_is_right_and_nobody_complains(found: Checked, due: str) -> None:
    assert outcome("unchanged_right", judging.unchanged_right(judging.table([found]))) == due


def merge(change: Change | None, accepted: bool, *lines: str) -> Merge:
    return Merge(change, "1", accepted, lines, 1.0, 0.1)


@pytest.mark.parametrize(
    ("pushed", "due"),
    [
        (merge(REMOVED, False, *SAID), "pass"),
        (merge(REMOVED, True), "fail"),
        (merge(REMOVED, False, "declined"), "fail"),  # without a word of who and what
        (merge(REMOVED, False, "- marketing 1 needs orders.note: it is not published"), "fail"),
        (merge(ADDED, True), "pass"),
        (merge(ADDED, False, *SAID), "fail"),
        (merge(SWAPPED, True), "pass"),
        (
            merge(None, False, "- marketing 1: what it needs of orders was not verified against orders 1"),
            "pass",
        ),
        (merge(None, True), "fail"),
        (merge(None, False, *SAID), "fail"),
    ],
)
def test_a_push_is_judged_by_what_consumers_results_say(pushed: Merge, due: str) -> None:
    rows = judging.table((*GOOD, checked(SWAPPED, "marketing", WRONG)))
    assert outcome("merges_right", judging.merges_right([pushed], rows)) == due


def test_a_push_that_is_taken_and_breaks_a_consumer_by_its_meaning_is_counted() -> None:
    found = (*GOOD, *(checked(SWAPPED, consumer, WRONG) for consumer in ("marketing", "finance")))
    rows = judging.table(found).assign(arm=EXPECTATIONS.name)
    pushes = [(REMOVED.name, False), (ADDED.name, True), (SWAPPED.name, True), ("", False)]
    tables = {"census": rows, "merges": pd.DataFrame(pushes, columns=["change", "accepted"])}
    assert findings(evidence.Result(Params(), {}, (), tables, {}), {}).let_through == 1


@pytest.mark.parametrize(("allowed", "due"), [(True, "pass"), (False, "fail")])
def test_an_answer_that_is_not_the_oracles_is_enough_to_fail(allowed: bool, due: str) -> None:
    good = Asked(1, "ask", "orders", "1", "production", False, False, ("no",))
    seen = [good, replace(good, allowed=allowed, due=True), replace(good, action="remove?")]
    assert outcome("decisions_right", judging.answers_right(seen, removal=False)) == due
    assert outcome("removal_right", judging.answers_right(seen, removal=True)) == "pass"


@pytest.mark.parametrize(("refused", "due"), [("permission denied", "pass"), ("", "fail")])
def test_one_attempt_that_goes_through_is_enough_to_fail(refused: str, due: str) -> None:
    tried = [Attempt("finance", "SELECT 1", "permission denied"), Attempt("finance", "SELECT 2", refused)]
    assert outcome("roles_apart", judging.roles_apart(tried)) == due


@pytest.mark.parametrize(("middle", "due"), [(2.0, "pass"), (4.0, "fail")])
def test_the_number_between_is_predicted_from_the_others(middle: float, due: str) -> None:
    seconds = {10: 1.1, 100: middle, 200: 3.0}
    timed = pd.DataFrame(
        [{"consumers": count, "round": 0, "seconds": value} for count, value in seconds.items()]
    )
    assert outcome("time_predicted", judging.time_predicted(timed)) == due
    assert judging.fitted(timed).each == pytest.approx(0.01)


def order(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    known = {
        "customer_id": 1,
        "status": "shipped",
        "channel": "web",
        "net": Decimal("1.10"),
        "tax": Decimal("0.20"),
    }
    return {"order_id": number, "ordered_at": at} | known | more


def test_the_oracle_on_rows_of_which_the_results_are_known() -> None:
    late = datetime(
        2026, 3, 28, 23, 30, tzinfo=UTC
    )  # the next day in Berlin, in the night of the change to summer time
    orders = [
        order(1, late),
        order(2, late - timedelta(hours=1), status="cancelled"),
        order(3, late, status="paid", channel="phone", customer_id=2),
        order(4, NOW - timedelta(hours=71)),  # not closed yet
    ]
    assert finance(orders) == [
        (date(2026, 3, 29), 2, Decimal("1.30"), Decimal("1.30")),
        (date(2026, 3, 28), 0, 0, 0),
    ]
    assert marketing(orders) == [(1, 3, 1, 3, 0, 0, NOW - timedelta(hours=71)), (2, 1, 0, 0, 0, 1, late)]


def test_rows_that_look_alike_and_are_not_differ() -> None:
    naive = late = datetime(2026, 1, 1)
    assert differing([(1, naive)], [(1, late.replace(tzinfo=UTC))]) == 2
    assert (
        differing([(0.1,)], [(Decimal("0.1"),)]) == 2
        and differing([(Decimal("0.10"),)], [(Decimal("0.1"),)]) == 0
    )
    assert differing([("17",)], [(17,)]) == 2 and differing([(1,), (1,)], [(1,)]) == 1


def test_leave_to_deploy_by_brute_force() -> None:
    shop, reader, other = ("shop", "1"), ("reader", "1"), ("reader", "2")
    right = {(shop, reader): True, (shop, other): False}
    there = [Event("deployed", "p", reader)]
    assert not deployable(there, right, shop, "p")  # not verified
    verified = [*there, Event("verified", "", shop, reader), Event("verified", "", shop, other)]
    assert deployable(verified, right, shop, "p")
    assert not deployable([*verified, Event("deployed", "p", other)], right, shop, "p")
    assert deployable(
        [*verified, Event("deployed", "p", other), Event("retired", "p", other)], right, shop, "p"
    )
    assert deployable([*verified, Event("replaced", "p", other)], right, shop, "q")
    assert not deployable(verified, right, reader, "p")  # no shop there
    assert deployable([*verified, Event("deployed", "p", shop)], right, reader, "p")


def test_every_column_has_every_change_that_applies_and_each_is_one() -> None:
    known = changes(BASE)
    assert len({change.name for change in known}) == len(known) == 43
    assert all(change.version != BASE for change in known)
    kinds = Counter(change.kind for change in known)
    assert set(kinds) == {kind for group in GROUPS.values() for kind in group}
    assert all(kinds[kind] == len(BASE.columns) for kind in ("removed", "other type", "NULLs"))
    assert {change.group for change in stratified(known, 10, 1)} == set(GROUPS)
    assert stratified(known, 50, 1) == known and len(stratified(known, 8, 2)) == 8


def test_the_kit_publishes_what_the_changes_start_from() -> None:
    for name, text in BASE.files().items():
        assert (KIT / "orders" / name).read_text() == text
    assert {"orders", *CONSUMERS} == set(DOMAINS)


def test_private_rows_have_what_each_change_hits() -> None:
    rows = private_rows(100)
    hit = [row for row in rows if row["order_id"] % 7 == 0]
    assert {row["status"] for row in hit} == {"placed", "paid", "shipped", "cancelled"}
    assert {row["channel"] for row in hit} == {"web", "shop", "phone"}
    assert NOW - rows[-1]["ordered_at"] < timedelta(hours=1)
    assert all(day[1] > 0 for day in finance(rows))  # no day of cancelled orders alone


def test_the_weeks_of_the_history_are_in_order() -> None:
    assert [step.week for step in STEPS] == sorted(step.week for step in STEPS)
