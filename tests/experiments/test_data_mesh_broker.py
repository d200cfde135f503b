"""Who may deploy what: the broker against a brute force, its refusals, its command and the gate of a repository."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.experiments.data_mesh import (
    KIT,
    Break,
    Broker,
    BrokerError,
    Expectation,
    Need,
    can_i_deploy,
    can_i_remove,
)
from lab.experiments.data_mesh.kit.mesh.__main__ import gate, main
from lab.experiments.data_mesh.oracle import Event, Pair, deployable

NONE = "0" * 40


def need(consumer: str, field: str = "x", dataset: str = "t") -> Expectation:
    return Expectation(consumer, "shop", dataset, {field: Need()})


def broken(consumer: str, field: str = "x") -> Break:
    return Break(consumer, "t", field, "published", "it is not published")


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """shop 1 and a reader 1 in production, verified; shop 2 is known."""
    made = Broker(tmp_path / "broker.db")
    made.add("shop", "1")
    made.add("shop", "2")
    made.add("reader", "1", [need("reader")])
    made.record("shop", "1", need("reader"), [])
    assert made.deploy("shop", "1", "production") and made.deploy("reader", "1", "production")
    return made


def test_what_was_not_verified_or_is_not_known_is_not_allowed(broker: Broker) -> None:
    for version, said in (("2", "was not verified against shop 2"), ("3", "shop 3 is not known")):
        decision = can_i_deploy("shop", version, "production", broker)
        assert not decision and said in decision.reasons[0]


def test_a_break_names_consumer_version_and_field(broker: Broker) -> None:
    broker.record("shop", "2", need("reader"), [broken("reader")])
    decision = can_i_deploy("shop", "2", "production", broker)
    assert decision.reasons == ("reader 1 needs t.x: it is not published (shop 2)",) and decision.breaks == (
        broken("reader"),
    )
    assert can_i_deploy("shop", "2", "staging", broker)  # where nobody is


def test_the_latest_verification_counts(broker: Broker) -> None:
    broker.record("shop", "2", need("reader"), [broken("reader")])
    broker.record("shop", "2", need("reader"), [])
    assert can_i_deploy("shop", "2", "production", broker)


def test_the_same_needs_are_verified_already_and_others_are_not(broker: Broker) -> None:
    broker.add("reader", "2", [need("reader")])
    broker.add("reader", "3", [need("reader", "y")])
    assert can_i_deploy("reader", "2", "production", broker)
    assert not can_i_deploy("reader", "3", "production", broker)


def test_a_consumer_is_asked_for_every_deployed_version_of_its_publisher(broker: Broker) -> None:
    broker.record("shop", "2", need("reader"), [])
    assert broker.deploy("shop", "2", "production", beside=True)
    broker.add("reader", "2", [need("reader", "y")])
    broker.record("shop", "1", need("reader", "y"), [])
    assert not can_i_deploy("reader", "2", "production", broker)
    broker.record("shop", "2", need("reader", "y"), [])
    assert can_i_deploy("reader", "2", "production", broker)
    broker.retire("shop", "1", "production")
    assert broker.deployed("shop", "production") == ["2"]


def test_a_consumer_can_not_come_before_its_publisher(broker: Broker) -> None:
    decision = can_i_deploy("reader", "1", "staging", broker)
    assert decision.reasons == ("shop, of which reader 1 needs t, is not deployed to staging",)


def test_a_domain_that_publishes_and_consumes_is_asked_for_both(broker: Broker) -> None:
    onward = Expectation("report", "reader", "mart", {"m": Need()})
    broker.add("report", "1", [onward])
    broker.record("reader", "1", onward, [])
    assert broker.deploy("report", "1", "production")
    broker.add("reader", "2", [need("reader", "y")])
    assert len(can_i_deploy("reader", "2", "production", broker).reasons) == 2


def test_a_field_goes_when_nobody_deployed_needs_it_and_its_time_is_over(broker: Broker) -> None:
    def answers(day: int) -> list[str]:
        return [
            reason.split()[0] for reason in can_i_remove("shop", "t", "x", date(2026, 1, day), broker).reasons
        ]

    assert answers(1) == ["reader", "it"]  # who needs it, and it was not announced
    broker.deprecate("shop", "t", "x", date(2026, 1, 10))
    broker.deprecate("shop", "t", "x", date(2026, 1, 5))  # the later day counts
    assert answers(9) == ["reader", "t.x"] and answers(10) == ["reader"]
    broker.retire("reader", "1", "production")
    assert can_i_remove("shop", "t", "x", date(2026, 1, 10), broker)


def test_what_can_not_be_is_refused_and_changes_nothing(broker: Broker) -> None:
    for wrong, said in (
        (lambda: broker.add("reader", "1", [need("reader", "y")]), "another version"),
        (lambda: broker.add("reader", "9", [need("other")]), "can't say what other needs"),
        (lambda: broker.add("reader", "9", [need("reader"), need("reader", "y")]), "two expectations"),
        (lambda: broker.record("shop", "9", need("reader"), []), "not known"),
        (lambda: broker.retire("shop", "2", "production"), "not deployed"),
    ):
        with pytest.raises(BrokerError, match=said):
            wrong()
    broker.add("reader", "1", [need("reader")])  # the same again
    assert not broker.deploy("reader", "9", "production", force=True) and broker.deployed(
        "reader", "production"
    ) == ["1"]


def test_no_other_database_is_taken_for_a_broker(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "app.db") as other:
        other.execute("CREATE TABLE users (id)")
    (tmp_path / "text.db").write_text("no database at all, but long enough to look like one" * 10)
    for name, said in (
        ("app.db", "another database"),
        ("text.db", "can't be used"),
        ("none.db", "there is no broker"),
    ):
        with pytest.raises(BrokerError, match=said):
            Broker(tmp_path / name, create=False)
    assert not (tmp_path / "none.db").exists()


def test_two_that_deploy_at_the_same_time_are_never_both_allowed_beside_the_others_old_version(
    tmp_path: Path,
) -> None:
    for turn in range(10):
        broker = Broker(tmp_path / f"{turn}.db")
        broker.add("shop", "1")
        broker.add("shop", "2")
        for version, field in (("1", "x"), ("2", "y")):
            broker.add("reader", version, [need("reader", field)])
        for version, field, breaks in (
            ("1", "x", []),
            ("1", "y", []),
            ("2", "x", []),
            ("2", "y", [broken("reader", "y")]),
        ):
            broker.record("shop", version, need("reader", field), breaks)
        assert broker.deploy("shop", "1", "production") and broker.deploy("reader", "1", "production")
        with ThreadPoolExecutor(2) as pool:
            both = list(
                pool.map(lambda who, of=broker: of.deploy(who, "2", "production").allowed, ("shop", "reader"))
            )
        assert sorted(both) == [False, True]


PUBLISHED, CONSUMING = [("shop", "1"), ("shop", "2")], [("a", "1"), ("a", "2"), ("b", "1")]
PAIRS: list[Pair] = [(one, other) for one in PUBLISHED for other in CONSUMING]
ACTS = st.one_of(
    st.tuples(st.just("verify"), st.sampled_from(PAIRS)),
    st.tuples(st.sampled_from(["deploy", "beside", "retire"]), st.sampled_from([*PUBLISHED, *CONSUMING])),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=12), right=st.lists(st.booleans(), min_size=6, max_size=6))
def test_every_answer_is_that_of_a_brute_force_over_the_history(
    tmp_path_factory: pytest.TempPathFactory, acts: list, right: list[bool]
) -> None:
    broker = Broker(tmp_path_factory.mktemp("broker") / "broker.db")
    truth = dict(zip(PAIRS, right, strict=True))
    needs = {one: need(one[0], "xy"[int(one[1]) - 1]) for one in CONSUMING}
    for one in PUBLISHED:
        broker.add(*one)
    for one, stated in needs.items():
        broker.add(*one, [stated])
    events: list[Event] = []
    for act, what in acts:
        if act == "verify":
            found = [] if truth[what] else [broken(what[1][0])]
            broker.record(*what[0], needs[what[1]], found)
            events.append(Event("verified", "", *what))
        elif act == "retire":
            if what[1] in broker.deployed(what[0], "production"):
                broker.retire(*what, "production")
            events.append(Event("retired", "production", what))
        elif broker.deploy(*what, "production", beside=act == "beside"):
            events.append(Event("deployed" if act == "beside" else "replaced", "production", what))
        for one in (*PUBLISHED, *CONSUMING):
            assert can_i_deploy(*one, "production", broker).allowed == deployable(
                events, truth, one, "production"
            )


def test_the_gate_guards_its_branch_alone(broker: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    commit = "a" * 40
    broker.add("shop", commit)
    refs = [f"{NONE} {commit} refs/heads/side", f"{commit} {NONE} refs/heads/side"]
    assert gate(broker, "shop", "production", refs) == 0 and capsys.readouterr().out == ""
    assert gate(broker, "shop", "production", [f"{NONE} {commit} refs/heads/main"]) == 1
    said = capsys.readouterr().out
    assert "shop aaaaaaaaaaaa cannot be deployed to production, where main goes" in said
    assert "- reader 1: what it needs of t was not verified against shop aaaaaaaaaaaa" in said
    broker.record("shop", commit, need("reader"), [])
    assert gate(broker, "shop", "production", [f"{NONE} {commit} refs/heads/main"]) == 0
    assert gate(broker, "shop", "production", [f"{commit} {NONE} refs/heads/main"]) == 1
    assert gate(broker, "shop", "production", [f"{NONE} {'b' * 40} refs/heads/main"]) == 1


def test_the_readmes_commands_from_an_empty_folder_on_duckdb(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute(
            "CREATE TABLE orders AS SELECT 1 AS order_id, now() AS ordered_at, 'paid' AS status, 9.5 AS total"
        )

    def mesh(line: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "mesh", *line.split()],
            cwd=tmp_path,
            env={"PYTHONPATH": str(KIT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    expectation = KIT / "finance" / "expectations" / "orders.yml"
    assert mesh("can-i-deploy broker.db orders 1 production") == (
        2,
        "mesh: there is no broker at broker.db\n",
    )
    assert mesh("add broker.db orders 1") == (0, "")
    assert mesh(f"add broker.db finance 1 {expectation}")[0] == 0
    assert mesh("deploy broker.db orders 1 production")[0] == 0
    assert mesh("deploy broker.db finance 1 production")[0] == 1
    assert mesh("verify broker.db orders 1 --schema main --database shop.duckdb") == (
        0,
        "finance has what it needs of orders\n",
    )
    assert mesh("deploy broker.db finance 1 production") == (0, "finance 1 can be deployed to production\n")
    assert mesh("deployed broker.db finance production") == (0, "1\n")
    assert mesh("deprecate broker.db orders orders total 2020-01-01")[0] == 0
    code, said = mesh("can-i-remove broker.db orders orders total")
    assert code == 1 and "finance 1, deployed to production, needs orders.total" in said
    assert mesh("verify broker.db orders 1 --schema main --database gone.duckdb")[0] == 2
    assert mesh("retire broker.db finance 2 production")[0] == 2


def test_a_command_that_does_not_exist_is_a_usage_error() -> None:
    with pytest.raises(SystemExit):
        main(["nothing"])
