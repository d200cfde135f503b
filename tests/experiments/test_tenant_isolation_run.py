"""A whole run in little; a reader's own installation and row; the record; that a missing piece is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lab.evidence.result import Result
from lab.experiments.tenant_isolation import (
    Arm,
    Attack,
    Params,
    attacks,
    run,
    run_with_controls,
)
from lab.experiments.tenant_isolation.measure import audited, sequences
from lab.experiments.tenant_isolation.measure.attempts import Trial
from lab.experiments.tenant_isolation.measure.place import Place, places, server
from lab.experiments.tenant_isolation.measure.sending import send
from lab.experiments.tenant_isolation.workload.arms import APP, OFF

pytestmark = pytest.mark.service
SMALL = Params(orders=5, sequences=5, steps=8, rows=2_000, shares=20, partitions=(4, 8, 16), rounds=3)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    return run_with_controls(SMALL)


@pytest.mark.drill
def test_the_lint_says_why_a_control_leaks(whole: tuple[Result, dict[str, Result]]) -> None:
    findings = whole[0].tables["findings"]
    codes = {arm: set(part["code"]) for arm, part in findings.groupby("arm")}
    assert codes["policies off"] == {"not enabled"} and codes["view of its owner"] == {"view of its owner"}
    assert "one shared login" not in codes  # who may write a setting is in no catalog
    assert codes["not hardened"] >= {
        "owner logs in",
        "definer function",
        "key across tenants",
        "policy function immutable",
    }


@pytest.mark.drill
def test_a_readers_own_installation_and_row_are_judged() -> None:
    mine = Arm("mine", ("GRANT tenancy_service TO {login}",))
    row = Attack(
        name="mine", kind="SET", model="sql", does=("SET app.tenant = '{victim}'", "TABLE shop.orders")
    )
    assert run(SMALL, mine, [row]).observed["sql_blocked"].value == 1


def test_random_sequences_see_that_policies_are_off_and_the_audit_that_a_line_is_missing() -> None:
    bare = Arm(OFF.name, OFF.weaken)
    asked = [
        row
        for row in attacks()
        if row.title in ("SELECT, all rows", "request, own orders", "token, a token out of date")
    ]
    with server() as found, places(found, SMALL, [bare, Arm("audited", application=APP)]) as made:
        seen = sequences.sequences(made[bare.name], SMALL)
        assert len(seen.differing) == 1
        trial = Trial(made["audited"])
        assert all(outcome.held for outcome in trial.attempts(asked))
        history = trial.history
        assert audited.audited(made["audited"], history).missing == ()
        for lie in (
            {"who": "somebody"},
            {"mark": "/* none 1 */"},
            {"refused": not history[0].refused},
            {"tenant": "8"},
        ):
            assert (
                len(audited.audited(made["audited"], [replace(history[0], **lie), *history[1:]]).missing) == 1
            )


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with server() as found, places(found, SMALL, [Arm("served", application=APP)]) as made:
        yield made["served"]


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("nobody: GET /orders", 401),
        ('POST /orders {"number": "x", "customer_id": 3000, "amount": 1, "tenant_id": 7}', 422),
        ('POST /orders {"number": "x", "customer_id": 3000, "amount": "NaN"}', 422),
        ('POST /orders {"number": "a\\u0000b", "customer_id": 3000, "amount": 1}', 422),
        ('POST /orders {"number": "a\\ud800", "customer_id": 3000, "amount": 1}', 422),
        ('POST /orders {"number": "x", "customer_id": 99999999999999999999, "amount": 1}', 422),
        ("GET /orders/99999999999999999999999999", 404),
        ("GET /orders?sort=note", 422),
        ("GET /audit?tenant=3&day=2026-01-01", 403),
        ("auditor: GET /audit?tenant=3&day=yesterday", 422),
    ],
)
def test_requests_of_other_kinds_are_refused_in_words(place: Place, step: str, status: int) -> None:
    (reply,) = send(place, step)
    assert (reply.status, "detail" in reply.text) == (status, True)
    assert "shop." not in reply.text and "tenancy" not in reply.text


def test_an_order_can_be_made_once_with_each_number_and_its_tenant_is_the_callers(place: Place) -> None:
    step = 'POST /orders {"number": "Ünü \'; --", "customer_id": 3000, "amount": 1, "note": "%s {} \\\\"}'
    assert [send(place, step)[0].status for _ in range(2)] == [201, 409]
    assert (
        "Ünü" in send(place, "GET /orders")[0].text
        and "Ünü" not in send(place, "victim: GET /orders")[0].text
    )
