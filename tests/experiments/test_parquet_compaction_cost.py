"""The cost model and the law of frequencies: known constants come back, nonsense is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lab.experiments.parquet_compaction.judge import cost_model
from lab.experiments.parquet_compaction.judge.compaction_frequency import frequency_law
from lab.experiments.parquet_compaction.judge.cost_model import held_out, modelled
from lab.experiments.parquet_compaction.judge.query_times import query_time_improves
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, cost, fit
from lab.experiments.parquet_compaction.params import HELD_OUT

FILES = np.array([1, 1, 3, 10, 40, 120, 12, 60])
BYTES = np.array([1e5, 9e6, 9e6, 1e6, 1e6, 11e6, 3e6, 2e6])


@given(st.floats(0.05, 1), st.floats(0.001, 0.1), st.floats(1e-9, 1e-7))
def test_a_fit_finds_the_constants_that_made_the_times(fixed: float, opening: float, per_byte: float) -> None:
    seconds = fixed + opening * FILES + per_byte * BYTES
    found = fit(FILES, BYTES, seconds)
    assert found.r2 > 0.999
    assert np.allclose(found.predict(FILES, BYTES), seconds, rtol=1e-4)
    assert found.open_s == pytest.approx(opening, rel=1e-2)


@given(st.lists(st.floats(0.01, 10), min_size=8, max_size=8))
def test_a_fit_has_no_negative_constant_and_explains_at_most_everything(seconds: list[float]) -> None:
    assume(np.ptp(seconds) > 0.01)
    found = fit(FILES, BYTES, seconds)
    assert min(found.fixed_s, found.open_s, found.s_per_byte) >= 0
    assert found.r2 <= 1


def test_noise_is_not_explained() -> None:
    random = np.random.default_rng(1)
    assert fit(FILES, BYTES, random.uniform(0.5, 1.5, len(FILES))).r2 < 0.9


def test_bytes_that_cost_nothing_measurable_still_have_a_finite_speed() -> None:
    assert 1e9 < fit(FILES, BYTES, 0.3 + 0.01 * FILES).bandwidth < float("inf")


def test_three_points_are_too_few() -> None:
    with pytest.raises(ValueError, match="four points"):
        fit(FILES[:3], BYTES[:3], [1, 2, 3])


@given(
    st.integers(0, 10_000),
    st.floats(0, 1e12),
    st.floats(0, 1),
    st.floats(1e3, 1e10),
    st.integers(1, 256),
)
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


@pytest.mark.parametrize("wrong", [{"rtt_s": -1.0}, {"bandwidth": 0.0}, {"in_flight": 0}])
def test_cost_refuses_nonsense(wrong: dict) -> None:
    with pytest.raises(ValueError, match="positive"):
        cost(**{"files": 1, "bytes": 1.0, "rtt_s": 0.1, "bandwidth": 1e6} | wrong)


@pytest.mark.parametrize(
    ("after", "ratio", "conclusive"),
    [((1.0, 1.1), 2 / 1.05, True), ((1.8, 1.9), 2 / 1.85, True), ((1.2, 1.5), 2 / 1.35, False)],
)
def test_a_ratio_is_told_only_if_its_spread_leaves_the_limit_out(
    after: tuple[float, float], ratio: float, conclusive: bool
) -> None:
    rows = [("date", "before", 2.0), ("date", "before", 2.0), *(("date", "after", value) for value in after)]
    rows += [("none", "before", 9.0), ("none", "after", 1.0)]
    timings = pd.DataFrame(rows, columns=["layout", "state", "seconds"]).assign(place="store", query="q")
    seen = query_time_improves(timings)
    assert seen.value == pytest.approx(ratio)
    assert seen.conclusive is conclusive
    assert seen.detail.startswith("date")


def cells(slower: float = 1.0) -> pd.DataFrame:
    """Cells that obey a model exactly, those of the held-out layout `slower` times as long."""
    model = Model(0.3, 0.015, 2e-8, 1.0)
    rows = [
        {
            "place": "store",
            "layout": layout,
            "query": f"q{number}",
            "state": state,
            "files": files,
            "bytes": size,
        }
        for layout in ("none", "date", HELD_OUT)
        for number, (files, size) in enumerate(zip(FILES, BYTES, strict=True))
        for state in ("before", "after")
    ]
    table = pd.DataFrame(rows)
    table["seconds"] = model.predict(table["files"], table["bytes"])
    table.loc[table["layout"] == HELD_OUT, "seconds"] *= slower
    return table


def test_the_held_out_layout_does_not_teach_the_model() -> None:
    wrong = cells(slower=3)
    model = cost_model.model_of(wrong)
    assert model.open_s == pytest.approx(0.015, rel=1e-3)
    seen = modelled({"cells": wrong, "predictions": cost_model.predictions(wrong, model)})
    assert seen["model_fits"].value > 0.99
    assert seen["held_out_predicted"].value == pytest.approx(2 / 3, rel=1e-3)


def test_a_bad_fit_of_single_timings_is_inconclusive_a_good_one_is_not() -> None:
    for slower, conclusive in ((3, False), (1, True)):
        table = cells(slower)
        seen = {"cells": table, "predictions": cost_model.predictions(table, cost_model.model_of(table))}
        assert modelled(seen, repeated=False)["held_out_predicted"].conclusive is conclusive
        assert modelled(seen)["held_out_predicted"].conclusive


def test_a_right_prediction_is_seen_as_right() -> None:
    right = cells()
    predictions = cost_model.predictions(right, cost_model.model_of(right))
    assert modelled({"cells": right, "predictions": predictions})["held_out_predicted"].value < 1e-3
    assert set(held_out(predictions).index) == {"before", "after"}


@given(st.floats(0.001, 0.1), st.floats(0.05, 2), st.floats(0.1, 100))
def test_the_best_frequency_is_where_the_total_is_least(growth: float, fixed: float, queries: float) -> None:
    every = np.array([1, 2, 5, 10, 20, 40])
    table = pd.DataFrame(
        {"every": every, "query_s": 0.4 + growth * every, "compaction_s": fixed / every + 0.03}
    )
    law = frequency_law(table)
    best = law.best(queries)
    assert law.growth_s == pytest.approx(growth, rel=1e-6)
    assert law.compact_s == pytest.approx(fixed, rel=1e-6)
    for other in (best * 0.8, best * 1.25):
        if other >= 1:
            assert law.total_s(best, queries) <= law.total_s(other, queries) + 1e-12


def test_if_files_cost_nothing_nobody_needs_to_compact() -> None:
    table = pd.DataFrame({"every": [1, 2, 4], "query_s": [0.4, 0.4, 0.4], "compaction_s": [0.4, 0.2, 0.1]})
    assert frequency_law(table.assign(query_s=[0.42, 0.41, 0.4])).best(1) == float("inf")
