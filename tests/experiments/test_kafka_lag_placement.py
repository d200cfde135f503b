"""What `placement` says of a reader's own keys: the right partition, or a refusal in words."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import ParameterError
from lab.experiments.kafka_lag.mechanism import (
    counts_that_hold,
    keys_to_salt,
    partition_for,
    placement,
    salting,
)
from lab.experiments.kafka_lag.params import by_the_mean
from lab.experiments.kafka_lag.present.findings import even
from lab.experiments.kafka_lag.workload.variants import by_shares, shares

COUNTS = st.dictionaries(st.binary(max_size=12), st.integers(0, 10**12), min_size=1).filter(
    lambda counts: any(counts.values())
)


@given(COUNTS, st.integers(1, 60))
def test_no_message_is_lost_and_each_key_is_where_kafka_puts_it(
    counts: dict[bytes, int], partitions: int
) -> None:
    found = placement(counts, partitions)
    assert sum(found.messages) == sum(counts.values())
    assert sum(found.keys) == sum(count > 0 for count in counts.values())
    for key, count in counts.items():
        assert found.messages[partition_for(key, partitions)] >= count
    assert found.share == pytest.approx(max(found.messages) / sum(counts.values()))
    assert found.times_fair * (1 + 1e-12) >= 1


@given(st.dictionaries(st.text(max_size=8), st.integers(1, 100), min_size=1), st.integers(1, 20))
def test_text_is_its_utf8(counts: dict[str, int], partitions: int) -> None:
    assert placement(counts, partitions) == placement(
        {key.encode(): count for key, count in counts.items()}, partitions
    )


def test_a_key_given_as_text_and_as_bytes_is_one_key() -> None:
    found = placement({"a": 1, b"a": 2}, 4)
    assert (max(found.messages), sum(found.keys)) == (3, 1)


def test_small_unsigned_counts_do_not_run_over() -> None:
    counts = pd.Series(np.full(300, 200, dtype=np.uint8), index=[f"k{n}" for n in range(300)])
    assert sum(placement(counts, 3).messages) == 60_000


@pytest.mark.parametrize("count", [np.int8(3), np.float32(3), 3.0, Fraction(3), np.uint64(3)])
def test_any_real_count_will_do(count: Any) -> None:
    assert placement({"a": count, "b": 0}, 1).messages == (3,)


@pytest.mark.parametrize("partitions", [0, -1, 2.5, 6.0, True, "6", None])
def test_what_is_no_number_of_partitions_is_refused(partitions: Any) -> None:
    with pytest.raises(ParameterError, match="partitions is"):
        placement({"a": 1}, partitions)
    with pytest.raises(ParameterError, match="partitions is"):
        partition_for(b"a", partitions)


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"a": 0},
        {"a": -1},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": None},
        {"a": "3"},
        {"a": Decimal(3)},
        {None: 1},
        {5: 1},
        {float("nan"): 1},
        {("a",): 1},
        {"\ud800": 1},
        {"a": 10**400},
        {"a": pd.NA},
        [("a", 1)],
        None,
    ],
)
def test_what_can_not_be_counted_is_refused(counts: Any) -> None:
    with pytest.raises(ParameterError, match=r"key|count"):
        placement(counts, 3)


def test_hot_keys_given_as_text_are_salted_too() -> None:
    assert len({salting({"hot"})(b"hot", number, 6) for number in range(100)}) == 6
    with pytest.raises(ParameterError, match="salts is"):
        salting({"hot"}, salts=0)


def test_a_hot_key_is_salted_however_its_bytes_come() -> None:
    spread = salting([b"hot", "hei\u00df"], salts=8)
    for one in ("hot", b"hot", bytearray(b"hot"), "hei\u00df", "hei\u00df".encode()):
        assert len({spread(one, number, 6) for number in range(100)}) > 1, one  # type: ignore[arg-type]
    assert spread("cold", 7, 6) == partition_for(b"cold", 6)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "partitions", "place"),
    [
        ("TT0124", 15, 10),  # tulios/kafkajs#1154
        ("fd7af248-ce5c-46a5-93d7-1c0c9005b99d", 32, 26),  # Blizzard/node-rdkafka#817
        ("354afe16-939a-4ea8-8e17-8bb0840b6886", 10, 4),  # Blizzard/node-rdkafka#616
        ("wu", 10, 0),  # nodefluent/node-sinek#39
        ("thing\u00e4\u00f6\u00fc\u00c4\u00d6\u00dc", 10, 2),  # nodefluent/node-sinek#40
    ],
)
def test_keys_of_other_clients_reports_are_where_java_puts_them(
    key: str, partitions: int, place: int
) -> None:
    assert partition_for(key, partitions) == place


def test_only_keys_of_partitions_that_are_too_full_are_salted() -> None:
    """The largest key of all may be in one that has room: to salt it would give its order up for nothing."""
    where = {key: partition_for(key, 4) for key in map(str, range(100))}
    large, *_ = (key for key, place in where.items() if place == 0)
    crowd = [key for key, place in where.items() if place == 1][:5]
    counts = {large: 25} | dict.fromkeys(crowd, 10)
    (hot,) = keys_to_salt(counts, 4, 1.5, 0.9)
    assert hot.decode() in crowd


def test_counts_whose_sum_is_no_number_are_refused() -> None:
    with pytest.raises(ParameterError, match="more than a float can hold"):
        placement({"a": 1e308, "b": 1e308}, 1)


def test_one_hot_key_that_is_no_collection_is_not_taken_for_its_letters() -> None:
    for key in ("hot", b"hot"):
        with pytest.raises(ParameterError, match="one key"):
            salting(key)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), None, "3"])
def test_a_load_or_a_number_of_workers_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ParameterError, match="workers is"):
        counts_that_hold({"a": 1}, wrong, 0.9, [3])
    with pytest.raises(ParameterError, match="load is"):
        keys_to_salt({"a": 1}, 3, 1, wrong)


@pytest.mark.parametrize(
    ("key", "place"),
    [(b"", 681), (b"a", 524), (b"ab", 434), (b"abc", 107), (b"123456789", 566), (b"\0 ", 742)],
)
def test_short_keys_and_the_empty_one_are_where_other_clients_put_them(key: bytes, place: int) -> None:
    assert partition_for(key, 1_000) == place  # as kafka-python and Java do, of 1,000 partitions


def test_the_counts_that_hold_are_those_whose_fullest_partition_has_room() -> None:
    keys = shares(1.2)
    held = counts_that_hold(keys, 1 / 0.3, 0.9, range(2, 14))
    assert held == [11, 13]
    for count in range(2, 14):
        assert (placement(keys, count).share / 0.3 <= 0.9) == (count in held)


@given(COUNTS, st.integers(1, 8), st.floats(0.3, 1))
def test_salting_what_is_named_is_enough_and_nothing_less_is(
    counts: dict[bytes, int], partitions: int, load: float
) -> None:
    workers = 0.8 * partitions
    try:
        hot = keys_to_salt(counts, partitions, workers, load, salts=4)
    except ParameterError:
        return
    for number in range(len(hot) + 1):
        spread = Counter[bytes]()
        for key, count in counts.items():
            for salt in range(4):
                spread[b"%b#%d" % (key, salt) if key in hot[:number] else key] += count / 4
        fullest = placement(spread, partitions).share * workers
        assert fullest <= load * (1 + 1e-9) if number == len(hot) else fullest > load * (1 - 1e-9)


def test_the_one_key_that_is_too_hot_is_salted_and_no_other() -> None:
    assert keys_to_salt(shares(1.2), 6, 1 / 0.3, 0.9) == [b"customer-0"]
    assert keys_to_salt(shares(0), 6, 1 / 0.3, 0.9) == []
    with pytest.raises(ParameterError, match="too few"):
        keys_to_salt(shares(1.2), 2, 1 / 0.3, 0.9)


def test_a_hash_does_not_spread_evenly() -> None:
    keys = dict.fromkeys(shares(0), 1)
    assert placement(keys, 48).times_fair == pytest.approx(1.344)
    far = placement(keys, 477)
    assert (round(far.times_fair, 1), far.empty) == (3.3, 53)
    assert (even(48), even(477)) == (placement(keys, 48), far)


@given(st.floats(0.01, 1e5), st.floats(0.05, 1))
def test_the_mean_asks_for_no_more_partitions_than_it_must(workers: float, load: float) -> None:
    planned = by_the_mean(workers, load)
    assert workers / planned <= load * (1 + 1e-9)
    if planned > 1:
        assert workers / (planned - 1) > load * (1 - 1e-9)


def test_shares_are_kept_evenly_in_time() -> None:
    strategy = by_shares((1, 2, 5))
    for start in (0, 12_345):
        chosen = np.array([strategy(b"", number, 3) for number in range(start, start + 800)])
        assert np.abs(np.bincount(chosen) - [100, 200, 500]).max() <= 3
