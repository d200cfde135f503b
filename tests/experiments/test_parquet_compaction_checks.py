"""Known-bad histories: each check and each judge must see what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.params import ParameterError, parse
from lab.experiments.parquet_compaction import oracle
from lab.experiments.parquet_compaction.judge.consistency import (
    check_reading,
    check_readings,
    reader_sees_whole,
    watched,
)
from lab.experiments.parquet_compaction.measure.concurrent_readers import Reading, Watch
from lab.experiments.parquet_compaction.mechanism.reader import prune
from lab.experiments.parquet_compaction.mechanism.table_format import DataFile
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.workload import event_log
from lab.experiments.parquet_compaction.workload.event_log import workload


def reading(rows: int, known: int = 0) -> Reading:
    """A reader that saw the events 0..rows-1, each once."""
    return Reading(0, 1, known, rows, rows, rows - 1, rows * (rows - 1) // 2)


BAD = {
    "failed": replace(reading(200), error="404"),
    "repeated": replace(reading(200), rows=300),
    "missing": replace(reading(200), rows=100, distinct=100, total=sum(range(100, 200))),
    "half": reading(150),
    "stale": reading(200, known=300),
}


def test_a_past_state_is_whole() -> None:
    assert check_reading(reading(200), 100) == "whole"
    assert check_reading(reading(200, known=200), 100) == "whole"
    assert check_reading(reading(0), 100) == "whole"


@pytest.mark.parametrize("kind", BAD)
def test_a_reading_that_never_was_a_state_is_named(kind: str) -> None:
    assert check_reading(BAD[kind], 100) == kind


def test_readings_are_counted_by_kind_and_only_whole_ones_pass() -> None:
    readings = (reading(100), *BAD.values())
    assert check_readings(readings, 100) == {"whole": 1} | dict.fromkeys(BAD, 1)
    assert reader_sees_whole(Watch(readings, ((0.5, 0.6),), 100, 6)).value == len(BAD)


def test_readers_that_never_met_a_compaction_tell_nothing() -> None:
    seen = reader_sees_whole(Watch((reading(100),), ((5.0, 6.0),), 100, 1))
    assert seen.value == 0
    assert not seen.conclusive


def test_only_readings_that_met_a_compaction_are_counted() -> None:
    times = [(0, 4.9), (0, 5.1), (5.2, 5.3), (5.9, 9), (6.1, 9), (0, 9)]  # the compaction: from 5 to 6
    readings = tuple(replace(reading(100), start_s=start, end_s=end) for start, end in times)
    watch = Watch(readings, ((5.0, 6.0),), 100, 5)
    assert [item.start_s for item in watch.overlapping] == [0, 5.2, 5.9, 0]
    seen = watched(watch)
    assert seen["readers_met_compaction"].value == pytest.approx(4 / 5)
    assert seen["reader_sees_whole"].value == 0
    assert "of 4 readings" in seen["reader_sees_whole"].detail


def test_a_torn_reading_counts_even_if_it_met_no_compaction() -> None:
    torn, whole = replace(reading(200), rows=300), replace(reading(100), start_s=5.1, end_s=5.2)
    assert reader_sees_whole(Watch((torn, whole), ((5.0, 6.0),), 100, 1)).value == 1


def test_the_brute_force_counts_what_a_person_counts() -> None:
    log = {
        "user_id": np.array([7, 7, 8, 7]),
        "day": np.array([0, 1, 1, 1]),
        "kind": np.array([0, 2, 0, 2]),
        "cents": np.array([5, 10, 20, 40]),
        "payload": np.array([b"1f", b"ff", b"20", b"03"]),
    }
    assert oracle.point(log, 7, 1) == (2, 50)
    assert oracle.by_kind(log, [1]) == [(0, 1, 20), (2, 2, 50)]
    assert oracle.whole(log) == (4, 75, "ff")


def test_the_log_arrives_late_but_whole() -> None:
    log = event_log.generate(20_000, 4, 100, seed=1)
    assert (np.diff(log.day) < 0).any()  # some arrive after midnight
    assert sorted(set(log.day)) == [0, 1, 2, 3]
    batches = log.batches(6_000)
    assert [batch.num_rows for batch in batches] == [6_000] * 3


@given(st.sampled_from(list(event_log.layouts(3))), st.integers(0, 99), st.integers(0, 3))
def test_pruning_never_leaves_out_a_file_with_wanted_rows(name: str, user: int, day: int) -> None:
    log, layout = event_log.generate(2_000, 4, 100, seed=2), event_log.layouts(3)[name]
    where = {"user_id": [user], "day": [day]}
    parts = list(layout.divide(log.table(0, len(log))))
    files = [DataFile(str(number), rows.num_rows, 1, keys) for number, (keys, rows) in enumerate(parts)]
    kept = {int(file.path) for file in prune(files, layout, where)}
    for number, (_, rows) in enumerate(parts):
        users, days = rows["user_id"].to_numpy(), rows["day"].to_numpy()
        assert number in kept or not ((users == user) & (days == day)).any()


def test_an_over_partitioned_load_has_partitions_of_its_own() -> None:
    batches = event_log.generate(3_000, 4, 100, seed=3).batches(500)
    layout = event_log.over_partitioned(500, 3)
    names = [str(keys) for batch in batches for keys, _ in layout.divide(batch)]
    assert len(set(names)) == len(names)


def test_the_workload_is_whole_micro_batches_and_its_answers_are_not_empty() -> None:
    params = Params(events=20_005, batches=10, compact_every=(1, 2, 5, 10))
    work = workload(params)
    assert len(work.log) == 20_000
    assert work.truth["point"][0][0] > 0
    assert work.truth["full scan"][0][0] == 20_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layouts", ("none", "date")),
        ("layouts", ("date+hash", "date", "date")),
        ("layouts", ("date+hash", "month")),
        ("compact_every", (4, 2, 8)),
        ("compact_every", (2, 4, 8, 25)),
        ("compact_every", (2, 4, 8)),
        ("compact_every", (13, 14, 23, 24)),
        ("file_counts", (0, 4, 8)),
        ("file_counts", (1, 3, 4)),
        ("tolerance", 1),
        ("rtt_ms", 0),
        ("target_mb", -1),
        ("repeats", 0),
        ("events", 10),
        ("compaction", True),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=name):
        parse(Params, {name: value})
