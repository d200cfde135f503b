"""The judgement of backlog_replay on histories of which the outcome is known, and its oracle on ones done by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import wholerun
from lab.charts import figure
from lab.errors import ParameterError
from lab.evidence.criteria import judge_all
from lab.evidence.params import parse
from lab.experiments import backlog_replay as package
from lab.experiments.backlog_replay import CONTROLS, CRITERIA, Params, oracle, summary
from lab.experiments.backlog_replay.judge import observations as see
from lab.experiments.backlog_replay.judge.observations import live_rows
from lab.experiments.backlog_replay.judge.result import results
from lab.experiments.backlog_replay.measure.load import (
    buckets,
    latencies,
    p99,
    quiet_interval,
    safe_capacity,
    steps,
)
from lab.experiments.backlog_replay.measure.seen import Run, Seen
from lab.experiments.backlog_replay.mechanism import Replay
from lab.experiments.backlog_replay.params import LEAD_S, STEPS, TRIES
from lab.experiments.backlog_replay.workload import (
    Arm,
    controls,
    first_live,
    keys_of,
    killed,
    saturated,
    search,
    treatments,
)

PARAMS = Params(backlog=3_600, live_rate=500, step_s=1.0, keys=200, ramp_s=1.0)
MOST, SAFE, BEGAN = 3_000.0, 2_700.0, 1_000_000.0


def _seen(arm: Arm, at: Any, live_wait: float = 0.02, capacity: float = SAFE) -> Seen:
    """A replay whose backlog arrives at the times `at` (s after its begin), beside live rows that all wait `live_wait`."""
    rows, live = arm.rows or PARAMS.backlog, 0
    end = float(np.max(at))
    if arm.live:
        chunk = round(PARAMS.live_rate * 0.5)
        live = chunk * math.ceil((end + 0.5) * PARAMS.live_rate / chunk)
    due = BEGAN + np.arange(live) / PARAMS.live_rate
    first = first_live(PARAMS)
    moments = np.concatenate([BEGAN + np.resize(at, rows), due + live_wait])
    # A transaction of live rows each 25 ms, of which four fill a bucket.
    handed = BEGAN + np.floor((due + live_wait - BEGAN) / 0.025) * 0.025
    arrivals = pd.DataFrame(
        {
            "source": ["backlog"] * rows + ["live"] * live,
            "version": [*range(rows), *range(first, first + live)],
            "asked": np.concatenate([moments[:rows], handed]),
            "at": moments,
        }
    ).sort_values("at", ignore_index=True)
    made = Seen(arm, rows, first, capacity, arrivals, {}, due, np.zeros(live), Replay(BEGAN, rows), None)
    backlog = zip(keys_of(PARAMS, 0, PARAMS.rows)[:rows].tolist(), range(rows), strict=True)
    return replace(made, held=dict([*backlog, *live_rows(PARAMS, made)]))


def _at(rate: float, rows: int = PARAMS.backlog) -> np.ndarray:
    return (np.arange(rows) + 1) / rate


def history() -> Run:
    """A clean run: the sink saturates at MOST; loads above SAFE break the alert; every policy does what it says."""
    run = Run()
    first = saturated(PARAMS)
    run.seen["saturated"] = _seen(first, _at(MOST, PARAMS.rows)[: PARAMS.rows])
    run.seen["search"] = _search()
    room = PARAMS.target * SAFE - PARAMS.live_rate
    fixed, ramp, aimd = treatments(PARAMS)
    run.seen["fixed"] = _seen(fixed, _at(room))
    late = np.array([oracle.drain_s(rows + 1, room, PARAMS.ramp_s) for rows in range(PARAMS.backlog)])
    run.seen["ramp"] = _seen(ramp, late)
    steady = _seen(aimd, _at(room))
    run.seen["aimd"] = replace(steady, replay=Replay(BEGAN, 3_000, [(BEGAN, room)]))
    stopped = killed(PARAMS)
    run.seen["killed"] = replace(_seen(stopped, _at(room, PARAMS.backlog // 2)), absorbed_at_kill=700)
    free, last = controls(PARAMS)
    run.seen["unthrottled"] = _seen(free, _at(MOST - PARAMS.live_rate), live_wait=0.3)
    blind = _seen(last, _at(room, PARAMS.backlog // 3))
    old = dict(zip(keys_of(PARAMS, 0, PARAMS.rows)[: blind.rows].tolist(), range(blind.rows), strict=True))
    run.seen["last write wins"] = replace(blind, held=dict(blind.held) | old)
    return run


def _search() -> Seen:
    """Loads of STEPS one after the other, twice; those above SAFE wait longer than the alert."""
    rates = [share * MOST - PARAMS.live_rate for share in STEPS * TRIES]
    tried = [LEAD_S + place + _at(rate, round(rate)) for place, rate in enumerate(rates)]
    times = np.concatenate([_at(rates[0], round(LEAD_S * rates[0])), *tried])
    seen = _seen(replace(search(PARAMS), rows=len(times)), times)
    return _later(seen, [place for place, share in enumerate(STEPS * TRIES) if share * MOST > SAFE])


def _later(seen: Seen, places: list[int]) -> Seen:
    """Live rows that are due in these tries wait longer than the alert."""
    due = seen.arrivals["version"].map(dict(enumerate(seen.due, seen.first_live)))
    held = ((due - BEGAN - LEAD_S) // PARAMS.step_s).isin(places)
    return replace(seen, arrivals=seen.arrivals.assign(at=seen.arrivals["at"] + held * 0.2))


def judged(run: Run) -> dict[str, str]:
    treatment, _ = results(PARAMS, run)
    return {item.criterion.name: item.outcome for item in judge_all(CRITERIA, treatment.observed)}


def test_a_clean_history_passes_and_each_control_fails_what_it_names() -> None:
    treatment, found = results(PARAMS, history())
    outcomes = judged(history())
    assert {name for name, outcome in outcomes.items() if outcome != "pass"} <= {"wait_simulated"}
    for control in CONTROLS:
        seen = {
            item.criterion.name: item.outcome for item in judge_all(CRITERIA, found[control.name].observed)
        }
        assert seen[control.breaks] == "fail", control.name
    assert treatment.metric("safe_capacity").value == SAFE


@pytest.mark.parametrize("name", ["fixed", "ramp", "aimd", "killed"])
def test_one_row_lost_repeated_or_made_up_is_seen(name: str) -> None:
    for change in (
        lambda rows: rows.iloc[1:],
        lambda rows: pd.concat([rows, rows.iloc[:1]]),
        lambda rows: rows.assign(version=rows["version"].replace(0, 10**9)),
    ):
        run = history()
        run.seen[name] = replace(run.seen[name], arrivals=change(run.seen[name].arrivals))
        assert judged(run)["none_lost_or_repeated"] == "fail"


def test_one_key_with_an_older_value_is_seen() -> None:
    run = history()
    held = dict(run.seen["ramp"].held)
    held[min(held)] -= 1
    run.seen["ramp"] = replace(run.seen["ramp"], held=held)
    assert judged(run)["nothing_overwritten"] == "fail"


def test_a_single_burst_within_100_ms_is_a_peak() -> None:
    run = history()
    rows = run.seen["fixed"].arrivals
    burst = rows["at"].where(rows["version"] > 600, BEGAN + 0.31)
    run.seen["fixed"] = replace(run.seen["fixed"], arrivals=rows.assign(asked=burst))
    assert judged(run)["peak_within_capacity"] == "fail"


def test_a_sink_that_stalls_and_makes_up_for_it_is_no_peak_of_the_replay() -> None:
    run = history()
    rows = run.seen["fixed"].arrivals
    stalled = rows["at"].where((rows["at"] < BEGAN + 1) | (rows["at"] > BEGAN + 1.3), BEGAN + 1.3)
    run.seen["fixed"] = replace(run.seen["fixed"], arrivals=rows.assign(at=stalled))
    assert judged(run)["peak_within_capacity"] == "pass"


def test_a_drain_that_takes_a_fifth_longer_than_its_rate_says_is_seen() -> None:
    run = history()
    room = PARAMS.target * SAFE - PARAMS.live_rate
    run.seen["fixed"] = _seen(run.seen["fixed"].arm, _at(room / 1.2))
    assert judged(run)["drain_predicted"] == "fail"


def test_two_in_a_hundred_live_rows_that_wait_are_seen_and_one_that_never_comes_counts() -> None:
    seen = history().seen["fixed"]
    assert p99(latencies(seen)["latency"]) == pytest.approx(0.02)
    live = seen.arrivals["source"] == "live"
    chosen = live & (seen.arrivals["version"] % 50 == 0)
    late = replace(seen, arrivals=seen.arrivals.assign(at=seen.arrivals["at"] + chosen * 0.5))
    assert p99(latencies(late)["latency"]) == pytest.approx(0.52)
    never = replace(seen, arrivals=seen.arrivals[~chosen])
    assert p99(latencies(never)["latency"]) == math.inf


def test_one_stall_of_live_rows_is_no_miss_and_no_pass_and_many_are_a_miss() -> None:
    run = history()
    rows = run.seen["fixed"].arrivals
    live, since = rows["source"] == "live", rows["at"] - BEGAN
    for stalls, outcome in ((1, "inconclusive"), (6, "fail")):
        held = live & (since > 0.1) & (since % 0.5 < 0.15) & (since < stalls * 0.5)
        late = rows.assign(at=rows["at"] + held * 0.15)
        run.seen["fixed"] = replace(run.seen["fixed"], arrivals=late)
        assert judged(run)["live_within_alert"] == outcome


def test_live_rows_that_come_in_a_lump_are_no_peak_of_the_replay() -> None:
    run = history()
    rows = run.seen["ramp"].arrivals
    live, since = rows["source"] == "live", rows["asked"] - BEGAN
    lump = rows["asked"].where(~live | (since < 2) | (since > 2.5), BEGAN + 2.5)
    run.seen["ramp"] = replace(run.seen["ramp"], arrivals=rows.assign(asked=lump))
    assert judged(run)["peak_within_capacity"] == "inconclusive"


def test_without_a_safe_load_the_peak_can_not_be_told() -> None:
    run = history()
    slow = run.seen["search"]
    moved = slow.arrivals.assign(at=slow.arrivals["at"] + (slow.arrivals["source"] == "live") * 0.3)
    run.seen["search"] = replace(slow, arrivals=moved)
    assert judged(run)["peak_within_capacity"] == "inconclusive"
    assert safe_capacity(PARAMS, run.seen["search"], MOST) == pytest.approx(STEPS[0] * MOST)
    for name in ("fixed", "ramp", "aimd"):
        run.seen[name] = replace(run.seen[name], capacity=STEPS[0] * MOST)
    told = summary(*results(PARAMS, run))
    assert "no load that was tried kept the alert" in told.answer and "can't tell" in told.decisions[0].answer
    drawn = package.figures(*results(PARAMS, run))
    assert not {name: said for name, one in drawn.items() if (said := figure.flaws(one))}


def test_a_load_that_did_not_come_is_not_safe() -> None:
    rows = history().seen["search"].arrivals
    second = ((rows["asked"] - BEGAN - LEAD_S) // PARAMS.step_s).isin([1, 1 + len(STEPS)])
    thinned = rows[~(second & (rows["source"] == "backlog") & (rows["version"] % 4 == 0))]
    found = replace(history().seen["search"], arrivals=thinned)
    assert safe_capacity(PARAMS, found, MOST) == pytest.approx(STEPS[0] * MOST)


def test_a_run_that_is_too_short_can_not_tell_what_noise_can_turn() -> None:
    short = PARAMS.model_copy(update={"backlog": 1_000, "live_rate": 100})
    run = history()
    for name in ("fixed", "ramp", "aimd"):
        rows = run.seen[name].arrivals
        run.seen[name] = replace(
            run.seen[name], rows=1_000, due=run.seen[name].due[::5], arrivals=rows[rows["version"] < 1_000]
        )
    assert see.live_wait(short, [run.seen["fixed"]]).conclusive is False
    assert see.drained(short, [run.seen["aimd"]]).conclusive is False


@pytest.mark.parametrize(
    ("tries", "safe"),
    [
        ([], STEPS[2]),
        ([1], STEPS[0]),
        ([1 + len(STEPS)], STEPS[0]),
        ([2], STEPS[1]),
        ([2 + len(STEPS)], STEPS[1]),
    ],
)
def test_a_load_is_safe_only_if_each_try_of_it_and_of_those_below_kept_the_alert(
    tries: list[int], safe: float
) -> None:
    found = _later(history().seen["search"], tries)
    assert safe_capacity(PARAMS, found, MOST) == pytest.approx(safe * MOST)


def test_what_the_page_says_follows_from_every_try_and_from_what_aimd_did() -> None:
    run = history()
    told = summary(*results(PARAMS, run))
    assert "90% of saturation kept the alert in each try, 110% did not" in told.answer
    aimd = next(one for one in told.decisions if "AIMD" in one.question)
    assert "never had to cut" in aimd.answer
    rates = [(BEGAN, 1_000.0), (BEGAN + 1, 500.0), (BEGAN + 2, 600.0)]
    run.seen["aimd"] = replace(run.seen["aimd"], replay=Replay(BEGAN, 3_000, rates))
    aimd = next(one for one in summary(*results(PARAMS, run)).decisions if "AIMD" in one.question)
    assert "It cut its rate 1 times" in aimd.answer


def test_a_title_tells_aimds_peak_beside_that_of_the_bounded_policies() -> None:
    run = history()
    rows = run.seen["aimd"].arrivals
    burst = rows["asked"].where(rows["version"] > 600, BEGAN + 0.31)
    run.seen["aimd"] = replace(run.seen["aimd"], arrivals=rows.assign(asked=burst))
    treatment, found = results(PARAMS, run)
    peaks = {name: treatment.metric(f"{name}.peak").value / SAFE for name in ("fixed", "ramp", "aimd")}
    assert peaks["aimd"] > 1 > max(peaks["fixed"], peaks["ramp"])
    title = package.figures(treatment, found)["load"].title
    assert title.endswith(
        f"AIMD {peaks['aimd']:.0%}, fixed and ramp {max(peaks['fixed'], peaks['ramp']):.0%}"
    )


def test_the_worst_error_of_a_drain_is_told_with_a_decimal_and_with_its_policy() -> None:
    run = history()
    room = PARAMS.target * SAFE - PARAMS.live_rate
    run.seen["fixed"] = _seen(run.seen["fixed"].arm, _at(room / 1.004))
    found = results(PARAMS, run)
    title = package.figures(*found)["drain"].title
    assert title == "Each throttled replay ends within 0.4% of when its rate says"
    assert "the worst of 3 policies, fixed" in package.model(*found).check.where


def test_the_record_says_how_strong_it_is() -> None:
    wholerun.says_how_strong_it_is(package, results(PARAMS, history()))


def test_a_kill_before_the_first_row_or_after_the_last_does_not_count() -> None:
    for there in (0, PARAMS.backlog // 2, None):
        run = history()
        run.seen["killed"] = replace(run.seen["killed"], absorbed_at_kill=there)
        assert judged(run)["kill_was_in_the_middle"] != "pass"


def test_buckets_hold_every_row_of_the_backlog_but_those_of_the_last_one() -> None:
    taken = buckets(history().seen["fixed"])
    room = PARAMS.target * SAFE - PARAMS.live_rate
    assert PARAMS.backlog - taken["backlog"].sum() <= room * 0.1 + 1
    assert taken["asked"].median() == pytest.approx((room + PARAMS.live_rate) / 10, rel=0.05)


def test_steps_tell_load_and_wait_of_each() -> None:
    tried = steps(PARAMS, history().seen["search"], MOST)
    shares = [share for share in STEPS for _ in range(TRIES)]
    assert tried["asked"].tolist() == pytest.approx([share * MOST for share in shares], rel=0.05)
    assert (tried["p99"] > 0.1).tolist() == [share * MOST > SAFE for share in shares]


@pytest.mark.parametrize(
    ("backlog", "rate", "ramp_s", "seconds"),
    [
        (1_000, 100, 0, 10),
        (1_000, 100, 5, 5 + (1_000 - 300) / 100),
        (300, 100, 5, 5),
        (1, 0, 0, math.inf),
        (20, 100, 10, (-20 + math.sqrt(400 + 2 * 8 * 20)) / 8),
    ],
)
def test_the_time_to_drain_is_what_a_hand_gets(
    backlog: int, rate: float, ramp_s: float, seconds: float
) -> None:
    assert oracle.drain_s(backlog, rate, ramp_s) == pytest.approx(seconds)


def test_a_recorded_rate_is_integrated_to_the_backlog() -> None:
    rates = [(100.0, 10.0), (102.0, 40.0), (103.0, 5.0)]
    assert oracle.integrated_s(15, rates) == pytest.approx(1.5)
    assert oracle.integrated_s(20, rates) == pytest.approx(2)
    assert oracle.integrated_s(40, rates) == pytest.approx(2.5)
    assert oracle.integrated_s(70, rates) == pytest.approx(5)


@pytest.mark.parametrize(
    ("sent", "absorbed", "lost", "repeated"),
    [([], [], 0, 0), ([1, 2], [2, 1], 0, 0), ([1, 2], [1], 1, 0), ([1], [1, 1, 1], 0, 2), ([1], [9], 1, 1)],
)
def test_deliveries_are_counted(sent: list[int], absorbed: list[int], lost: int, repeated: int) -> None:
    assert oracle.check_delivery(sent, absorbed) == oracle.Delivery(lost, repeated)


def test_stale_keys_are_those_that_lack_their_newest_version() -> None:
    sent = [(1, 5), (1, 9), (2, 3), (3, 4)]
    assert oracle.stale_keys(sent, {1: 9, 2: 3, 3: 4}) == 0
    assert oracle.stale_keys(sent, {1: 5, 2: 3}) == 2


def test_the_simulated_wait_is_that_of_a_lane_without_queue_and_grows_with_the_load() -> None:
    idle = oracle.simulated_p99_s(0.0001, 10, 0.002, 0.02, seed=1, seconds=10)
    assert idle == pytest.approx(0.022, rel=0.03)
    busy = oracle.simulated_p99_s(0.008, 0.0115, 0.002, 0.02, seed=1, seconds=10)
    assert idle < busy < 0.06


def _spaced(seen: Seen, apart: float) -> Seen:
    """Live rows are handed to the sink in transactions `apart` s apart."""
    rows = seen.arrivals
    lumps = BEGAN - 1 + np.ceil((rows["asked"] - BEGAN + 1) / apart) * apart
    return replace(seen, arrivals=rows.assign(asked=rows["asked"].where(rows["source"] != "live", lumps)))


def test_the_interval_between_live_transactions_is_the_runs_own_and_of_its_quiet_part() -> None:
    seen = history().seen["fixed"]
    rows = seen.arrivals
    # Beside the backlog every 50 ms, behind it every 40 ms.
    end = rows.loc[rows["source"] == "backlog", "at"].max()
    busy, quiet = (_spaced(seen, apart).arrivals["asked"] for apart in (0.05, 0.04))
    mixed = replace(seen, arrivals=rows.assign(asked=busy.where(rows["asked"] <= end, quiet)))
    assert quiet_interval([mixed]) == pytest.approx(0.04)
    alone = rows[rows["source"] == "backlog"]
    assert math.isnan(quiet_interval([replace(seen, arrivals=alone)]))


def test_a_longer_interval_between_live_transactions_makes_the_simulated_wait_longer() -> None:
    search = history().seen["search"]

    def said(quiet: float) -> float:
        return see.simulated(PARAMS, search, MOST, quiet)[0]["simulated"]

    assert said(0.04) - said(0.028) == pytest.approx(0.012, abs=0.004)
    assert said(float("nan")) > 0.02  # a tick at least, where none was seen


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"backlog": 1}, "backlog"),
        ({"live_rate": 5_000}, "live_rate"),
        ({"row_ms": 0}, "row_ms"),
        ({"target": 1.0}, "target"),
        ({"connections": "many"}, "connections"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(given: dict[str, Any], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        parse(Params, given)
