"""Where a batch ends: whatever was read, what is applied is a state of the source."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bankhistory import HISTORIES, ends_of, played, scattered, settled
from lab.experiments.cdc_lakehouse.kit.sink.batch import (
    IncompleteTransactionError,
    Read,
    at_transactions,
    mid_transaction,
)
from lab.experiments.cdc_lakehouse.kit.sink.change import Change, End, Row, parse_end
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
    seen = settled(net(mid_transaction(Read(halves, {}, {0: 0}, {0: 1}, 0, 0)).changes), rows)
    assert sum(row["n"] for row in seen.values()) == 9


def stream(*found: Change, ends: tuple[End, ...] = ()) -> Read:
    """Changes of one partition, and what was told of their transactions."""
    spread = {(0, offset): change for offset, change in enumerate(found)}
    return Read(spread, dict(enumerate(ends)), {0: 0}, {0: len(found)}, 0, len(ends))


def read_at(lsn: int, key: int, **more: bool) -> Change:
    return Change("r", (key,), {"id": key}, lsn, **more)


def test_rows_that_are_read_in_mid_stream_wait_for_no_last_one() -> None:
    """An incremental snapshot has none: its rows count where they stand."""
    batch = at_transactions(stream(read_at(5, 1, incremental=True), read_at(5, 2, incremental=True)))
    assert [one.key for one in batch.changes] == [(1,), (2,)] and batch.position == {0: 2}


def test_a_row_that_is_read_after_a_transaction_waits_for_its_end() -> None:
    change, read = Change("u", (1,), {"id": 1}, 5, 7, 1), read_at(8, 1, incremental=True)
    waiting = at_transactions(stream(change, read))
    assert not waiting.changes and waiting.position == {0: 0}
    both = at_transactions(stream(change, read, ends=(End(7, 6, 1),)))
    assert [one.op for one in both.changes] == ["u", "r"]


def test_a_row_that_was_read_before_a_truncate_is_gone_and_one_after_it_is_not() -> None:
    emptied = Change("t", None, None, 10, 7, 1)
    spread = {
        (0, 0): emptied,
        (1, 0): read_at(8, 1, incremental=True),
        (1, 1): read_at(12, 2, incremental=True),
    }
    batch = at_transactions(Read(spread, {0: End(7, 11, 1)}, {0: 0, 1: 0}, {0: 1, 1: 2}, 0, 1))
    assert set(apply(batch.changes, {})) == {(2,)}


def test_a_row_that_is_read_after_a_transaction_of_its_batch_overrules_it() -> None:
    """Deleted and made anew before a column was added: only the row that was read knows the column's default."""
    gone = Change("d", (1,), None, 10, 7, 1)
    made = Change("c", (1,), {"id": 1}, 11, 7, 2)
    read = Change("r", (1,), {"id": 1, "tier": "basic"}, 12, incremental=True)
    later = Change("u", (1,), {"id": 1, "tier": "gold"}, 14, 9, 1)
    ends = (End(7, 12, 2), End(9, 15, 1))
    assert apply(at_transactions(stream(gone, made, read, ends=ends[:1])).changes, {})[1,]["tier"] == "basic"
    both = at_transactions(stream(gone, made, read, later, ends=ends))
    assert [one.op for one in both.changes] == ["d", "c", "r", "u"]


def test_the_initial_snapshot_of_a_table_is_over_when_a_transaction_follows() -> None:
    """The last row of all may be another table's."""
    rows = (read_at(5, 1), read_at(5, 2))
    assert not at_transactions(stream(*rows)).changes
    assert len(at_transactions(stream(*rows, ends=(End(7, 9, 0),))).changes) == 2


def test_a_transaction_whose_end_is_gone_is_refused_and_not_passed_over() -> None:
    lost, taken = Change("u", (1,), {"id": 1}, 5, 7, 1), Change("u", (1,), {"id": 1}, 8, 8, 1)
    with pytest.raises(IncompleteTransactionError, match="its END was not read"):
        at_transactions(stream(lost, taken, ends=(End(8, 9, 1),)))


END = {"status": "END", "id": "731:99", "event_count": 3}
COLLECTIONS = [
    {"data_collection": "bank.account", "event_count": 1},
    {"data_collection": "b.c", "event_count": 1},
]


@pytest.mark.parametrize(("table", "count"), [("bank.account", 1), ("b.c", 1), ("bank.other", 0), (None, 3)])
def test_logical_messages_and_other_tables_do_not_count(table: str | None, count: int) -> None:
    found = parse_end(json.dumps(END | {"data_collections": COLLECTIONS}).encode(), table)
    assert found == End(731, 99, count)


def test_a_transaction_of_messages_alone_has_no_changes() -> None:
    found = parse_end(json.dumps(END | {"data_collections": None}).encode(), "bank.account")
    assert found is not None and found.events == 0
    assert at_transactions(stream(ends=(found,))).transactions_position == 1
