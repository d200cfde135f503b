"""Known-bad histories: each check must see what is wrong with them."""

from __future__ import annotations

import time
from dataclasses import replace
from queue import SimpleQueue
from random import Random
from unittest import mock

import numpy as np
import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.kafka_lag.judge.checks import (
    Occupancy,
    check_delivery,
    check_little,
    check_placement,
    overtaken,
)
from lab.experiments.kafka_lag.judge.window import median_slopes, steady_rate
from lab.experiments.kafka_lag.measure import consumer
from lab.experiments.kafka_lag.measure.worker import MESSAGE, Simulated, Waiting, _serve
from lab.experiments.kafka_lag.mechanism import keyed, murmur2, partition_for, random_sticky, salting
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.workload.messages import prepare
from lab.experiments.kafka_lag.workload.variants import Load, Topic, Variant, hot_keys, key_names, popularity
from lab.load.stamped import headers, payloads

# org.apache.kafka.common.utils.UtilsTest.testMurmur2
VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "digest"), VECTORS.items())
def test_murmur2_gives_what_kafkas_own_tests_expect(key: bytes, digest: int) -> None:
    assert murmur2(key) == digest


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_partition_is_within_the_topic(key: bytes, partitions: int) -> None:
    assert 0 <= partition_for(key, partitions) < partitions


def test_sticky_changes_the_partition_only_between_batches() -> None:
    chosen = [random_sticky(b"", i, 6) for i in range(60_000)]
    changes = [i for i in range(1, len(chosen)) if chosen[i] != chosen[i - 1]]
    assert changes
    assert all(i % 100 == 0 for i in changes)
    assert np.bincount(chosen).min() > 8_000


def test_salting_spreads_only_the_hot_key() -> None:
    salted = salting({b"hot"})
    assert len({salted(b"hot", i, 6) for i in range(100)}) == 6
    assert {salted(b"cold", i, 6) for i in range(100)} == {partition_for(b"cold", 6)}


def test_delivery_sees_loss_and_duplicates() -> None:
    assert check_delivery(np.array([5, 6, 7]), first=5, count=3).wrong == 0
    assert check_delivery(np.array([5, 7]), 5, 3).missing == 1
    assert check_delivery(np.array([5, 6, 6, 7]), 5, 3).duplicated == 1
    assert check_delivery(np.array([5, 6, 99]), 5, 3).missing == 1  # the last one came with a wrong number
    # As many as were sent, and yet one lost and one doubled.
    assert check_delivery(np.array([5, 5, 7]), 5, 3).wrong == 2


@given(st.permutations(list(range(20))))
def test_delivery_does_not_depend_on_order(order: list[int]) -> None:
    assert check_delivery(np.array(order), 0, 20).wrong == 0


def test_a_client_that_ignores_the_partition_is_caught() -> None:
    """It happened: a batch call took the key's own hash instead of the partition it was given."""
    named = np.array([0, 1, 2, 0])
    assert check_placement(np.array([12, 10, 11, 13]), np.array([2, 0, 1, 0]), 10, named) == 0
    assert check_placement(np.array([10, 11, 12, 13]), np.array([0, 0, 0, 0]), 10, named) == 2


def test_rate_survives_a_hiccup_at_the_edge_but_not_a_slow_generator() -> None:
    even = np.arange(2_000)  # ms, one message each: 1,000/s
    late_start = np.maximum(even, 130)
    assert steady_rate(even) == pytest.approx(1_000)
    assert steady_rate(late_start) == pytest.approx(1_000, rel=0.002)
    assert steady_rate((even * 1.03).astype(int)) == pytest.approx(1_000 / 1.03, rel=0.001)
    assert np.isnan(steady_rate(even[:19]))


def test_growth_is_told_per_partition_and_survives_a_hiccup() -> None:
    moments = np.linspace(0, 4, 41)
    lag = np.column_stack([100 + 0 * moments, 250 * moments])
    assert median_slopes(moments, lag) == pytest.approx([0, 250])
    lag[30:36] += [[900], [700], [500], [300], [200], [100]]  # all were late once, and caught up
    assert median_slopes(moments, lag) == pytest.approx([0, 250], abs=20)


def test_growth_of_too_few_samples_is_unknown() -> None:
    assert np.isnan(median_slopes([0, 1], np.zeros((2, 3)))).all()


