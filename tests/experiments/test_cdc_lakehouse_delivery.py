"""Losses and repetitions, each in a history that has it and in nothing else; the wait for what never arrives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lab.evidence.criteria import conclude, judge, judge_all
from lab.experiments.cdc_lakehouse import CRITERIA, oracle
from lab.experiments.cdc_lakehouse.judge import delivery, observations
from lab.experiments.cdc_lakehouse.kit.sink.position import Position
from lab.experiments.cdc_lakehouse.measure import under_load
from lab.experiments.cdc_lakehouse.oracle import Committed, Snapshot

LOGGED = {7: 2, 8: 1}
PLACES = [(7, 1), (7, 2), (8, 1)]
BATCHES = [(Position({0: 0}, 0), Position({0: 3}, 4)), (Position({0: 3}, 4), Position({0: 5}, 6))]


def broken(found: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count}


def outcome(name: str, observed: dict) -> str:
    return judge(next(one for one in CRITERIA if one.name == name), observed).outcome


def test_a_history_in_order_has_none() -> None:
    assert not broken(delivery.lost(LOGGED, {7, 8}, 0, PLACES))
    assert not broken(delivery.repeated(LOGGED, [7, 8], PLACES, BATCHES))


@pytest.mark.parametrize(
    ("held", "missing", "places", "found"),
    [
        ({7}, 0, PLACES, {"transactions in no snapshot": 1}),
        ({7, 8}, 1, PLACES, {"transactions in no snapshot": 1}),
        ({7, 8}, 0, PLACES[:2], {"changes not in Kafka": 1}),
        ({7, 8}, 0, [PLACES[0], *PLACES], {}),
        ({7, 8}, 0, [(7, 1), (7, 1), (8, 1)], {"changes not in Kafka": 1}),
        (set(), 2, [], {"transactions in no snapshot": 2, "changes not in Kafka": 3}),
    ],
)
def test_each_loss_is_counted(held: set[int], missing: int, places: list, found: dict[str, int]) -> None:
    lost = delivery.lost(LOGGED, held, missing, places)
    assert broken(lost) == found
    observed = observations.of_delivery(lost, {}, 2)
    assert outcome("nothing_lost", observed) == ("fail" if found else "pass")


@pytest.mark.parametrize(
    ("told", "places", "batches", "found"),
    [
        ([7, 8, 8], PLACES, BATCHES, "transactions told twice"),
        ([7, 8, 9], PLACES, BATCHES, "transactions never committed"),
        ([7, 8], [*PLACES, (8, 1)], BATCHES, "changes told twice"),
        ([7, 8], [*PLACES, (8, 2)], BATCHES, "changes never made"),
        ([7, 8], PLACES, [BATCHES[0], BATCHES[0]], "batches that do not begin where the one before ended"),
        # What a sink does that keeps its position apart, and is killed between the commit and the note of it.
        (
            [7, 8],
            PLACES,
            [BATCHES[0], (BATCHES[0][0], BATCHES[1][1])],
            "batches that do not begin where the one before ended",
        ),
    ],
)
def test_each_repetition_is_counted(told: list[int], places: list, batches: list, found: str) -> None:
    repeated = delivery.repeated(LOGGED, told, places, batches)
    assert broken(repeated) == {found: 1}
    observed = observations.of_delivery({}, repeated, 2)
    assert outcome("nothing_repeated", observed) == "fail"
    assert found in observed["nothing_repeated"].detail


def test_transactions_of_one_run_are_no_independent_tries_and_bound_nothing() -> None:
    found = observations.of_delivery({"lost": 0}, {}, 1000)["nothing_lost"]
    assert found.interval is None and found.detail == "of 1,000 transactions"


def waiting(
    monkeypatch: pytest.MonkeyPatch, arrived: list[set[int]], halted: bool = False, gives_up: bool = False
) -> int:
    """What `drain` returns where the source committed 1, 2 and 3, and the table holds one of `arrived` after another."""
    now = iter(range(1000))
    turns = iter(arrived)
    last: list[set[int]] = [set()]

    def ends(*_: Any) -> list[Committed]:
        last[0] = next(turns, last[0])
        return [Committed(xid, 0, 0.0, 0.0, 1) for xid in last[0]]

    monkeypatch.setattr(oracle, "changing", lambda dsn: {1, 2, 3})
    monkeypatch.setattr(
        oracle,
        "snapshots",
        lambda *_: [Snapshot(1, 0.0, {"cdc.position": '{"changes": {}, "transactions": 9}'})],
    )
    monkeypatch.setattr(oracle, "committed", ends)
    monkeypatch.setattr(
        under_load, "time", SimpleNamespace(monotonic=lambda: float(next(now)), sleep=lambda seconds: None)
    )
    own = SimpleNamespace(
        halted=halted,
        mend=lambda: gives_up,
        database=SimpleNamespace(dsn=""),
        sink=SimpleNamespace(check=lambda: None),
        catalog=SimpleNamespace(uri=""),
        broker=SimpleNamespace(bootstrap=""),
    )
    return under_load.drain(own, patience_s=10)  # type: ignore[arg-type]


def test_what_arrives_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [{1}] * 8 + [{1, 2}] * 8 + [{1, 2, 3}]
    assert waiting(monkeypatch, slow) == 0


def test_a_transaction_that_never_arrives_is_a_failed_criterion(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = waiting(monkeypatch, [{1}, {1, 3}])
    assert missing == 1
    lost = delivery.lost({1: 1, 2: 1, 3: 1}, {1, 3}, missing, [(1, 1), (2, 1), (3, 1)])
    judged = judge_all(CRITERIA, observations.of_delivery(lost, {}, 3))
    verdict = conclude(judged, {})
    assert verdict.value == "fail" and "1 transactions in no snapshot" in verdict.reasons[0]


def test_no_more_is_waited_for_when_driver_or_connector_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    late = [{1}] * 5 + [{1, 2, 3}]
    assert waiting(monkeypatch, late, halted=True) == 2
    assert waiting(monkeypatch, late, gives_up=True) == 2
