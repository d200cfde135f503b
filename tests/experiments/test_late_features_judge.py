"""An ideal Spark is judged, told and drawn without one; then histories that are not ideal, one flaw each."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

import latestream
import wholerun
from lab.evidence.criteria import Observation, judge_all
from lab.evidence.result import Result
from lab.experiments import late_features
from lab.experiments.late_features import CRITERIA, Params
from lab.experiments.late_features.judge import result
from lab.experiments.late_features.judge.outcome import Outcome
from lab.experiments.late_features.measure.seen import Run, Seen
from lab.experiments.late_features.workload import arms, stream

PARAMS = Params(batch_events=10)
OWN = arms.named(PARAMS.watermark_minutes)


@cache
def ideal() -> Seen:
    return latestream.seen(PARAMS, latestream.planned())


def whole(seen: Seen) -> tuple[Result, dict[str, Result]]:
    return result.treatment(PARAMS, seen, {}), result.controls(PARAMS, seen)


def outcomes(seen: Seen) -> dict[str, str]:
    judged = judge_all(CRITERIA, result.treatment(PARAMS, seen, {}).observed)
    return {item.criterion.name: item.outcome for item in judged}


def test_an_ideal_spark_passes_and_its_controls_fail() -> None:
    found = whole(ideal())
    wholerun.invariants_hold_and_controls_fail(late_features, found)
    assert set(outcomes(ideal()).values()) == {"pass"}


def test_the_record_says_how_strong_it_is() -> None:
    wholerun.says_how_strong_it_is(late_features, whole(ideal()))


def test_the_projections_longer_watermark_is_the_calculators() -> None:
    model = late_features.model(*whole(ideal()))
    assert model.calculator
    long = model.calculator.answers(watermark=240)
    assert model.projection["rows, 4 h"].iloc[0] == round(long["rows"])
    assert long["rows"] - model.calculator.answers(watermark=239)["rows"] == pytest.approx(long["minute"])


def test_what_is_late_is_absorbed_or_dropped_and_the_rest_is_on_time_or_never_came() -> None:
    found = whole(ideal())[0]
    fates = found.tables["fates"].set_index("flights")["number"]
    assert fates.sum() == len(latestream.planned())
    assert fates["never departed"] > 0 and fates["late, dropped"] > 0
    assert found.metric("state_as_replayed").value == 1
    assert found.metric("lost_without_guard").value > 100


def test_what_an_honest_event_can_be_is_the_whole_years_and_not_one_days() -> None:
    seen = replace(ideal(), predicted=replace(ideal().predicted, earliest=43.0))
    found = whole(seen)
    own = found[0].metric("earliest").value
    guard = next(one for one in late_features.summary(*found).decisions if "wrong clock" in one.question)
    assert own < 43 and found[0].metric("earliest_year").value == 43
    assert f"of the year's flights 43 min at most, of those sent {own:.0f}" in guard.answer


def test_each_curve_of_stability_ends_at_the_share_that_is_right_in_the_end() -> None:
    found = whole(ideal())[0]
    ends = found.tables["stability"].groupby("watermark")["share"].last()
    for row in found.tables["watermarks"].itertuples():
        assert ends[row.query] == pytest.approx(1 - row.wrong / row.features)


def test_no_feature_waits_for_the_event_that_only_closes_the_windows() -> None:
    outcome = Outcome(PARAMS, ideal(), ideal().runs[OWN])
    assert max(outcome.clock.values()) == outcome.flights["arrival_s"].max() < ideal().log["arrival_s"].max()


def test_the_shares_of_the_choice_are_called_seen_and_little_state_is_not_zero() -> None:
    found = whole(ideal())
    which = late_features.summary(*found).decisions[0]
    own = found[0].metric(f"absorbed@{PARAMS.watermark_minutes}").value
    assert "; seen: " in which.answer and f"{PARAMS.watermark_minutes} min {own:.1%}" in which.answer
    assert late_features.model(*found).projection["MB, 4 h"].min() > 0


def _changed(run: Run, updates: pd.DataFrame) -> Seen:
    return replace(ideal(), runs={**ideal().runs, run.arm.name: replace(run, updates=updates)})


def _newest(run: Run) -> int:
    """Place of an update that is its feature's last, of more than one event, in the middle of the run."""
    updates = run.updates
    last = ~updates.duplicated(["start_s", "carrier", "origin"], keep="last")
    many = updates.index[last & (updates["events"] > 1) & (updates["carrier"] != stream.NOBODY)]
    return int(many[len(many) // 2])


def test_an_event_that_spark_forgot_is_noticed() -> None:
    run = ideal().runs[OWN]
    updates, place = run.updates.copy(), _newest(run)
    updates.at[place, "numbers"] = updates.at[place, "numbers"][:-1]
    updates.at[place, "events"] -= 1
    found = outcomes(_changed(run, updates))
    failed = {name for name, outcome in found.items() if outcome == "fail"}
    assert {"features_equal_batch", "drops_predicted", "guard_keeps", "emitted_once"} <= failed


def test_an_event_that_is_counted_twice_is_noticed() -> None:
    run = ideal().runs[OWN]
    updates, place = run.updates.copy(), _newest(run)
    updates.at[place, "numbers"] = [*updates.at[place, "numbers"], updates.at[place, "numbers"][0]]
    updates.at[place, "events"] += 1
    found = outcomes(_changed(run, updates))
    assert found["late_accounted"] == found["features_equal_batch"] == "fail"


def test_a_value_that_is_off_by_one_is_noticed() -> None:
    run = ideal().runs[OWN]
    updates = run.updates.copy()
    updates.at[_newest(run), "total"] += 1
    found = outcomes(_changed(run, updates))
    assert found["features_equal_batch"] == found["emitted_once"] == "fail"
    assert found["late_accounted"] == found["drops_predicted"] == "pass"


def test_a_change_after_the_window_was_closed_is_noticed() -> None:
    run = ideal().runs[OWN]
    early = run.updates.iloc[[0]].assign(batch=int(run.batches["batch"].max()))
    assert (
        outcomes(_changed(run, pd.concat([run.updates, early], ignore_index=True)))["converged_in_time"]
        == "fail"
    )


def test_a_feature_that_comes_out_twice_in_append_mode_is_noticed() -> None:
    run = ideal().runs[arms.APPEND]
    twice = pd.concat([run.updates, run.updates.iloc[[3]]], ignore_index=True)
    assert outcomes(_changed(run, twice))["emitted_once"] == "fail"


def test_a_watermark_that_is_not_the_replays_is_noticed() -> None:
    run = ideal().runs[OWN]
    batches = run.batches.copy()
    batches.loc[20:, "watermark_s"] += 60
    other = replace(ideal(), runs={**ideal().runs, OWN: replace(run, batches=batches)})
    assert outcomes(other)["drops_predicted"] == "fail"


@pytest.mark.parametrize("numbers", [frozenset(), frozenset({5})])
def test_a_guard_that_refuses_the_wrong_events_is_noticed(numbers: frozenset[int]) -> None:
    assert outcomes(replace(ideal(), refused=numbers))["refused_rightly"] == "fail"


def test_a_restatement_that_forgets_a_feature_is_noticed() -> None:
    assert len(ideal().restated) > 1
    assert outcomes(replace(ideal(), restated=ideal().restated.iloc[1:]))["restated_equal"] == "fail"


def test_a_topic_in_another_order_is_noticed() -> None:
    log = ideal().log.copy()
    log.loc[[3, 4], "number"] = [4, 3]
    assert outcomes(replace(ideal(), log=log))["log_as_sent"] == "fail"


def test_a_log_that_is_kept_too_shortly_leaves_its_old_windows_alone() -> None:
    params = Params(batch_events=10, retention_hours=12)
    found = result.treatment(params, latestream.seen(params, latestream.planned()), {})
    assert found.observed["restated_equal"].value == 0
    assert found.metric("restated").value < whole(ideal())[0].metric("restated").value


def test_a_prediction_by_the_delays_alone_is_a_prediction_that_can_miss() -> None:
    missed: Observation = whole(ideal())[1][late_features.criteria.BY_DELAY].observed["share_predicted"]
    assert missed.value > 0.01