def queue(commit_delay_s: float, seed: int = 1) -> Occupancy:
    """A simulated system: 1,000 arrivals/s, each stays 50 ms; lag counted from the same arrivals."""
    arrivals = np.sort(np.random.default_rng(seed).uniform(0.1, 4.5, 4_400))
    leaves = arrivals + 0.05
    moments = np.linspace(0, 5, 101)
    lag = np.array([((arrivals <= t) & (leaves > t)).sum() for t in moments])
    return Occupancy(moments, lag, leaves - arrivals + commit_delay_s)


def test_littles_law_holds_for_a_simulated_queue() -> None:
    assert check_little([queue(0), queue(0, seed=2)]).error < 0.05


def test_littles_law_catches_a_sojourn_time_measured_at_the_wrong_boundary() -> None:
    found = check_little([queue(0.025)])
    assert found.error > 0.15
    assert found.conclusive(0.15)


def test_littles_law_with_few_wild_samples_is_inconclusive() -> None:
    found = check_little([Occupancy(np.arange(4.0), np.array([0, 90, 5, 0]), np.full(100, 0.5))])
    assert found.error > 0.15
    assert not found.conclusive(0.15)


def test_a_worker_serves_in_order_at_its_own_pace() -> None:
    worker = Simulated(service_ns=10)
    worker.take(batch([1, 2, 3]), now_ns=100)
    worker.take(batch([4]), now_ns=105)  # must wait for the three before it
    assert worker.finished(109) == 0
    assert worker.finished(120) == 2
    assert worker.offset_after(2) == 3
    worker.commit(2, committed_ns=125)
    assert worker.finished(140) == 2
    assert [int(item) for part in worker.committed for item in part["sequence"]] == [1, 2]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50)), min_size=1, max_size=20))
def test_a_worker_never_serves_faster_than_its_cost(steps: list[tuple[int, int]]) -> None:
    worker, now, sequence = Simulated(service_ns=7), 0, 0
    for size, gap in steps:
        now += gap
        worker.take(batch(list(range(sequence, sequence + size))), now)
        sequence += size
    worker.commit(worker.finished(10**9), 10**9)
    finished = np.concatenate(worker.committed)["finished_ns"]
    assert len(finished) == sequence
    assert np.all(np.diff(finished) >= 7)


def batch(sequences: list[int]) -> np.ndarray:
    made = np.zeros(len(sequences), dtype=MESSAGE)
    made["sequence"] = made["offset"] = sequences
    return made


def test_zipf_follows_its_law() -> None:
    shares = popularity(1.2)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] / shares[9] == pytest.approx(10**1.2)
    assert popularity(0) == pytest.approx(np.full(1_000, 1 / 1_000))


def load(variant: Variant) -> Load:
    return Load("level", variant, Topic(6, 1_000), 20_000, 1)


def test_salted_zipf_keys_are_spread_and_unsalted_ones_are_not() -> None:
    hot = hot_keys(Params())
    plain = prepare(load(Variant("hot", keyed, 1.2)), 0, seed=1).arrivals()
    spread = prepare(load(Variant("salted", salting(hot), 1.2)), 0, seed=1).arrivals()
    assert plain.max() > 0.3 * 20_000
    assert spread.max() < 0.25 * 20_000


def test_a_strategy_that_names_no_partition_is_refused() -> None:
    with pytest.raises(ValueError, match=r"outside 0\.\.5"):
        prepare(load(Variant("wrong", lambda key, sequence, partitions: partitions, 0)), 0, seed=1)


@given(st.lists(st.integers(0, 2**62), min_size=1, max_size=50), st.integers(16, 300))
def test_payload_headers_round_trip(numbers: list[int], size: int) -> None:
    sequences = np.array(numbers, dtype=np.int64)
    made = payloads(sequences, sequences[::-1].copy(), size, seed=1)
    assert {len(body) for body in made} == {size}
    assert list(headers(made)["sequence"]) == numbers
    assert list(headers(made)["due_ns"]) == numbers[::-1]


def test_key_names_are_distinct() -> None:
    assert len(set(key_names())) == 1_000


class _Evicted:
    """A consumer whose group has gone on without it."""

    def commit(self, **_: object) -> None:
        raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION))


