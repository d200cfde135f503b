"""Whether kills hit, what happened in the outages, what could be read after them; what the source committed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lab.evidence.criteria import judge
from lab.experiments.cdc_lakehouse import CRITERIA
from lab.experiments.cdc_lakehouse.judge import observations, operations
from lab.experiments.cdc_lakehouse.judge.operations import DANGEROUS, Operation
from lab.experiments.cdc_lakehouse.measure.kills import NEVER, Injected
from lab.experiments.cdc_lakehouse.params import Fault
from lab.experiments.cdc_lakehouse.workload.transactions import COLUMN, RELOAD
from lab.experiments.cdc_lakehouse.workload.writers import Done

EVERY = [Operation(kind, at) for at in (12.0, 32.0) for kind in DANGEROUS]


def killed(fault: Fault, hit: bool, at: float = 10.0, back: float = 20.0) -> Injected:
    return Injected(fault, at, back, hit)


def observed(
    faults: list[Injected],
    found: list[Operation] = EVERY,
    commits: tuple[float, ...] = (21.0, 23.0, 25.0, 41.0, 43.0, 45.0),
) -> dict[str, Any]:
    load = SimpleNamespace(faults=faults, over=50.0)
    asked: list[Fault] = [one.fault for one in faults]
    return observations.of_faults(asked, load, found, commits)  # type: ignore[arg-type]


def outcome(name: str, found: dict[str, Any]) -> str:
    return judge(next(one for one in CRITERIA if one.name == name), found).outcome


BOTH = [killed("spark_batch", True), killed("connect", True, 30.0, 40.0)]


def test_kills_that_hit_are_enough() -> None:
    found = observed(BOTH)
    assert {outcome(name, found) for name in found} == {"pass"}
    assert found["snapshots_after_recovery"].detail == "spark_batch: 3; connect: 3"


def test_a_fault_that_never_hit_its_window_is_told() -> None:
    again = [killed("spark_batch", False), killed("connect", True), killed("spark_batch", True)]
    assert outcome("killed_at_work", observed(again)) == "pass"
    idle = observed(again[:2])
    assert outcome("killed_at_work", idle) == "fail"
    assert "spark_batch (missed)" in idle["killed_at_work"].detail


def test_a_kill_that_was_left_out_is_told() -> None:
    load = SimpleNamespace(faults=BOTH, over=50.0)
    found = observations.of_faults(["spark_batch", "spark_commit", "connect"], load, EVERY, [])  # type: ignore[arg-type]
    assert found["killed_at_work"].value == 1 and outcome("killed_at_work", found) == "fail"


def test_snapshots_behind_the_end_of_the_load_or_the_next_kill_do_not_count() -> None:
    late = observed(BOTH, commits=(21.0, 23.0, 25.0, 41.0, 51.0, 53.0))
    assert outcome("snapshots_after_recovery", late) == "fail"
    assert late["snapshots_after_recovery"].value == 1
    early = observed(BOTH, commits=(15.0, 21.0, 35.0, 41.0, 43.0))
    assert early["snapshots_after_recovery"].detail == "spark_batch: 1; connect: 2"


def test_no_snapshot_follows_an_outage_without_end() -> None:
    found = observed([killed("connect", True, 30.0, NEVER)])
    assert found["snapshots_after_recovery"].value == 0
    assert outcome("operations_in_outage", found) == "pass"  # up to the end of the load


def test_outages_without_a_truncate_are_told() -> None:
    one = observed(BOTH, [one for one in EVERY if one.kind != RELOAD or one.at < 20])
    assert outcome("operations_in_outage", one) == "pass"
    none = observed(BOTH, [one for one in EVERY if one.kind != RELOAD])
    assert outcome("operations_in_outage", none) == "fail"
    assert "TRUNCATE in any of them, 0" in none["operations_in_outage"].detail


def test_an_outage_without_one_kind_of_change_is_told() -> None:
    found = observed(BOTH, [one for one in EVERY if one.kind != "key changed twice" or one.at < 20])
    assert outcome("operations_in_outage", found) == "fail"
    assert "connect: fewest key changed twice, 0" in found["operations_in_outage"].detail


def test_without_faults_nothing_follows_them() -> None:
    found = observed([])
    assert found["killed_at_work"].value == 0
    assert outcome("snapshots_after_recovery", found) == "fail"


LEFT: dict[str, list[tuple[str, int | None]]] = {
    "transfer": [("w", 5), ("w", 9)],
    "touch, note unchanged": [("w", 5)],
    "new note": [("w", 5)],
    "open": [("w", 90), ("w", 5)],
    "close": [("d", 5), ("w", 9)],
    "delete and re-insert": [("d", 5), ("w", 5)],
    "change of key": [("d", 5), ("w", 90)],
    "key changed twice": [("d", 5), ("w", 90), ("d", 90), ("w", 91)],
    "key changed and row updated": [("d", 5), ("w", 90), ("w", 90)],
    RELOAD: [("t", None), ("w", 1), ("w", 2)],
    COLUMN: [("w", 1), ("w", 6)],
}


def committed(kind: str, left: list[tuple[str, int | None]]) -> int:
    log = [(1, "w", 1), *[(7, op, key) for op, key in left], (8, "w", 5)]
    return len(operations.committed(log, [Done(kind, 7, 0.0, 0.0)]))


@pytest.mark.parametrize("kind", LEFT)
def test_an_operation_counts_only_if_the_source_logged_it(kind: str) -> None:
    assert committed(kind, LEFT[kind]) == 1
    assert committed(kind, []) == 0
    assert committed(kind, [*LEFT[kind], ("d", 5)]) == 0


def test_an_update_of_another_row_is_not_one_of_the_row_whose_key_changed() -> None:
    assert committed("key changed and row updated", [("d", 5), ("w", 90), ("w", 6)]) == 0


def test_what_was_rolled_back_has_no_number() -> None:
    assert len(operations.committed([], [Done("rolled back", None, 0.0, 0.0)])) == 1
    assert not operations.committed([], [Done("transfer", None, 0.0, 0.0)])


def test_too_few_of_a_kind_are_told() -> None:
    enough = dict.fromkeys(operations.NEEDED, 10)
    assert not operations.too_rare(enough)
    assert operations.too_rare(enough | {RELOAD: 1, "close": 9}) == {RELOAD: 1, "close": 9}
