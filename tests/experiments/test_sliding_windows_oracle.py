"""Spark's rule on histories of which the outcome is known; DuckDB's windows against plain loops; the generator."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.sliding_windows import Batch, Params, admitted, arrivals, replay
from lab.experiments.sliding_windows.kit import generate
from lab.experiments.sliding_windows.measure.sink import read
from lab.experiments.sliding_windows.oracle.truth import compare, truth
from lab.experiments.sliding_windows.workload.log import BEGIN_MS, clock, log, sentinel_ms

MINUTE = 60_000


def history(*batches: list[tuple[int, int]]) -> tuple[list[Batch], pd.DataFrame]:
    """Batches of (event_id, minute of the event) in one partition; watermarks are left at 0."""
    rows = [(one, minute * MINUTE) for batch in batches for one, minute in batch]
    messages = pd.DataFrame(rows, columns=["event_id", "event_ms"]).assign(partition=0)
    messages["offset"] = range(len(messages))
    ends = np.cumsum([len(batch) for batch in batches]).tolist()
    return [Batch(number, {0: end}, 0) for number, end in enumerate(ends)], messages


def test_a_batch_is_filtered_by_the_watermark_of_the_batch_before() -> None:
    # Minute 31 less the allowed 2: the next batch runs at 29, and the one after drops what is at 29 or before.
    batches, messages = history([(0, 31)], [(1, 2)], [(2, 29), (3, 30)])
    found = replay(batches, messages, 2 * MINUTE)
    assert found.watermarks_ms.tolist() == [0, 29 * MINUTE, 29 * MINUTE]
    assert found.late.tolist() == [False, False, True, False]
    assert admitted(messages, found).tolist() == [0, 1, 3]


def test_a_batch_without_data_brings_the_filter_up_to_date() -> None:
    batches, messages = history([(0, 31)], [], [(1, 2)])
    assert replay(batches, messages, 2 * MINUTE).late.tolist() == [False, True]


def test_without_lateness_three_batches_may_lose_nothing() -> None:
    batches, messages = history([(0, 10)], [(1, 9), (2, 20)], [(3, 15)])
    assert not replay(batches, messages, 0).late.any()


def test_a_watermark_never_falls_and_late_rows_move_it_on_too() -> None:
    batches, messages = history([(0, 60)], [(1, 5)], [(2, 10)], [(3, 90)], [])
    found = replay(batches, messages, 0)
    assert (found.watermarks_ms // MINUTE).tolist() == [0, 60, 60, 60, 90]
    assert found.differing(batches) == 4


def test_an_event_counts_by_any_of_its_copies_and_is_listed_once() -> None:
    batches, messages = history([(0, 31), (1, 30)], [(1, 30)], [(1, 30)])
    assert admitted(messages, replay(batches, messages, 0)).tolist() == [0, 1]


def test_partitions_are_read_each_at_its_own_pace() -> None:
    messages = pd.DataFrame(
        {"event_id": [0, 1, 2], "event_ms": [MINUTE] * 3, "partition": [1, 0, 1], "offset": [0, 0, 1]}
    )
    batches = [Batch(0, {0: 1}, 0), Batch(1, {0: 1, 1: 1}, 0)]
    found = replay(batches, messages, 0)
    assert found.batch.tolist() == [1, 0, 2]
    assert not found.read


def test_a_batch_that_was_not_recorded_is_an_error() -> None:
    batches, messages = history([(0, 1)], [(1, 2)])
    with pytest.raises(ValueError, match="without a gap"):
        replay(batches[1:], messages, 0)


def by_hand(events: pd.DataFrame, size: int, slide: int) -> dict[tuple[str, int], list[int]]:
    """Values by user and window, event by event and window by window."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in events.drop_duplicates("event_id").itertuples():
        for start in range(0, int(row.event_ms) + 1, slide):  # type: ignore[call-overload]
            if start <= row.event_ms < start + size:
                found[str(row.user), start].append(int(row.value))  # type: ignore[call-overload]
    return found


@pytest.mark.parametrize(("size", "slide"), [(60, 60), (60, 20), (300, 60)])
def test_the_truth_is_what_plain_loops_find(size: int, slide: int) -> None:
    moments = np.random.default_rng(5).integers(3_600_000, 3_900_000, 150)
    made = pd.DataFrame(arrivals(moments, 3, 120, 0.3, 0.0, seed=2))
    made["user"] = "user-" + made["user"].astype(str)
    keep = made["event_id"].unique()[::2]
    known = truth(made, size * 1_000, slide * 1_000, keep)
    hand = by_hand(made, size * 1_000, slide * 1_000)
    found = {
        (row.user, row.start_ms): (row.count_, row.sum_, row.mean_, row.distinct_)
        for row in known.rename(columns=lambda name: f"{name}_" if name in ("count", "sum", "mean", "distinct") else name)
        .itertuples()
    }  # fmt: skip
    assert found == {
        place: (len(own), sum(own), pytest.approx(sum(own) / len(own)), len(set(own)))
        for place, own in hand.items()
    }
    kept = by_hand(made[made["event_id"].isin(keep)], size * 1_000, slide * 1_000)
    told = known[known["kept_count"] > 0].set_index(["user", "start_ms"])["kept_sum"].to_dict()
    assert told == {place: sum(own) for place, own in kept.items()}