def test_a_commit_of_a_member_that_was_given_up_counts_nothing_as_committed() -> None:
    worker = Simulated(service_ns=0)
    worker.take(np.zeros(3, MESSAGE), now_ns=0)
    consumer._commit(_Evicted(), {("t", 0): worker})  # type: ignore[arg-type]
    assert worker.committed == []
    worker.forget()
    assert worker.finished(1) == 0


def test_a_waiting_worker_takes_its_time_and_says_what_it_took() -> None:
    worker = Waiting(service_ns=2_000_000)
    begin = time.monotonic_ns()
    worker.take(batch([1, 2, 3]), begin)
    while worker.finished(0) < 3:
        time.sleep(0.001)
    worker.commit(3, committed_ns=time.time_ns())
    (done,) = worker.committed
    assert done["finished_ns"][-1] - begin >= 6_000_000
    assert done["served_ns"].sum() == pytest.approx(done["finished_ns"][-1] - begin, abs=5_000_000)


def test_a_waiting_worker_keeps_its_mean_time_whatever_the_timer_does_and_loses_a_long_stop() -> None:
    slept = iter([3_000_000] * 5 + [500_000_000] + [1_000_000] * 5)
    clock = [0]

    def sleep(seconds: float) -> None:
        clock[0] += max(round(seconds * 1e9), 0) + next(slept) - 1_000_000

    times: list[tuple[int, int]] = []
    ahead: SimpleQueue[int] = SimpleQueue()
    ahead.put(12)  # one more than the clock has sleeps for, which ends the worker
    with (
        mock.patch("time.sleep", sleep),
        mock.patch("time.monotonic_ns", lambda: clock[0]),
        pytest.raises(StopIteration),
    ):
        _serve(ahead, times, 5_000_000)
    served = np.array([spent for _, spent in times]) / 1e6
    assert served[:5].sum() == pytest.approx(5 * 5 + 2)  # only the last one's oversleep is not made up yet
    assert served[5] > 490
    assert served[6:].sum() == pytest.approx(5 * 5 - 20, abs=5)


def test_what_a_waiting_worker_was_made_to_forget_is_not_counted_as_finished() -> None:
    worker = Waiting(service_ns=1_000_000)
    worker.take(batch(list(range(20))), 0)
    worker.forget()
    time.sleep(0.05)
    assert worker.finished(0) == 0


def test_a_message_that_was_overtaken_within_its_key_is_seen() -> None:
    keys = np.array([7, 7, 9, 7])
    late = overtaken(np.array([0, 1, 2, 3]), np.array([30, 20, 10, 40]), keys, parts=1)
    assert late.sum() == 1  # 0 came after 1; 2 is of another key
    assert not overtaken(np.array([0, 1, 2, 3]), np.array([30, 20, 10, 40]), keys, parts=2).any()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.randoms())
def test_overtaken_counts_what_a_slow_count_does(keys: list[int], random: Random) -> None:
    times = random.sample(range(100), len(keys))
    expected = sum(
        any(keys[j] == keys[i] and times[j] < times[i] for j in range(i + 1, len(keys)))
        for i in range(len(keys))
    )
    found = overtaken(np.arange(len(keys)), np.array(times), np.array(keys), parts=1)
    assert found.sum() == expected


@pytest.mark.parametrize("zipf", [0.0, 1.2])
def test_each_key_comes_as_often_as_its_popularity_says(zipf: float) -> None:
    window = prepare(load(Variant("keyed", keyed, zipf)), 0, seed=3)
    counts = np.array(list(window.key_counts.values()))
    assert np.abs(counts - popularity(zipf) * window.count).max() <= 1
    assert np.any(np.diff(window.key_ranks) < 0)  # in no order


@pytest.mark.parametrize("zipf", [0.0, 1.2])
def test_where_counts_are_compared_each_key_comes_evenly(zipf: float) -> None:
    swept = replace(load(Variant("keyed", keyed, zipf)), kind="sweep")
    window = prepare(swept, 0, seed=3)
    early = np.bincount(window.key_ranks[: window.count // 2], minlength=len(window.key_counts))
    late = np.array(list(window.key_counts.values())) - early
    assert np.abs(early - late).max() <= 2
    drawn = prepare(replace(swept, kind="level"), 0, seed=3)
    assert sorted(window.key_ranks) == sorted(drawn.key_ranks)
