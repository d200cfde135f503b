"""Merge semantics against brute force: random transactions, told as pgoutput and Debezium tell them."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankhistory import HISTORIES, changed_key, played, settled
from lab.experiments.cdc_lakehouse.kit.sink.change import UNCHANGED, Change, Row, unavailable
from lab.experiments.cdc_lakehouse.kit.sink.merge import apply, net
from lab.experiments.cdc_lakehouse.workload.controls import marker_through, upserts_only


@settings(max_examples=300, deadline=None)
@given(HISTORIES)
def test_apply_gives_the_tables_own_rows(history: list) -> None:
    database = played(history)
    assert apply(database.log, {}) == database.rows


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.integers(0, 8), st.randoms(use_true_random=False))
def test_one_merge_per_batch_gives_the_same_wherever_transactions_are_cut(
    history: list, cuts: int, chance: random.Random
) -> None:
    database = played(history)
    bounds = [*sorted(chance.randint(0, len(database.ends)) for _ in range(cuts)), len(database.ends)]
    table: dict[int, Row] = {}
    begin = 0
    for bound in bounds:
        xids = {end.xid for end in database.ends[begin:bound]}
        table = settled(net([one for one in database.log if one.xid in xids]), table)
        assert table == (database.states[bound - 1] if bound else {})
        begin = bound


def test_an_unchanged_value_moves_with_its_row_to_another_key() -> None:
    database = changed_key()
    assert database.log[-1].missing == {"note"}
    held = settled(net(database.log[:1]), {})
    (effect,) = [one for one in net(database.log[1:]).effects.values() if one.values]
    assert effect.base == 1 and "note" not in (effect.values or {})
    assert settled(net(database.log[1:]), held) == {2: database.rows[2]}


def test_cut_between_the_halves_of_a_changed_key_the_value_is_lost() -> None:
    database = changed_key()
    table: dict[int, Row] = {}
    for change in database.log:
        table = settled(net([change]), table)
    assert table[2]["note"] is None


def test_both_halves_of_a_changed_key_have_one_lsn() -> None:
    gone, made = changed_key().log[1:]
    assert gone.lsn == made.lsn and gone.place < made.place


def test_each_control_is_wrong_where_it_must_be() -> None:
    database = changed_key()
    database.begin()
    database.update(2, None, False)
    database.insert(3, None)
    database.delete(3)
    database.commit()
    assert set(settled(upserts_only(database.log), {})) == {1, 2, 3}
    held = settled(net(database.log[:1]), {})
    assert settled(marker_through(database.log[1:]), held)[2]["note"] == UNCHANGED


PRESENT = ("a", "b", "c")
_VALUES = st.none() | st.integers(0, 9) | st.just(UNCHANGED) | st.just([UNCHANGED])
_AFTER = st.dictionaries(st.sampled_from(PRESENT), _VALUES)
_KEY = st.integers(1, 4).map(lambda number: (number,))
_EVENTS = st.one_of(
    st.tuples(st.sampled_from("cur"), _KEY, _AFTER),
    st.tuples(st.just("d"), _KEY, st.none()),
    st.tuples(st.just("moved"), st.tuples(_KEY, _KEY), _AFTER),
    st.tuples(st.just("t"), st.none(), st.none()),
)


def events(drawn: list) -> list[Change]:
    found = []
    for place, (op, key, after) in enumerate(drawn):
        if op == "moved":
            old, new = key
            found += [
                Change("d", old, None, place, moved_to=new),
                Change("c", new, after, place, moved_from=old),
            ]
        else:
            found.append(Change(op, key, after, place))
    return found


@settings(max_examples=500, deadline=None)
@given(st.lists(_EVENTS, max_size=12), st.sets(_KEY))
def test_a_column_that_an_event_does_not_carry_is_kept_by_apply_and_by_merge(drawn: list, keys: set) -> None:
    """A generated column stands in a snapshot's rows and in no update; absent is not NULL."""
    table: dict = {key: {name: f"{name}{key[0]}" for name in PRESENT} for key in keys}

    def full(rows: dict) -> dict:
        return {key: [row.get(name) for name in PRESENT] for key, row in rows.items()}

    changes = events(drawn)
    assert full(apply(changes, table)) == full(settled(net(changes), table))


def test_absent_is_kept_and_null_is_written() -> None:
    table = {(1,): {"id": 1, "double": 2, "note": "x"}}
    update = [Change("u", (1,), {"id": 1, "note": None}, 5, 7, 1)]
    assert apply(update, table)[1,] == {"id": 1, "double": 2, "note": None}
    (effect,) = net(update).effects.values()
    assert effect.values == {"id": 1, "note": None} and effect.base == (1,)


@pytest.mark.parametrize(
    "value",
    [
        UNCHANGED,
        [UNCHANGED],
        [ord(one) for one in UNCHANGED],
        base64.b64encode(UNCHANGED.encode()).decode(),
        [base64.b64encode(UNCHANGED.encode()).decode()],
        {UNCHANGED: UNCHANGED},
        json.dumps({UNCHANGED: UNCHANGED}, separators=(",", ":")),
        ["b68a35a7-17ad-35b3-af2a-ae46edb4545a"],
    ],
)
def test_a_value_that_was_not_logged_is_none_in_any_form(value: object) -> None:
    assert unavailable(value)
    (effect,) = net([Change("u", (1,), {"id": 1, "x": value}, 5, 7, 1)]).effects.values()
    assert effect.values == {"id": 1}


@pytest.mark.parametrize(
    "value",
    ["", "x", [], ["x"], [1, 2], {}, {"a": 1}, None, True, 0, 1.5, "00000000-0000-0000-0000-000000000007"],
)
def test_a_value_is_no_placeholder(value: object) -> None:
    assert not unavailable(value)
