"""Lag by interval and the model that predicts one interval from another, on made-up batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.errors import ServiceError
from lab.evidence.criteria import judge
from lab.experiments.cdc_lakehouse import CRITERIA
from lab.experiments.cdc_lakehouse.judge import observations
from lab.experiments.cdc_lakehouse.judge.lag import intervals


def outcome(name: str, observed: dict) -> str:
    return judge(next(one for one in CRITERIA if one.name == name), observed).outcome


def test_without_calm_batches_the_lag_is_inconclusive() -> None:
    batches = pd.DataFrame(
        {"interval": [2.0, 5.0], "began": [9.0, 14.0], "gap": [float("nan"), 5.0], "visible": [10.0, 15.0]}
        | {"took": [1.0] * 2, "transactions": [10] * 2, "changes": [20] * 2, "id": [1, 2]}
    )
    lags = pd.DataFrame({"snapshot": [2], "lag": [3.0], "captured": [10.1], "committed": [10.0]})
    calm = intervals(lags, batches, [2.0, 5.0], (8.0, 20.0))
    assert list(calm["calm"]) == [0, 1]
    found = observations.of_lag(calm)
    assert {outcome(name, found) for name in ("lag_predicted", "interval_kept")} == {"inconclusive"}
    assert "2 s ended before the first fault" in found["lag_predicted"].detail


def test_an_interval_without_any_batch_is_inconclusive_and_no_error() -> None:
    batches = pd.DataFrame(
        {"interval": [5.0], "began": [14.0], "gap": [5.0], "visible": [15.0]}
        | {"took": [1.0], "transactions": [10], "changes": [20], "id": [2]}
    )
    lags = pd.DataFrame({"snapshot": [2], "lag": [3.0], "captured": [10.1], "committed": [10.0]})
    found = observations.of_lag(intervals(lags, batches, [2.0, 5.0], (8.0, 20.0)))
    assert {outcome(name, found) for name in ("lag_predicted", "interval_kept")} == {"inconclusive"}
    with pytest.raises(ServiceError, match="no batch was done under load"):
        intervals(lags, batches.iloc[:0], [2.0], (0.0, 1.0))


def test_what_came_before_the_load_is_no_wait() -> None:
    batches = pd.DataFrame(
        {
            "interval": [2.0] * 3,
            "began": [1.0, 7.0, 9.0],
            "gap": [float("nan"), 6.0, 2.0],
            "visible": [2.0, 8.0, 10.0],
        }
        | {"took": [1.0] * 3, "transactions": [10] * 3, "changes": [20] * 3, "id": [1, 2, 3]}
    )
    lags = pd.DataFrame(
        {"snapshot": [3] * 2, "lag": [1.6, 2.6], "captured": [7.6, 8.6], "committed": [7.5, 8.5]}
    )
    (row,) = intervals(lags, batches, [2.0], (6.0, 20.0)).itertuples()
    assert (row.calm, row.gap, row.took) == (1, 2.0, 1.0)
    assert row.p50 == pytest.approx(2.1)


def pipeline(took: dict[float, float], gaps: dict[float, float]) -> pd.DataFrame:
    """Transactions at an even pace, a batch each `gaps[T]` s that takes `took[T]` s, at each interval T for a while."""
    batches, lags, now = [], [], 0.0
    for interval, gap in gaps.items():
        for _ in range(6):
            begin, now = now, now + gap
            visible = now + took[interval]
            batches.append((interval, now, gap, visible, took[interval], 100, 200, len(batches)))
            lags += [(len(batches) - 1, visible - at, at + 0.1, at) for at in np.linspace(begin, now, 100)]
    names = ["interval", "began", "gap", "visible", "took", "transactions", "changes", "id"]
    told = pd.DataFrame(lags, columns=["snapshot", "lag", "captured", "committed"])
    return intervals(told, pd.DataFrame(batches, columns=names), list(gaps), (0.0, 1e9))


def test_the_law_holds_for_a_pipeline_of_fixed_cost() -> None:
    calm = pipeline({2.0: 0.8, 5.0: 0.8}, {2.0: 2.0, 5.0: 5.0})
    assert calm["predicted_p50"].iloc[1] == pytest.approx(calm["p50"].iloc[1], rel=0.01)
    assert pd.isna(calm["predicted_p50"].iloc[0])
    found = observations.of_lag(calm)
    assert outcome("lag_predicted", found) == outcome("interval_kept", found) == "pass"


def test_a_pipeline_whose_cost_grows_with_the_interval_breaks_the_law() -> None:
    found = observations.of_lag(pipeline({2.0: 0.8, 5.0: 4.0}, {2.0: 2.0, 5.0: 5.0}))
    assert outcome("lag_predicted", found) == "fail"


def test_an_interval_that_was_not_kept_is_told() -> None:
    found = observations.of_lag(pipeline({2.0: 2.5, 5.0: 2.5}, {2.0: 4.0, 5.0: 5.0}))
    assert outcome("interval_kept", found) == "fail"
    assert found["interval_kept"].value == pytest.approx(1.0)
