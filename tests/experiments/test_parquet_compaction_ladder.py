"""The ladder of frequencies and the law of what comes before the first byte: right laws pass, wrong ones are seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.judge.compaction_frequency import (
    frequency_predicted,
    held_rung,
    resampled,
    without_held,
    write_overhead,
)
from lab.experiments.parquet_compaction.judge.metadata_cost import (
    commit_predicted,
    list_s,
    metadata_cost,
)
from lab.experiments.parquet_compaction.measure.compaction_frequency import moments


def ladder(queries: float = 1.0, noise: float = 0.0) -> pd.DataFrame:
    """A ladder that obeys its law exactly; every total between `noise` less and more."""
    every = np.array([3, 5, 10, 15, 30])
    table = pd.DataFrame(
        {
            "every": every,
            "query_s": 0.3 + 0.01 * every,
            "compaction_s": 0.3 / every + 0.01,
            "amplification": [1.9, 1.6, 1.2, 1.0, 0.9],
        }
    )
    table["total_s"] = queries * table["query_s"] + table["compaction_s"]
    return table.assign(total_s_low=table["total_s"] - noise, total_s_high=table["total_s"] + noise)


def test_the_law_is_held_against_a_frequency_that_it_has_not_seen() -> None:
    assert held_rung([3, 5, 10, 15, 30]) == 10
    assert frequency_predicted(ladder()).value == pytest.approx(0, abs=1e-9)
    for name in ("query_s", "compaction_s"):
        wrong = ladder()
        wrong.loc[wrong["every"] == 10, name] *= 2
        assert 10 not in without_held(wrong)["every"].tolist()
        assert frequency_predicted(wrong).value == pytest.approx(0.5)


def test_an_overhead_is_told_only_if_all_frequencies_in_question_are_on_one_side_of_the_limit() -> None:
    seen = write_overhead(ladder())
    assert (seen.value, seen.conclusive) == (1.6, True)
    costly = ladder(noise=0.05).assign(amplification=[2.4, 1.6, 1.2, 1.0, 0.9])
    seen = write_overhead(costly)
    assert seen.interval is not None
    assert seen.interval[1] == 2.4
    assert not seen.conclusive
    seen = write_overhead(costly.assign(amplification=2.4))
    assert seen.conclusive
    assert seen.value > OVERHEAD_LIMIT


def test_moments_stand_for_all_micro_batches() -> None:
    files = [number % 10 + number // 10 + 1 for number in range(30)]
    found = moments(files, 5, np.random.default_rng(1))
    assert len(set(found)) == 5
    assert [number // 6 for number in found] == [0, 1, 2, 3, 4]  # one of each fifth
    assert np.mean([files[number] for number in found]) == pytest.approx(np.mean(files), rel=0.1)
    assert moments([1, 2, 3], 9, np.random.default_rng(1)) == [0, 1, 2]


def test_a_ladder_without_noise_has_no_spread_and_noise_shows() -> None:
    table = ladder()
    looks = pd.DataFrame({"every": np.repeat(table["every"], 4), "files": [1, 2, 3, 4] * 5})
    looks["predicted"] = looks["seconds"] = 0.1 * looks["files"]  # they differ by design, not by noise
    compactions = pd.DataFrame({"every": np.repeat(table["every"], 3), "seconds": 0.3})
    for drawn in resampled(table, looks, compactions, 1)[:5]:
        assert drawn["total_s"].to_numpy() == pytest.approx(table["total_s"].to_numpy())
    looks["seconds"] += np.random.default_rng(1).normal(0, 0.05, len(looks))
    assert np.std([drawn["query_s"].iloc[0] for drawn in resampled(table, looks, compactions, 1)]) > 0.005


def planned(each: float = 25e-6, last: float = 1.0) -> pd.DataFrame:
    """Commits and plans that obey a line, the largest `last` times as long; and listings."""
    rows = [
        {
            "what": what,
            "files": size + grown,
            "seconds": (0.07 + each * (size + grown)) * (last if size == 27_000 else 1),
        }
        for what in ("commit", "plan")
        for size in (3_000, 9_000, 18_000, 27_000)
        for grown in (1, 2)
    ]
    table = pd.DataFrame(rows).assign(bytes=lambda rows: 150 * rows["files"], requests=0)
    lists = {"what": "LIST", "files": 2_000, "seconds": 0.1, "bytes": 0, "requests": 2}
    return pd.concat([table, pd.DataFrame([lists])], ignore_index=True)


def test_the_time_of_a_commit_counts_its_entries_not_only_their_bytes() -> None:
    found = metadata_cost(planned(), "commit")
    files, (low, high) = found.files(1.0)
    assert files == pytest.approx(
        (1 - 0.07) / 25e-6, rel=1e-3
    )  # 37,200: not the millions that bytes alone would allow
    assert low == pytest.approx(high, rel=1e-2)
    assert found.fitted["files"].max() < 20_000  # the largest log is held out
    assert list_s(planned()) == [0.05]


def test_a_commit_to_a_long_log_that_the_line_misses_is_seen() -> None:
    assert commit_predicted(planned()).value == pytest.approx(0, abs=1e-6)
    missed = commit_predicted(planned(last=2))
    assert missed.value == pytest.approx(0.5, rel=1e-6)
    assert missed.conclusive


def test_a_miss_that_the_scatter_of_the_commits_explains_is_no_refutation() -> None:
    table = planned()
    held = (table["what"] == "commit") & (table["files"] > 27_000)
    table.loc[held, "seconds"] *= [0.95, 2.2]
    seen = commit_predicted(table)
    assert seen.value > 0.2 and not seen.conclusive
    assert seen.interval is not None and seen.interval[0] < 0.2
