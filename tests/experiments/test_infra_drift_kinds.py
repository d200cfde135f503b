"""Kinds of faults that public reports tell of, each with the right answer: plans, policies, tickets, a store's variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.experiments.infra_drift import Params, PolicyError, decide, run
from lab.experiments.infra_drift.kit.driftwatch import shown, tickets
from lab.experiments.infra_drift.kit.driftwatch.policy import Decision, checked, seen
from lab.experiments.infra_drift.kit.driftwatch.shown import Drift, actions, managed
from lab.experiments.infra_drift.mechanism import Store, canonical

DATABASE = Drift("aws_db_instance.a", "no-op", {"backup": "08:00", "size": 1}, {"backup": "08:05", "size": 2})


def plan(before: Any, after: Any, *action: str, **more: Any) -> dict[str, Any]:
    """A plan with one object that drifted from `before` to `after`."""
    change = {"before": before, "after": after, "actions": ["update"]}
    wanted = {"address": "a.b", "change": {"actions": list(action or ("no-op",))}}
    return {"resource_drift": [{"address": "a.b", "change": change}], "resource_changes": [wanted]} | more


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": None}, {"x": []}),
        ({"x": None}, {"x": ""}),
        ({"x": {}}, {"x": None}),
        ({}, {"x": []}),
        ({"x": [{"y": None, "z": 1}]}, {"x": [{"y": {}, "z": 1}]}),
    ],
)
def test_empty_for_null_is_a_providers_word_and_no_drift(before: Any, after: Any) -> None:
    assert list(managed(plan(before, after))) == []
    (found,) = managed(plan(before, after, "update"))  # but what the plan would change is told
    assert found.action == "update"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": None}, {"x": 0}),
        ({"x": None}, {"x": False}),
        ({"x": ["a"]}, {"x": []}),
        ({"x": "a"}, {"x": ""}),
        ({"x": []}, {"x": [""]}),
        ({"x": 1}, {"x": True}),  # Python calls these equal
        ({"x": 0}, {"x": False}),
        ({"x": 10**30}, {"x": 10**30 + 1}),
        ({"x": "1"}, {"x": 1}),
    ],
)
def test_what_is_not_the_same_is_drift_however_alike(before: Any, after: Any) -> None:
    (found,) = managed(plan(before, after))
    assert (found.before, found.after) == (before, after)


def test_an_object_of_which_no_attribute_differs_did_not_drift() -> None:
    assert list(managed(plan({"x": 1}, {"x": 1}, "update"))) == []


def test_a_plan_that_failed_before_it_came_to_an_object_does_not_accept_its_drift() -> None:
    unfinished = plan({"x": 1}, {"x": 2}, errored=True) | {"resource_changes": []}
    (found,) = managed(unfinished)
    assert found.action == "unknown"
    for approved in (False, True):
        assert decide(found, {}, approved).what == "ticket"
    assert "planning" in decide(found, {}).why


@pytest.mark.parametrize(
    ("current", "worst"), [("no-op", "delete"), ("update", "delete"), ("create", "delete")]
)
@pytest.mark.parametrize("turn", [1, -1])
def test_a_deposed_object_beside_the_current_one_makes_an_address_harmful(
    current: str, worst: str, turn: int
) -> None:
    changes = [
        {"address": "a.b", "change": {"actions": [current]}},
        {"address": "a.b", "deposed": "0123abcd", "change": {"actions": ["delete"]}},
    ]
    assert actions({"resource_changes": changes[::turn]}) == {"a.b": worst}


@pytest.mark.parametrize("word", ["owner", "C", "-1", "True", "1"])
def test_an_object_named_as_another_attribute_is_worded_is_unmanaged(word: str) -> None:
    values = {"name": "app", "owner": "owner", "lc_collate": "C", "limit": -1, "login": True, "count": 1}
    module = {"resources": [{"address": "database.a", "type": "database", "values": values}]}
    state = {"prior_state": {"values": {"root_module": module}}}
    listed = [("database", "name", word), ("database", "name", "app")]
    assert [drift.address for drift in shown.unmanaged(state, listed)] == [f"database:{word}"]


def test_an_attribute_that_a_service_writes_itself_is_ignored_and_changes_no_ticket() -> None:
    policy = {"ignore": ["*#backup"]}
    left = seen(DATABASE, policy)
    assert left is not None and (left.before, left.after) == ({"size": 1}, {"size": 2})
    later = seen(
        Drift(DATABASE.address, "no-op", {"backup": "08:00", "size": 1}, {"backup": "09:00", "size": 2}),
        policy,
    )
    assert later is not None and tickets.number(later) == tickets.number(left)
    assert decide(DATABASE, policy).what == "ticket"
    assert decide(DATABASE, {"ignore": ["*#backup", "aws_db_instance.a#size"]}).what == "ignore"


@pytest.mark.parametrize(
    "drift",
    [Drift("a.b", "create", {"backup": "x"}, None), Drift("a:b", "no-op", None, {"backup": "b"}, True)],
)
def test_an_ignored_attribute_hides_no_object_that_is_gone_or_unmanaged(drift: Drift) -> None:
    assert seen(drift, {"ignore": ["*#backup"]}) == drift


@pytest.mark.parametrize("told", [{"ignore": "postgresql_grant*"}, {"data": "aws_s3_bucket"}])
def test_a_text_in_the_place_of_a_list_is_no_list_of_letters(told: dict[str, Any]) -> None:
    for refused in (lambda: checked(told), lambda: run(Params(), told)):
        with pytest.raises(PolicyError, match="is a list of texts"):
            refused()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("plain", '"plain"'),
        ('with "quotes" and \\', '"with \\"quotes\\" and \\\\"'),
        ("a ${template} %{of} its own", '"a $${template} %%{of} its own"'),
        ("Grüße 表", '"Grüße 表"'),
    ],
)
def test_the_import_block_of_a_ticket_means_the_name_and_nothing_else(
    tmp_path: Path, name: str, written: str
) -> None:
    drift = Drift(f"postgresql_role:{name}", "no-op", None, {"name": name}, unmanaged=True)
    ticket = tickets.opened(tmp_path, drift, Decision("ticket", "in no state"))
    assert ticket is not None
    assert ticket["do"].endswith(f"import {{\n  to = postgresql_role.NAME\n  id = {written}\n}}")


def test_to_accept_one_drift_accepts_no_other(tmp_path: Path) -> None:
    ticket = tickets.opened(tmp_path, Drift('a.b["x y"]', "no-op", {}, {}), Decision("ticket", "not set"))
    assert ticket is not None
    assert ticket["do"].endswith("""tofu apply -refresh-only '-target=a.b["x y"]'""")


def test_a_watch_that_is_killed_between_ticket_and_webhook_tells_it_once_more(tmp_path: Path) -> None:
    decision = Decision("ticket", "it destroys")
    first = tickets.opened(tmp_path, DATABASE, decision)
    again = tickets.opened(tmp_path, DATABASE, decision)  # nobody said that it was told
    assert first is not None and again is not None and first["ticket"] == again["ticket"]
    tickets.told(tmp_path, first["ticket"])
    assert tickets.opened(tmp_path, DATABASE, decision) is None
    assert tickets.close(tmp_path, []) == [first["ticket"]]
    assert list(tmp_path.glob("*.untold")) == []


def test_a_folder_of_tickets_is_not_shared_by_two_directories(tmp_path: Path) -> None:
    for _ in range(2):
        tickets.claim(tmp_path / "tickets", tmp_path / "one")
    with pytest.raises(tickets.TicketsError, match=r"has the tickets of .*one"):
        tickets.claim(tmp_path / "tickets", tmp_path / "other")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"Bool": {"aws:SecureTransport": False}}, {"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, {"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"NumericLessThan": {"s3:max-keys": [10]}}, {"NumericLessThan": {"s3:max-keys": "10"}}, True),
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"NumericLessThan": {"s3:max-keys": 100}}, False),
    ],
)
def test_values_of_another_type_that_a_store_takes_for_the_same_are_the_same(
    a: Any, b: Any, same: bool
) -> None:
    assert (canonical(a) == canonical(b)) is same


@pytest.mark.parametrize(
    ("told", "endpoint", "region"),
    [
        ({}, "https://s3.us-east-1.amazonaws.com", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b", "AWS_ENDPOINT_URL": "http://x"}, "http://x", "a"),
        ({"AWS_ENDPOINT_URL": "http://x", "AWS_ENDPOINT_URL_S3": "http://y"}, "http://y", "us-east-1"),
        ({"AWS_REGION": ""}, "https://s3.us-east-1.amazonaws.com", "us-east-1"),
    ],
)
def test_the_variables_of_every_s3_client_are_read(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], endpoint: str, region: str
) -> None:
    for name in ("REGION", "DEFAULT_REGION", "ENDPOINT_URL", "ENDPOINT_URL_S3", "SESSION_TOKEN"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name, value in {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", **told}.items():
        monkeypatch.setenv(name, value)
    store = Store.of_environment()
    assert (store.endpoint, store.region, store.session_token) == (endpoint, region, "")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "temporary")
    headers = Store.of_environment()._signed("GET", "/", "", "0" * 64)
    assert headers["x-amz-security-token"] == "temporary"
    assert "x-amz-date;x-amz-security-token," in headers["Authorization"]
    assert "temporary" not in repr(Store.of_environment()) and json.dumps(headers)