def test_a_window_of_which_nothing_is_let_in_need_not_be_there() -> None:
    made = pd.DataFrame(arrivals(np.array([3_600_000]), 1, 120, 0.0, 0.0, seed=1)).assign(user="user-0")
    known = truth(made, MINUTE, MINUTE, np.array([], dtype=np.int64))
    none = pd.DataFrame({name: [] for name in ("user", "start_ms", "count", "sum", "mean", "distinct")})
    both = compare(known, none.astype({"user": object, "start_ms": "int64"}))
    assert (both["equal"].tolist(), both["as_kept"].tolist(), both["over"].tolist()) == (
        [False],
        [True],
        [False],
    )


def test_the_generator_keeps_its_word() -> None:
    moments = np.sort(np.random.default_rng(1).integers(0, 3 * 3_600_000, 50_000))
    made = arrivals(moments, 100, 120, 0.05, 0.01, seed=1)
    first, copies = made[~made["copy"]], made[made["copy"]]
    assert len(first) == 50_000 and abs(len(copies) / 2_500 - 1) < 0.1
    late = first["delay_ms"] >= 120_000
    assert abs(late.mean() / 0.01 - 1) < 0.2
    assert first["delay_ms"][late].min() >= generate.LATE_FROM_S * 1_000
    # Every copy is its event again, and comes after it.
    by_id = pd.DataFrame(first).set_index("event_id")
    own = by_id.loc[copies["event_id"]]
    assert all((own[name].to_numpy() == copies[name]).all() for name in ("user", "event_ms", "value"))
    assert (copies["delay_ms"] > own["delay_ms"].to_numpy()).all()
    apart = copies["delay_ms"] - own["delay_ms"].to_numpy()
    assert 0.3 < (apart > 180_000).mean() < 0.6  # far apart
    assert (np.diff(made["event_ms"] + made["delay_ms"]) >= 0).all()


def test_the_same_seed_gives_the_same_events_and_none_gives_none() -> None:
    moments = np.arange(1_000) * 500
    assert (arrivals(moments, 9, 120, 0.1, 0.1, 3) == arrivals(moments, 9, 120, 0.1, 0.1, 3)).all()
    assert len(arrivals(moments[:0], 9, 120, 0.1, 0.1, 3)) == 0


def test_the_log_is_sent_in_order_within_its_time_and_the_sentinel_closes_all() -> None:
    params = Params(events=5_000)
    made, own = log(params), clock(params)
    due_s = made["due_ns"].to_numpy() / 1e9
    assert (np.diff(due_s) >= 0).all() and due_s[-1] <= params.seconds
    assert own.stream_at(own.due_s(5_000_000.0)) == pytest.approx(5_000_000)
    # Half of the sending goes to the last minutes and the longest delay in time after them.
    first, last = own.due_s([(params.hours * 60 - params.slow_minutes) * 60e3, params.hours * 3.6e6 + 120e3])
    assert last - first == pytest.approx(params.seconds / 2)
    assert ((due_s > first) & (due_s < last)).mean() > 0.25
    closed = sentinel_ms(params) - params.max_delay_s * 1_000
    assert made["event_ms"].max() + 3_600_000 <= closed
    assert made["event_ms"].min() >= BEGIN_MS
    assert made.groupby("user")["partition"].nunique().max() == 1


def test_what_arrived_is_read_with_its_moment_and_without_strangers(tmp_path) -> None:  # type: ignore[no-untyped-def]
    line = (
        '{"arrival_ns":%d,"user":"%s","start":"2026-01-01T00:00:00.000Z","end":"2026-01-01T00:05:00.000Z",'
        '"count":2,"sum":7,"mean":3.5,"distinct":2,"upto":9}\n'
    )
    path = tmp_path / "sink.jsonl"
    path.write_text(line % (2, "user-1") + line % (1, "sentinel") + line % (1, "user-2"))
    found = read(path, "user-")
    assert found["user"].tolist() == ["user-2", "user-1"]
    assert found["start_ms"].tolist() == [BEGIN_MS] * 2
    assert found["end_ms"].tolist() == [BEGIN_MS + 300_000] * 2
    assert found["mean"].tolist() == [3.5, 3.5]


@pytest.mark.parametrize(
    "given",
    [
        {"events": 10}, {"users": "many"}, {"seconds": 1}, {"hours": 0}, {"max_delay_s": 0}, {"duplicate_share": 0},
        {"late_share": 1.5}, {"slides_s": (30, 70, 300)}, {"slides_s": (30, 60)}, {"price_slides_s": (60, 300, 1200, 3600)},
        {"price_slides_s": (3600, 60)}, {"seed": -1}, {"raet": 1}, {"trigger_s": True},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(given: dict) -> None:
    with pytest.raises(ParameterError):
        parameters.parse(Params, given)
