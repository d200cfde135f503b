"""Merge semantics against brute force: random transactions, told as pgoutput and Debezium tell them."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bankhistory import HISTORIES, changed_key, played, settled
from lab.experiments.cdc_lakehouse.kit.sink.change import PLACEHOLDER, Row
from lab.experiments.cdc_lakehouse.kit.sink.merge import apply, net
from lab.experiments.cdc_lakehouse.workload.controls import placeholder_through, upserts_only


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
    assert (effect.base, effect.kept) == (1, {"note"})
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
    assert settled(placeholder_through(database.log[1:]), held)[2]["note"] == PLACEHOLDER
