"""Where a batch ends: whatever was read, what is applied is a state of the source."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankhistory import HISTORIES, ends_of, played, scattered, settled
from lab.experiments.cdc_lakehouse.kit.sink.batch import (
    IncompleteTransactionError,
    Read,
    anywhere,
    at_transactions,
)
from lab.experiments.cdc_lakehouse.kit.sink.change import Change, End, Row
from lab.experiments.cdc_lakehouse.kit.sink.merge import apply, net


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.data())
def test_batches_end_where_transactions_end_whatever_was_read(history: list, data: st.DataObject) -> None:
    """Any prefix of the partitions that holds what the read ENDs count: the batch is a state of the source."""
    database = played(history)
    count = data.draw(st.integers(0, len(database.ends)))
    complete = {end.xid for end in database.ends[:count]}
    spread = scattered(database.log)
    more = {number: data.draw(st.integers(0, 5)) for number in range(3)}
    seen = {
        place: change
        for place, change in spread.items()
        if change.xid in complete or place[1] < more[place[0]]
    }
    seen = {
        place: one
        for place, one in spread.items()
        if place[1] <= max((o for p, o in seen if p == place[0]), default=-1)
    }
    read = Read(
        seen, dict(enumerate(database.ends[:count])), dict.fromkeys(range(3), 0), ends_of(seen), 0, count
    )
    batch = at_transactions(read)
    assert settled(net(batch.changes), {}) == (database.states[count - 1] if count else {})
    rest = [one for place, one in spread.items() if place[1] >= batch.position[place[0]]]
    assert {one.xid for one in rest} == {one.xid for one in database.log} - complete


@settings(max_examples=200, deadline=None)
@given(HISTORIES, st.data())
def test_parts_of_what_was_read_are_what_smaller_batches_would_have_read(
    history: list, data: st.DataObject
) -> None:
    """Replayed part by part, the safe design passes only through states of the source, and ends at the last one."""
    database = played(history)
    spread = scattered(database.log)
    count = len(database.ends)
    whole = Read(
        spread, dict(enumerate(database.ends)), dict.fromkeys(range(3), 0), ends_of(spread), 0, count
    )
    bounds = [*sorted(data.draw(st.lists(st.integers(0, count), max_size=4))), count]
    table: dict[int, Row] = {}
    position, begin = whole.position, 0
    for bound in bounds:
        batch = at_transactions(whole.part(position, whole.end, (begin, bound)))
        table = settled(net(batch.changes), table)
        assert table == (database.states[bound - 1] if bound else {})
        position, begin = batch.position, batch.transactions_position


def test_ordering_by_commit_not_by_id() -> None:
    """Transaction 7 began first, updated last and committed last."""
    first = Change("u", 1, {"id": 1, "n": "by 8"}, 10, 8, 1)
    second = Change("u", 1, {"id": 1, "n": "by 7"}, 12, 7, 1)
    read = Read(
        {(0, 0): second, (1, 0): first},
        {0: End(7, 13, 1), 1: End(8, 11, 1)},
        {0: 0, 1: 0},
        {0: 1, 1: 1},
        0,
        2,
    )
    assert apply(at_transactions(read).changes, {})[1]["n"] == "by 7"


def test_an_end_without_its_changes_is_refused() -> None:
    read = Read({}, {0: End(7, 13, 1)}, {0: 0}, {0: 0}, 0, 1)
    with pytest.raises(IncompleteTransactionError, match="transaction 7 has 1 changes, 0 of them"):
        at_transactions(read)


def test_snapshot_rows_wait_for_the_last_of_them() -> None:
    row = Change("r", 1, {"id": 1}, 5)
    begun = Read({(0, 0): row}, {}, {0: 0}, {0: 1}, 0, 0)
    assert at_transactions(begun).position == {0: 0}
    last = Change("r", 2, {"id": 2}, 5, last_of_snapshot=True)
    whole = Read({(0, 0): row, (0, 1): last}, {}, {0: 0}, {0: 2}, 0, 0)
    assert len(at_transactions(whole).changes) == 2


def test_a_cut_anywhere_breaks_a_transfer_in_two() -> None:
    rows = {1: {"id": 1, "n": 5}, 2: {"id": 2, "n": 5}}
    halves = {(0, 0): Change("u", 1, {"id": 1, "n": 4}, 10, 7, 1)}
    seen = settled(net(anywhere(Read(halves, {}, {0: 0}, {0: 1}, 0, 0)).changes), rows)
    assert sum(row["n"] for row in seen.values()) == 9
