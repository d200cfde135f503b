"""The compaction intervals and their model: a right model passes, a wrong one is seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.judge.compaction_interval import (
    fitted_intervals,
    held_interval,
    interval_predicted,
    resampled,
    write_overhead,
)
from lab.experiments.parquet_compaction.measure.compaction_interval import moments


def measured(queries: float = 1.0, noise: float = 0.0) -> pd.DataFrame:
    """Intervals that obey their model exactly; every total between `noise` less and more."""
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


def test_the_model_is_held_against_an_interval_that_it_has_not_seen() -> None:
    assert held_interval([3, 5, 10, 15, 30]) == 10
    assert interval_predicted(measured()).value == pytest.approx(0, abs=1e-9)
    for name in ("query_s", "compaction_s"):
        wrong = measured()
        wrong.loc[wrong["every"] == 10, name] *= 2
        assert 10 not in fitted_intervals(wrong)["every"].tolist()
        assert interval_predicted(wrong).value == pytest.approx(0.5)


def test_an_overhead_is_told_only_if_all_intervals_in_question_are_on_one_side_of_the_limit() -> None:
    seen = write_overhead(measured())
    assert (seen.value, seen.conclusive) == (1.6, True)
    costly = measured(noise=0.05).assign(amplification=[2.4, 1.6, 1.2, 1.0, 0.9])
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


def test_intervals_without_noise_has_no_spread_and_noise_shows() -> None:
    table = measured()
    looks = pd.DataFrame({"every": np.repeat(table["every"], 4), "files": [1, 2, 3, 4] * 5})
    looks["predicted"] = looks["seconds"] = 0.1 * looks["files"]  # they differ by design, not by noise
    compactions = pd.DataFrame({"every": np.repeat(table["every"], 3), "seconds": 0.3})
    for drawn in resampled(table, looks, compactions, 1)[:5]:
        assert drawn["total_s"].to_numpy() == pytest.approx(table["total_s"].to_numpy())
    looks["seconds"] += np.random.default_rng(1).normal(0, 0.05, len(looks))
    assert np.std([drawn["query_s"].iloc[0] for drawn in resampled(table, looks, compactions, 1)]) > 0.005
