"""The comparison and the oracle on known-bad tables; the envelope as Debezium sent it."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pandas as pd
import pytest

from lab.errors import ParameterError
from lab.evidence.criteria import judge, judge_control
from lab.evidence.params import parse as parse_params
from lab.experiments.cdc_lakehouse import CONTROLS, CRITERIA, KIT, Params, oracle
from lab.experiments.cdc_lakehouse.judge import observations
from lab.experiments.cdc_lakehouse.kit.sink.change import parse, parse_end
from lab.experiments.cdc_lakehouse.kit.sink.position import Position, position
from lab.experiments.cdc_lakehouse.kit.verify import compare
from lab.experiments.cdc_lakehouse.workload import source, transactions, writers

SAME = {"1": "a", "2": "b"}


@pytest.mark.parametrize(
    ("lake", "wrong"),
    [
        (SAME, (0, 0, 0)),
        ({"1": "a"}, (1, 0, 0)),
        (SAME | {"3": "c"}, (0, 1, 0)),
        (SAME | {"2": "x"}, (0, 0, 1)),
        ({"3": "a"}, (2, 1, 0)),
    ],
)
def test_every_kind_of_difference_is_found(lake: dict[str, str], wrong: tuple[int, int, int]) -> None:
    found = compare(SAME, lake)
    assert (found.missing, found.extra, found.different) == wrong
    assert found.consistent == (wrong == (0, 0, 0)) == (found.source_checksum == found.lake_checksum)


def test_the_rate_counts_keys_of_both_sides() -> None:
    assert compare(SAME, {"2": "b", "3": "c"}).rate == pytest.approx(1 / 3)
    assert compare({}, {}).rate == 1


LOG = [
    (1, "w", 1, Decimal(5), "a"),
    (1, "w", 2, Decimal(5), "b"),
    (7, "w", 1, Decimal(4), "a2"),
    (8, "t", None, None, None),
    (8, "w", 2, Decimal(9), "b2"),
    (7, "d", 2, None, None),
]


def test_the_oracle_replays_only_what_is_included() -> None:
    first, second, third = oracle.states(LOG, [{1}, {1, 8}, {1, 7, 8}])
    assert (first.digests, first.total) == ({1: "a", 2: "b"}, Decimal(10))
    assert (second.digests, second.total) == ({2: "b2"}, Decimal(9))
    assert third.digests == {}


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(
        {"wrong": [0, 0], "total": [Decimal(10)] * 2, "expected": [Decimal(10)] * 2} | columns
    )


def outcome(name: str, observed: dict) -> str:
    return judge(next(one for one in CRITERIA if one.name == name), observed).outcome


def test_a_torn_transfer_at_one_snapshot_is_enough() -> None:
    good = observations.of_table(compare(SAME, SAME), table())
    torn = observations.of_table(compare(SAME, SAME), table(total=[Decimal(9), Decimal(10)], wrong=[1, 0]))
    assert outcome("sum_at_every_snapshot", good) == outcome("consistency_rate", good) == "pass"
    assert outcome("sum_at_every_snapshot", torn) == outcome("consistency_rate", torn) == "fail"
    assert outcome("rows_equal_source", torn) == "pass"


def test_each_control_is_judged_by_a_criterion_that_it_can_break() -> None:
    bad = observations.of_table(compare(SAME, {}), table(total=[Decimal(0)] * 2, wrong=[2, 2]))
    assert {judge_control(one, CRITERIA, bad).outcome for one in CONTROLS} == {"fail"}


def test_an_envelope_is_read_as_debezium_writes_it() -> None:
    event = {
        "op": "c",
        "after": {"id": 101, "note": "__debezium_unavailable_value"},
        "source": {"lsn": 22322248, "txId": 729, "snapshot": "false"},
        "transaction": {"id": "729:22322248", "total_order": 2, "data_collection_order": 2},
    }
    headers = [("__debezium.oldkey", b'{"id":1}')]
    change = parse(b'{"id":101}', json.dumps(event).encode(), headers)
    assert change is not None
    assert (change.key, change.moved_from, change.xid, change.place) == ((101,), (1,), 729, 2)
    assert change.missing == {"note"}
    assert parse(b'{"id":1}', None) is None
    emptied = parse(None, json.dumps(event | {"op": "t", "after": None}).encode())
    assert emptied is not None and emptied.key is None
    with pytest.raises(ValueError, match="has no key"):
        _ = emptied.row


def test_an_end_is_ordered_by_its_commit() -> None:
    end = {"status": "END", "id": "731:22370840", "event_count": 3}
    found = parse_end(json.dumps(end).encode())
    assert found is not None and (found.xid, found.lsn, found.events) == (731, 22370840, 3)
    assert parse_end(json.dumps(end | {"status": "BEGIN"}).encode()) is None


def test_a_position_survives_the_snapshots_summary() -> None:
    here = Position({0: 5, 1: 7}, 3)
    assert position(here.text()) == here


def test_the_connectors_configuration_is_complete() -> None:
    found = source.connector("postgresql://lab@127.0.0.1:5433/bank", "cdc", 3)
    assert not [value for value in found.values() if "$" in value]
    assert found["skipped.operations"] == "none" and found["database.port"] == "5433"
    assert found["topic.creation.transaction.include"] == r"cdc\.transaction"
    assert {"connector.json", "connect.properties", "source.sql", "verify.py", "README.md"} <= {
        one.name for one in KIT.iterdir()
    }


def test_the_workload_is_planned_to_its_size() -> None:
    assert sum(share for share, _ in transactions.KINDS.values()) == pytest.approx(1)
    assert set(transactions.ACTIONS) == {*transactions.KINDS, transactions.RELOAD, transactions.COLUMN}
    assert writers._mix(500).count("key changed twice") == 10
    assert set(writers._mix(150)) == set(transactions.KINDS)
    assert writers.transactions(Params()) == pytest.approx(Params().operations / 1.7, rel=0.1)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"intervals": (2.0,)}, "at least 2 items"),
        ({"intervals": (5.0, 2.0)}, "in ascending order"),
        ({"intervals": (0.1, 2.0)}, "between 0.5 and 600"),
        ({"intervals": (2.0, 50.0)}, "three commits at each before the first fault take seconds = 422"),
        ({"writers": 16}, "each needs 20 accounts of its own, and accounts = 300"),
        ({"faults": ("connect", "connect")}, "each may be named once"),
        ({"faults": ("kafka",)}, "'spark_batch', 'spark_commit' or 'connect'"),
        ({"raet": 1}, "unknown parameter 'raet'"),
        ({"seconds": 5}, "greater than or equal to 10"),
    ],
)
def test_wrong_parameters_are_named(wrong: dict, told: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(told)):
        parse_params(Params, wrong)
