"""What a plan tells of, what is decided about it, and tickets: on plans of which the right answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.experiments.infra_drift import KIT, Drift, PolicyError, decide
from lab.experiments.infra_drift.kit.driftwatch import plan, tickets
from lab.experiments.infra_drift.kit.driftwatch import shown as reading
from lab.experiments.infra_drift.kit.driftwatch.policy import Decision
from lab.experiments.infra_drift.mechanism import actions, canonical, checked, managed

POLICY = checked(json.loads((KIT / "policy.json").read_text()))


def change(before: Any, after: Any, *actions: str, **more: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "actions": list(actions), **more}


def shown(drift: dict[str, Any] | None, action: tuple[str, ...] = ("no-op",), address: str = "a.b") -> dict:
    """A plan with one object: how it drifted, and what would be done."""
    found = {"resource_changes": [{"address": address, "change": {"actions": list(action)}}]}
    return found | ({"resource_drift": [{"address": address, "change": drift}]} if drift else {})


def one(drift: dict[str, Any], action: tuple[str, ...] = ("no-op",)) -> Drift:
    (found,) = managed(shown(drift, action))
    return found


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (("no-op",), "no-op"),
        (("update",), "update"),
        (("create",), "create"),
        (("delete", "create"), "replace"),
        (("create", "delete"), "replace"),
        (("delete",), "delete"),
        (("forget",), "delete"),
        (("something", "new"), "replace"),  # what is not understood is not gentle
    ],
)
def test_the_action_is_what_applying_would_do(action: tuple[str, ...], told: str) -> None:
    assert one(change({"x": 1}, {"x": 2}, "update"), action).action == told


def test_only_what_differs_is_told() -> None:
    found = one(change({"x": 1, "y": 2}, {"x": 1, "y": 3}, "update"))
    assert (found.before, found.after) == ({"y": 2}, {"y": 3})


def test_an_object_that_is_gone_is_told_whole() -> None:
    found = one(change({"x": 1, "y": None}, None, "delete"), ("create",))
    assert (found.before, found.after) == ({"x": 1, "y": None}, None)


@pytest.mark.parametrize(
    ("value", "secret", "told"),
    [
        ("s3cret", True, reading.HIDDEN),
        ({"user": "u", "password": "p"}, {"password": True}, {"user": "u", "password": reading.HIDDEN}),
        (["a", "b"], [False, True], ["a", reading.HIDDEN]),
        (["a", "b"], [True], [reading.HIDDEN, "b"]),
        ("open", False, "open"),
        (None, None, None),
        ("open", {}, "open"),
    ],
)
def test_secrets_are_hidden(value: Any, secret: Any, told: Any) -> None:
    found = one(
        change({"x": "old"}, {"x": value}, "update", before_sensitive={}, after_sensitive={"x": secret})
    )
    assert found.after == {"x": told}


def test_a_resource_that_is_a_secret_as_a_whole_is_hidden() -> None:
    found = one(change({"x": "old"}, {"x": "new"}, "update", before_sensitive=True, after_sensitive=True))
    assert (found.before, found.after) == ({"x": reading.HIDDEN}, {"x": reading.HIDDEN})


def test_a_plan_without_drift_and_an_empty_one_tell_of_nothing() -> None:
    assert list(managed(shown(None, ("update",)))) == list(managed({})) == []
    assert actions({}) == {} and actions(shown(None, ("update",))) == {"a.b": "update"}


def test_data_sources_and_deposed_objects_are_no_drift() -> None:
    item = {"address": "data.a.b", "mode": "data", "change": change({"x": 1}, {"x": 2}, "update")}
    deposed = {"address": "a.b", "deposed": "00", "change": change({"x": 1}, None, "delete")}
    assert list(managed({"resource_drift": [item, deposed]})) == []


def state(*resources: tuple[str, dict[str, Any]], child: bool = False) -> dict[str, Any]:
    items = [{"address": f"{kind}.x{n}", "type": kind, "values": v} for n, (kind, v) in enumerate(resources)]
    module = {"child_modules": [{"resources": items}]} if child else {"resources": items}
    return {"prior_state": {"values": {"root_module": module}}}


@pytest.mark.parametrize("child", [False, True])
def test_what_is_in_no_state_is_unmanaged(child: bool) -> None:
    listed = [("role", "name", "known"), ("role", "name", "other"), ("bucket", "bucket", "known")]
    found = reading.unmanaged(
        state(("role", {"name": "known", "limit": -1, "tags": None}), child=child), listed
    )
    assert [drift.address for drift in found] == ["role:other", "bucket:known"]
    assert all(drift.unmanaged for drift in found)


def test_what_is_about_to_be_made_is_not_unmanaged() -> None:
    planned = {"planned_values": {"root_module": {"resources": [
        {"address": "role.a", "type": "role", "values": {"name": "next"}}]}}}  # fmt: skip
    assert reading.unmanaged(planned, [("role", "name", "next")]) == []


def drift(action: str, address: str = "a.b", after: Any = 1, unmanaged: bool = False) -> Drift:
    return Drift(address, action, {"x": 0}, None if after is None else {"x": after}, unmanaged)


@pytest.mark.parametrize(
    ("found", "approved", "what"),
    [
        (drift("update"), False, "restore"),
        (drift("create", after=None), False, "restore"),
        (drift("replace"), False, "ticket"),
        (drift("delete"), False, "ticket"),
        (drift("no-op"), False, "ticket"),
        (drift("replace"), True, "restore"),
        (drift("no-op"), True, "ticket"),  # there is nothing to carry out
        (drift("no-op", "postgresql_role:x", unmanaged=True), True, "ticket"),
        (drift("create", "aws_s3_bucket.a[0]", after=None), False, "ticket"),
        (drift("create", 'module.m["x.y"].aws_s3_bucket.a["b.c"]', after=None), False, "ticket"),
        (drift("create", "aws_s3_bucket.a", after=None), True, "restore"),
        (drift("update", "aws_s3_bucket.a"), False, "restore"),
        (drift("create", "aws_s3_bucket_policy.a", after=None), False, "restore"),
        (drift("no-op", "postgresql_role:postgres", unmanaged=True), False, "ignore"),
    ],
)
def test_what_would_destroy_is_asked_for_and_the_rest_restored(
    found: Drift, approved: bool, what: str
) -> None:
    assert decide(found, POLICY, approved).what == what


@pytest.mark.parametrize(
    ("pattern", "address", "named"),
    [
        ("a.b[0]", "a.b[0]", True),  # brackets mean themselves
        ("a.b[0]", "a.b0", False),
        ("a.*", 'a.b["x y"]', True),
        ("a.b", "a.bc", False),
        ("*", "module.x.a.b", True),
        ("a.b", "module.x.a.b", False),
    ],
)
def test_patterns_name_addresses(pattern: str, address: str, named: bool) -> None:
    assert (decide(drift("update", address), {"ticket": [pattern]}).what == "ticket") is named


@pytest.mark.parametrize(
    "told", [[], None, {"ignored": []}, {"ignore": "a.b"}, {"ignore": [1]}, {"ignore": [""]}, {"data": None}]
)
def test_a_policy_that_is_not_understood_is_refused(told: Any) -> None:
    with pytest.raises(PolicyError):
        checked(told)


def test_a_ticket_is_opened_once_approved_for_one_drift_and_closed(tmp_path: Path) -> None:
    first, why = drift("replace"), Decision("ticket", "it destroys")
    ticket = tickets.opened(tmp_path, first, why)
    assert ticket
    tickets.told(tmp_path, ticket["ticket"])
    assert tickets.opened(tmp_path, first, why) is None
    assert not tickets.approved(tmp_path, first)
    file = tmp_path / f"{ticket['ticket']}.json"
    for value, approved in (("true", False), (1, False), (True, True)):
        file.write_text(json.dumps(ticket | {"approved": value}))
        assert tickets.approved(tmp_path, first) is approved
    assert not tickets.approved(tmp_path, drift("replace", after=2))
    assert not tickets.approved(tmp_path, drift("delete"))
    assert tickets.close(tmp_path, [first]) == []
    assert tickets.close(tmp_path, []) == [ticket["ticket"]]
    assert not tickets.approved(tmp_path, first) and tickets.opened(tmp_path, first, why)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"approved"'])
def test_a_ticket_that_cant_be_read_approves_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{tickets.number(drift('replace'))}.json").write_text(text)
    assert not tickets.approved(tmp_path, drift("replace"))


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"Action": ["s3:GetObject"]}, {"Action": "s3:GetObject"}, True),
        ({"Action": ["a", "b"]}, {"Action": ["b", "a"]}, True),
        ({"Principal": {"AWS": "*"}}, {"Principal": "*"}, True),
        ({"Principal": {"AWS": ["*"]}}, {"Principal": "*"}, True),
        ({"Statement": [{"Sid": "1"}, {"Sid": "2"}]}, {"Statement": [{"Sid": "2"}, {"Sid": "1"}]}, True),
        ({"Action": ["a", "a"]}, {"Action": "a"}, True),
        ({"Principal": {"AWS": "*"}}, {"Principal": {"AWS": "arn:x"}}, False),
        ({"Effect": "Allow"}, {"Effect": "Deny"}, False),
        ({"Action": ["a", "b"]}, {"Action": "a"}, False),
        ({"Resource": "x/*"}, {"Resource": "x/"}, False),
    ],
)
def test_policies_that_mean_the_same_are_the_same(a: Any, b: Any, same: bool) -> None:
    assert (canonical(a) == canonical(b)) is same


def test_reads_lie_between_openTofus_messages() -> None:  # noqa: N802
    def line(kind: str, second: str, address: str = "a.b") -> str:
        told = {"type": kind, "@timestamp": f"2026-01-01T00:00:{second}+00:00"}
        return json.dumps(told | {"hook": {"resource": {"addr": address}}})

    said = "\n".join([line("refresh_start", "01.0"), "no json", line("refresh_complete", "02.0")])
    ((address, at),) = plan._reads(said)
    assert address == "a.b" and at % 60 == 1.5


def test_a_failure_is_told_in_openTofus_own_words(  # noqa: N802
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tofu"
    monkeypatch.setenv("TOFU", str(program))
    for text, kind in (("Error acquiring the state lock", plan.LockedError), ("no provider", plan.TofuError)):
        line = json.dumps({"@level": "error", "@message": text, "diagnostic": {"detail": "held by somebody"}})
        program.write_text(f"#!/bin/sh\necho '{line}'\nexit 1\n")
        program.chmod(0o755)
        with pytest.raises(plan.TofuError, match=f"status 1: {text} held by somebody") as raised:
            plan.detect(tmp_path)
        assert type(raised.value) is kind
