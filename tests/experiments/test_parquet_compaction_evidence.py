"""What makes a measurement count: datasets that were merged, accounts that agree, queries that were cold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.experiments.parquet_compaction.judge.datasets import bytes_agree, tpch_unchanged
from lab.experiments.parquet_compaction.judge.query_times import caches_cold
from lab.experiments.parquet_compaction.measure.datasets import Account, Stock, account
from lab.experiments.parquet_compaction.measure.needed_bytes import missed, ranges_of, total
from lab.experiments.parquet_compaction.measure.tpch_answers import TpchCheck
from lab.experiments.parquet_compaction.mechanism.reader import Query
from lab.experiments.parquet_compaction.mechanism.table_format import encode
from lab.experiments.parquet_compaction.workload import event_log
from lab.services.countingproxy import Read


def checks(**files: tuple[int, int]) -> list[TpchCheck]:
    return [
        TpchCheck(layout, state, count, (), 22, "")
        for layout, counts in files.items()
        for state, count in zip(("before", "after"), counts, strict=True)
    ]


def test_answers_before_and_after_nothing_was_merged_tell_nothing() -> None:
    assert tpch_unchanged(checks(none=(28, 2), date=(35, 7))).conclusive
    assert not tpch_unchanged(checks(none=(28, 2), date=(9, 9))).conclusive
    assert not tpch_unchanged(checks(none=(28, 2))[:1]).conclusive
    wrong = [replace(item, wrong=(6,)) for item in checks(none=(9, 9))]
    assert tpch_unchanged(wrong).conclusive
    assert tpch_unchanged(wrong).value == 2


def test_accounts_that_differ_are_seen() -> None:
    same = account(110, Stock(1_000, 100), Stock(1_110, 110), own=100)
    assert same.deviation == 0
    assert bytes_agree({"a": same, "b": Account(150, 100, 100)}).value == pytest.approx(0.5)
    assert bytes_agree({"a": Account(100, 100, 60)}).value == pytest.approx(0.4)
    assert np.isnan(Account(5, 0, 0).deviation)


FULL = Query("full", "", columns=("cents", "payload"))
ONE = Query("one", "", columns=("user_id", "cents"), filters=(("user_id", "=", 7),))


def test_what_a_query_needs_is_its_columns_and_the_footer() -> None:
    content = encode(event_log.generate(2_000, 2, 100, seed=4).table(0, 2_000))
    (footer, *columns) = ranges_of(content, FULL)
    assert footer[1] == len(content)
    assert content[footer[0] : footer[0] + 1] == b"\x15"  # Thrift's first field
    assert (
        sum(end - first for first, end in columns) > 2_000 * event_log.PAYLOAD / 2
    )  # hex compresses to half
    assert len(ranges_of(content, ONE)) == 3
    nobody = replace(ONE, filters=(("user_id", "=", 1_000),))
    assert len(ranges_of(content, nobody)) == 1  # a row group without such a row may be skipped


@pytest.mark.parametrize(
    ("reads", "lacking"),
    [
        ([("/b/f", 0, None)], 0),
        ([("/b/f", 0, 49), ("/b/f", 50, 99)], 0),
        ([("/b/f", 90, 99), ("/b/f", 90, 99), ("/b/f", 90, 99), ("/b/f", 90, 99), ("/b/f", 90, 99)], 40),
        ([("/b/f", 90, 99), ("/b/f", 20, 29), ("/b/f", 0, 19)], 20),
        ([("/b/other", 0, None)], 50),
        ([], 50),
    ],
)
def test_bytes_that_were_fetched_twice_make_up_for_none(reads: list, lacking: int) -> None:
    needed = {"f": [(90, 100), (10, 50)]}
    assert total(needed.values()) == 50
    assert missed(needed, "/b", [Read(*item) for item in reads]) == lacking


def test_a_query_that_a_cache_served_in_part_is_not_cold() -> None:
    cell = {"place": "store", "query": "q", "layout": "date", "state": "after", "needed": 50, "bytes": 90}
    timings = pd.DataFrame([cell | {"missed": 0}, cell | {"missed": 10}])
    seen = caches_cold(timings)
    assert seen.value == 1
    assert "lacks 10 of 50" in seen.detail
