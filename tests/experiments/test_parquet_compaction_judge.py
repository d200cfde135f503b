"""What judges numbers: known constants come back, a wrong model is seen, and noise excuses no miss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.judge import compaction_interval as intervals
from lab.experiments.parquet_compaction.judge import cost_model
from lab.experiments.parquet_compaction.judge.query_times import (
    caches_cold,
    query_time_improves,
    timings_steady,
)
from lab.experiments.parquet_compaction.measure.compaction_interval import moments
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, cost, fit
from lab.experiments.parquet_compaction.params import HELD_OUT, Params, held_interval
from lab.experiments.parquet_compaction.present.findings import megabytes

FILES = np.array([1, 1, 3, 10, 40, 120, 12, 60])
BYTES = np.array([1e5, 9e6, 9e6, 1e6, 1e6, 11e6, 3e6, 2e6])
TRUE = Model(0.3, 0.015, 2e-8, 1.0)


@given(st.floats(0.05, 1), st.floats(0.001, 0.1), st.floats(1e-9, 1e-7))
def test_a_fit_finds_the_constants_that_made_the_times(fixed: float, opening: float, per_byte: float) -> None:
    seconds = fixed + opening * FILES + per_byte * BYTES
    found = fit(FILES, BYTES, seconds)
    assert found.r2 > 0.999
    assert np.allclose(found.predict(FILES, BYTES), seconds, rtol=1e-4)


@given(st.lists(st.floats(0.01, 10), min_size=8, max_size=8))
def test_a_fit_has_no_negative_constant_and_explains_at_most_everything(seconds: list[float]) -> None:
    assume(np.ptp(seconds) > 0.01)
    found = fit(FILES, BYTES, seconds)
    assert min(found.fixed_s, found.open_s, found.s_per_byte) >= 0
    assert found.r2 <= 1


def test_noise_is_not_explained_and_three_points_are_too_few() -> None:
    random = np.random.default_rng(1)
    assert fit(FILES, BYTES, random.uniform(0.5, 1.5, len(FILES))).r2 < 0.9
    with pytest.raises(ValueError, match="four points"):
        fit(FILES[:3], BYTES[:3], [1, 2, 3])
    for wrong in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="seconds positive"):
            fit(FILES, BYTES, [1, 2, 3, 4, 5, 6, 7, wrong])


def test_bytes_that_cost_nothing_measurable_give_no_size_but_no_invented_one_either() -> None:
    free = Model(0.3, 0.01, 0.0, 1.0)
    assert free.bandwidth == free.file_bytes(0.1) == float("inf")
    assert megabytes(2e6, (1e6, free.file_bytes(0.1))) == "1 MB or more, not bounded above by this run"
    assert "95 % interval 1 to 9" in megabytes(2e6, (1e6, 9e6))


def test_of_a_file_of_the_size_told_opening_takes_the_share_told() -> None:
    size = TRUE.file_bytes(0.1)
    assert TRUE.open_s / (TRUE.open_s + size * TRUE.s_per_byte) == pytest.approx(0.1)


@given(st.integers(0, 10_000), st.floats(0, 1e12), st.floats(0, 1), st.floats(1e3, 1e10), st.integers(1, 256))
def test_cost_grows_with_files_bytes_and_distance(
    files: int, size: float, rtt_s: float, bandwidth: float, in_flight: int
) -> None:
    base = cost(files, size, rtt_s, bandwidth, in_flight)
    assert base >= size / bandwidth
    assert cost(files + 1, size, rtt_s, bandwidth, in_flight) >= base
    assert cost(files, 2 * size, rtt_s, bandwidth, in_flight) >= base
    assert cost(files, size, rtt_s + 0.1, bandwidth, in_flight) > base


def test_cost_by_hand() -> None:
    # Six round trips for log and schema; 16 files in two waves of five round trips; 8 MB at 4 MB/s.
    assert cost(16, 8e6, 0.02, 4e6, in_flight=8) == pytest.approx(6 * 0.02 + 2 * 5 * 0.02 + 2)
    assert cost(1, 0, 0.02, 4e6) == pytest.approx(
        11 * 0.02
    )  # one file takes its own five, nobody shares them
    for wrong in (
        {"rtt_s": -1.0},
        {"bandwidth": 0.0},
        {"in_flight": 0},
        {"rtt_s": float("nan")},
        {"files": -1},
    ):
        with pytest.raises(ValueError, match="positive"):
            cost(**{"files": 1, "bytes": 1.0, "rtt_s": 0.1, "bandwidth": 1e6} | wrong)


def timings(**changes: object) -> pd.DataFrame:
    """Timings of one cell over the link."""
    cell = {"place": "store", "query": "q", "layout": "date", "state": "after", "files": 3, "head": 3}
    return pd.DataFrame([cell | {"seconds": 1.0, "bytes": 1_000}] * 2).assign(**changes)


@pytest.mark.parametrize(
    ("after", "ratio", "conclusive"),
    [((1.0, 1.1), 2 / 1.05, True), ((1.8, 1.9), 2 / 1.85, True), ((1.2, 1.5), 2 / 1.35, False)],
)
def test_a_ratio_is_told_only_if_its_spread_leaves_the_limit_out(
    after: tuple[float, float], ratio: float, conclusive: bool
) -> None:
    rows = [("date", "before", 2.0), ("date", "before", 2.0), *(("date", "after", value) for value in after)]
    rows += [("none", "before", 9.0), ("none", "after", 1.0)]
    seen = query_time_improves(
        pd.DataFrame(rows, columns=["layout", "state", "seconds"]).assign(place="store", query="q")
    )
    assert seen.value == pytest.approx(ratio)
    assert seen.conclusive is conclusive
    assert seen.detail.startswith("date")


def test_timings_made_once_have_no_interval() -> None:
    rows = pd.DataFrame({"state": ["before", "after"] * 2, "seconds": [2.0, 1.0, 2.2, 1.1]})
    rows = rows.assign(layout="date", place="store", query="q")
    assert query_time_improves(rows).interval == pytest.approx((2 / 1.1, 2.2))
    assert query_time_improves(rows[:2]).interval is None


def test_timings_that_scatter_are_seen_and_single_ones_tell_nothing() -> None:
    assert timings_steady(timings()).value == 0
    assert timings_steady(timings(seconds=[0.9, 1.1])).value == pytest.approx(0.1 * np.sqrt(2))
    assert np.isnan(timings_steady(timings()[:1]).value)


@pytest.mark.parametrize(
    ("changes", "warm"),
    [
        ({}, 0),
        ({"bytes": [1_000, 600]}, 1),  # a column came from a cache
        ({"head": [3, 2]}, 1),  # a file was known already
        ({"place": ["store", "disk"], "bytes": [1_000, 4_096]}, 0),
        ({"place": ["store", "disk"], "bytes": [1_000, 0]}, 1),
    ],
)
def test_a_query_that_a_cache_served_in_part_is_not_cold(changes: dict, warm: int) -> None:
    assert caches_cold(timings(**changes)).value == warm


def cells(slower: float = 1.0) -> pd.DataFrame:
    """Cells that obey a model exactly, those of the held-out layout `slower` times as long."""
    rows = [
        {
            "place": "store",
            "query": "full scan",
            "layout": layout,
            "state": state,
            "files": files,
            "bytes": size,
        }
        for layout in ("none", "date", HELD_OUT)
        for files, size in zip(FILES, BYTES, strict=True)
        for state in ("before", "after")
    ]
    table = pd.DataFrame(rows)
    table["seconds"] = TRUE.predict(table["files"], table["bytes"])
    table.loc[table["layout"] == HELD_OUT, "seconds"] *= slower
    return table


def scans(slower: float = 1.0) -> pd.DataFrame:
    """Scans that obey the same model, the whole ones `slower` times as long."""
    files, whole = np.array([1, 5, 80, 1, 4, 20, 320]), np.array([False] * 3 + [True] * 4)
    table = pd.DataFrame({"whole": whole, "files": files, "bytes": np.where(whole, 3e8, 75e6)})
    table["seconds"] = TRUE.predict(table["files"], table["bytes"])
    table.loc[whole, "seconds"] *= slower
    return table.assign(
        file_bytes=table["bytes"] / files, least=table["seconds"] / 9, most=9 * table["seconds"]
    )


@pytest.mark.parametrize(
    ("layout", "scan", "missed"),
    [(1, 1, ""), (3, 1, "held_out_predicted"), (1, 2, "larger_scan_predicted")],
)
def test_what_was_not_fitted_is_predicted_or_missed_whatever_the_scatter(
    layout: float, scan: float, missed: str
) -> None:
    table, sizes = cells(layout), scans(scan)
    model = cost_model.scan_model(table, sizes)
    told = {"cells": table, "sizes": cost_model.with_predictions(sizes, model)}
    found = cost_model.modelled(told | {"predictions": cost_model.predictions(table, model)})
    assert found["model_fits"].value > 0.99  # what is held out teaches it nothing
    for name in ("held_out_predicted", "larger_scan_predicted"):
        assert found[name].conclusive
        assert (found[name].value > 0.4) == (name == missed)


def measured(queries: float = 1.0, noise: float = 0.0) -> pd.DataFrame:
    """Intervals that obey their model exactly; every total between `noise` less and more."""
    every = np.array([3, 5, 10, 15, 30])
    table = pd.DataFrame({"every": every, "query_s": 0.3 + 0.01 * every, "compaction_s": 0.3 / every + 0.01})
    table["total_s"] = queries * table["query_s"] + table["compaction_s"]
    ends = {"total_s_low": table["total_s"] - noise, "total_s_high": table["total_s"] + noise}
    return table.assign(amplification=[1.9, 1.6, 1.2, 1.0, 0.9], **ends)


def test_the_model_is_held_against_an_interval_that_it_has_not_seen() -> None:
    every = np.repeat([3, 6, 12, 24], [8, 4, 2, 1])
    looks = pd.DataFrame({"every": [3, 6, 12, 24], "seconds": 0.4, "predicted": 0.4})
    compactions = pd.DataFrame({"every": every, "merged": every + 1, "written": every * 1e6})
    compactions["seconds"] = TRUE.predict(compactions["merged"], compactions["written"])
    assert held_interval([3, 6, 12, 24]) == 6
    assert held_interval([3, 6, 12]) == 6
    for wrong in (looks, compactions):
        wrong.loc[wrong["every"] == 6, "seconds"] *= 2
        seen = intervals.interval_predicted(looks, compactions.assign(predicted=_by_model(compactions)))
        assert seen.value == pytest.approx(0.5)
        assert seen.conclusive
        wrong.loc[wrong["every"] == 6, "seconds"] /= 2


def test_one_disturbed_compaction_is_no_error_of_the_model() -> None:
    every = np.repeat([3, 6, 12, 24], [8, 4, 2, 1])
    looks = pd.DataFrame({"every": [3, 6, 12, 24], "seconds": 0.4, "predicted": 0.4})
    compactions = pd.DataFrame({"every": every, "merged": every + 1, "written": every * 1e6})
    compactions["seconds"] = TRUE.predict(compactions["merged"], compactions["written"])
    compactions.loc[9, "seconds"] *= 2
    seen = intervals.interval_predicted(looks, compactions.assign(predicted=_by_model(compactions)))
    assert seen.value == pytest.approx(0, abs=1e-9)
    assert seen.conclusive


def _by_model(compactions: pd.DataFrame) -> np.ndarray:
    return intervals.compaction_model(compactions).predict(compactions["merged"], compactions["written"])


def test_an_overhead_is_told_only_if_all_intervals_in_question_are_on_one_side_of_the_limit() -> None:
    seen = intervals.write_overhead(measured())
    assert (seen.value, seen.conclusive) == (1.6, True)
    costly = measured(noise=0.05).assign(amplification=[2.4, 1.6, 1.2, 1.0, 0.9])
    seen = intervals.write_overhead(costly)
    assert seen.interval is not None
    assert (seen.interval[1], seen.conclusive) == (2.4, False)
    seen = intervals.write_overhead(costly.assign(amplification=2.4))
    assert seen.conclusive
    assert seen.value > OVERHEAD_LIMIT


def test_moments_stand_for_all_micro_batches() -> None:
    files = [number % 10 + number // 10 + 1 for number in range(30)]
    found = moments(files, 5, np.random.default_rng(1))
    assert [number // 6 for number in found] == [0, 1, 2, 3, 4]  # one of each fifth
    assert np.mean([files[number] for number in found]) == pytest.approx(np.mean(files), rel=0.1)
    assert moments([1, 2, 3], 9, np.random.default_rng(1)) == [0, 1, 2]


def test_intervals_without_noise_have_no_spread_and_noise_shows() -> None:
    table = measured()
    looks = pd.DataFrame({"every": np.repeat(table["every"], 4), "files": [1, 2, 3, 4] * 5})
    looks["predicted"] = looks["seconds"] = 0.1 * looks["files"]  # they differ by design, not by noise
    compactions = pd.DataFrame({"every": table["every"], "seconds": 0.3, "predicted": 0.3})
    for drawn, name in zip(
        intervals.resampled(table, looks, compactions), ("query_s", "compaction_s"), strict=True
    ):
        assert np.allclose(drawn.T, table[name])
    looks["seconds"] *= np.random.default_rng(1).normal(1, 0.1, len(looks))
    assert intervals.resampled(table, looks, compactions)[0].std(axis=1).min() > 0.005


def test_an_interval_with_one_compaction_borrows_its_spread_from_the_others() -> None:
    table = measured()
    looks = pd.DataFrame({"every": table["every"], "seconds": 0.1, "predicted": 0.1})
    took = [0.2, 0.3, 0.4, 0.3, 0.3]
    compactions = pd.DataFrame({"every": table["every"], "seconds": took, "predicted": 0.3})
    assert intervals.resampled(table, looks, compactions)[1].std(axis=1).min() > 0


def test_the_fewest_layouts_and_sizes_that_may_be_asked_for_are_enough_to_fit_the_model_of_scans() -> None:
    params = Params(layouts=("date", HELD_OUT), file_counts=(1, 2, 4))
    table = cells().query("layout in @params.layouts and files == 10")
    halves = [count // 2 for count in params.file_counts if count % 2 == 0]
    sizes = pd.DataFrame({"whole": False, "files": halves, "bytes": [8e7, 9e7], "seconds": [2.0, 2.2]})
    assert cost_model.scan_model(table, sizes).open_s >= 0
