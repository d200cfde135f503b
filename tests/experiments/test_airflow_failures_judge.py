"""Outcomes, detection, amplification and criteria, on histories of which the answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.evidence.criteria import Observation, judge, judge_all
from lab.experiments.airflow_failures import CONTROLS, CRITERIA, DAGS, Params, figures, model, summary
from lab.experiments.airflow_failures.judge.observations import LOST, pool_kept
from lab.experiments.airflow_failures.judge.outcomes import (
    alerts,
    detected_s,
    outcome,
    worst_error,
)
from lab.experiments.airflow_failures.judge.result import by_fault, results
from lab.experiments.airflow_failures.kit.harness.faults import FAULTS
from lab.experiments.airflow_failures.kit.harness.play import NEVER, Played
from lab.experiments.airflow_failures.measure.seen import Call, Ran, Seen, Try
from lab.experiments.airflow_failures.oracle import Difference, calls, difference
from lab.experiments.airflow_failures.params import (
    DEFAULT_HEARTBEAT_S,
    HEARTBEAT_S,
    KIT_WAIT_S,
    SCAN_S,
    outlasted_s,
)
from lab.experiments.airflow_failures.present.findings import DEFAULTS, bound, findings
from lab.experiments.airflow_failures.workload import (
    HOLE,
    OUTAGES,
    QUIET,
    STEPS,
    STORM,
    STORMING,
    TRUNCATED,
    Shot,
    made,
    shots,
)
from lab.services.receiver import Delivery

PARAMS = Params(rounds=1)
SHOTS = {(shot.fault, shot.dag, shot.layers): shot for shot in shots(PARAMS)[0]}
NONE = Difference(0, 0, 0)
BEGUN, HIT = 1000.0, 1005.0


def _ran(shot: Shot, state: str = "success", apart: Difference = NONE, published: int = 800) -> Ran:
    injected = BEGUN if shot.fault == QUIET else HIT
    played = Played(BEGUN, injected, HIT + 6, HIT + 15, state)
    step = STEPS.get(shot.fault, "load")
    tries = [Try(step, 1, BEGUN + 3, HIT, "failed"), Try(step, 2, HIT + 3, HIT + 9, "success")]
    if shot.fault == STORM and shot.guarded:  # a retry that the open breaker refuses
        tries.insert(1, Try(step, 2, HIT + 1, HIT + 2, "failed"))
    tries = tries[1:] if shot.fault == QUIET else tries
    return Ran(shot, played, apart, published, 0, tries, 0.5)


def _told(shot: Shot, after: float = 1.0, source: str = "callback", kind: str = "retry") -> Delivery:
    body = {"run_id": shot.run, "task_id": "load", "kind": kind, "source": source, "try_number": 1}
    return Delivery(HIT + after, "/alerts", body)


def _history() -> Seen:
    """One round as it is due: the killed task told of by the watcher alone."""
    runs, told, called = [], [], []
    for shot in SHOTS.values():
        called.append(Call(shot.batch, HIT - 3 + shot.batch, 200))
        if not shot.guarded:
            wrong = {"task killed": Difference(0, 80, 0), TRUNCATED: Difference(160, 0, 0)}.get(shot.fault)
            gave_up = shot.fault == STORM
            runs.append(_ran(shot, "failed" if gave_up else "success", wrong or NONE, 0 if gave_up else 800))
            if gave_up:
                called += [Call(shot.batch, HIT, 503)] * 3**shot.layers
            continue
        safe = shot.fault == TRUNCATED
        runs.append(_ran(shot, "failed" if safe else "success", NONE, 0 if safe else 800))
        if shot.fault == STORM:
            called.append(Call(shot.batch, HIT, 503))
        if shot.fault != QUIET:
            by = "watcher" if shot.fault == "task killed" else "callback"
            told.append(_told(shot, 12.5 if shot.fault == LOST else 1.0, by))
    return Seen(runs, told, called, 25.0, {"Apache Airflow": "3.3.2"})


def _outcomes(seen: Seen) -> dict[str, str]:
    return {
        item.criterion.name: item.outcome for item in judge_all(CRITERIA, results(PARAMS, seen)[0].observed)
    }


def _spoilt(fault: str, **change: object) -> Seen:
    """The history with the guarded run of one fault changed."""
    seen = _history()
    runs = [
        replace(ran, **change) if ran.shot.fault == fault and ran.shot.guarded else ran for ran in seen.runs
    ]
    return replace(seen, runs=runs)


def test_a_history_as_it_is_due_passes_and_every_control_fails() -> None:
    assert set(_outcomes(_history()).values()) == {"pass"}
    _, controls = results(PARAMS, _history())
    named = {criterion.name: criterion for criterion in CRITERIA}
    for control in CONTROLS:
        assert judge(named[control.breaks], controls[control.name].observed).outcome == "fail"


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"difference": Difference(0, 20, 0)}, {"recovered_or_failed_safe", "published_right"}),
        ({"difference": Difference(1, 0, 0)}, {"recovered_or_failed_safe", "published_right"}),
        ({"difference": Difference(0, 0, 1)}, {"recovered_or_failed_safe", "published_right"}),
        (
            {"difference": Difference(800, 0, 0), "published": 0},
            {"recovered_or_failed_safe", "published_right"},
        ),
        ({"played": Played(BEGUN, HIT, HIT, HIT + 9, "failed")}, {"recovered_or_failed_safe"}),
    ],
)
def test_one_run_that_ends_badly_breaks_what_it_should(change: dict, broken: set[str]) -> None:
    seen = _outcomes(_spoilt("task killed", **change))
    assert {name for name, outcome in seen.items() if outcome == "fail"} == broken


def test_a_run_that_has_not_ended_can_t_be_told() -> None:
    endless = Played(BEGUN, HIT, HIT, NEVER, "running")
    seen = _outcomes(_spoilt("task killed", played=endless, published=0, difference=Difference(800, 0, 0)))
    assert seen["recovered_or_failed_safe"] == "inconclusive"


def test_a_fault_that_did_not_hit_is_an_unmet_precondition() -> None:
    seen = _outcomes(_spoilt("black hole", played=Played(BEGUN, NEVER, NEVER, HIT, "success")))
    assert seen["faults_hit"] == "fail" and seen["every_fault_detected"] == "pass"


def _silent(fault: str) -> Seen:
    seen = _history()
    run = SHOTS[fault, "orders", 1].run
    return replace(seen, deliveries=[one for one in seen.deliveries if one.body["run_id"] != run])


def test_a_silent_failure_is_neither_safe_nor_alerted() -> None:
    seen = _outcomes(_silent(TRUNCATED))
    assert {name for name, outcome in seen.items() if outcome == "fail"} == {
        "recovered_or_failed_safe",
        "failure_alerted",
        "every_fault_detected",
    }


def test_a_fault_of_which_nobody_was_told_is_undetected_though_the_run_recovers() -> None:
    seen = _outcomes(_silent("task killed"))
    assert {name for name, outcome in seen.items() if outcome == "fail"} == {"every_fault_detected"}


def test_an_alert_on_a_quiet_run_is_false() -> None:
    seen = _history()
    noise = _told(SHOTS[QUIET, "orders", 1])
    assert _outcomes(replace(seen, deliveries=[*seen.deliveries, noise]))["quiet_run_silent"] == "fail"


def test_an_alert_on_a_quiet_run_whose_try_failed_by_itself_is_not_judged() -> None:
    tries = [Try("load", 1, BEGUN, HIT, "failed")]
    assert _outcomes(_spoilt(QUIET, tries=tries))["quiet_run_silent"] == "inconclusive"


def test_an_alert_from_before_the_fault_does_not_detect_it() -> None:
    ran = _ran(SHOTS["task killed", "orders", 1])
    told = alerts([_told(ran.shot, -0.5), _told(ran.shot, 2.0)])
    assert detected_s(ran, told) == pytest.approx(2.0)
    assert detected_s(ran, told[:1]) != detected_s(ran, told[:1])  # nan


def test_deliveries_that_are_no_alerts_are_passed_over() -> None:
    assert alerts([Delivery(1.0, "/", "text"), Delivery(1.0, "/", {"other": 1})]) == []


@pytest.mark.parametrize(
    ("state", "apart", "published", "expected"),
    [
        ("success", NONE, 800, "recovered"),
        ("success", Difference(800, 0, 0), 0, "wrong data"),
        ("running", Difference(0, 3, 0), 803, "wrong data"),
        ("running", Difference(800, 0, 0), 0, "not ended"),
        ("failed", NONE, 800, "published, then failed"),
        ("failed", Difference(800, 0, 0), 0, "failed safe"),
    ],
)
def test_outcomes(state: str, apart: Difference, published: int, expected: str) -> None:
    ran = _ran(SHOTS["task killed", "orders", 1], state, apart, published)
    assert outcome(ran, alerts([_told(ran.shot)])) == expected
    if expected == "failed safe":
        assert outcome(ran, []) == "failed unnoticed"


def test_the_oracle_counts_what_is_missing_doubled_and_unknown() -> None:
    assert difference([1, 2, 3], [1, 2, 2, 2, 4]) == Difference(missing=1, doubled=2, unknown=1)
    assert int(difference([1, 2], [2, 1])) == 0


@pytest.mark.parametrize(("layers", "expected"), [(0, 1), (1, 3), (2, 9), (3, 27)])
def test_the_oracle_makes_as_many_calls_as_the_law_says(layers: int, expected: int) -> None:
    assert calls(2, layers) == expected == 3**layers


def test_one_call_too_many_shows_and_a_source_that_came_back_too_soon_can_t_tell() -> None:
    seen = _history()
    shot = SHOTS[STORM, "orders_unguarded", 3]
    more = replace(seen, calls=[*seen.calls, Call(shot.batch, HIT, 503)])
    assert _outcomes(more)["amplification_predicted"] == "fail"
    runs = [_ran(shot) if ran.shot == shot else ran for ran in seen.runs]
    assert _outcomes(replace(seen, runs=runs))["amplification_predicted"] == "inconclusive"
    assert worst_error(results(PARAMS, more)[0].tables["storms"]) == pytest.approx(1 / 27)


def test_a_storm_in_which_the_breaker_refused_nothing_tells_nothing_of_it() -> None:
    seen = _history()
    unasked = [
        replace(ran, tries=[each for each in ran.tries if each.number != 2])
        if ran.shot.fault == STORM
        else ran
        for ran in seen.runs
    ]
    assert _outcomes(replace(seen, runs=unasked))["amplification_bounded"] == "inconclusive"
    more = [Call(shot.batch, HIT, 503) for shot in SHOTS.values() if shot.fault == STORM and shot.guarded] * 9
    assert (
        _outcomes(replace(seen, runs=unasked, calls=[*seen.calls, *more]))["amplification_bounded"] == "fail"
    )


def _storming(calls: int) -> Seen:
    """The history with a storm of three guarded runs, which make so many calls of the source that is away."""
    seen = _history()
    asked = [shot for shot in shots(PARAMS)[0] if shot.fault == STORM and shot.guarded]
    others = [ran for ran in seen.runs if ran.shot not in asked]
    kept = [call for call in seen.calls if call.status == 200]
    layered = [
        call for call in seen.calls if call.status == 503 and call.batch not in {s.batch for s in asked}
    ]
    away = [Call(asked[number % len(asked)].batch, HIT, 503) for number in range(calls)]
    told = [*seen.deliveries, *(_told(shot) for shot in asked)]
    return replace(seen, runs=[*others, *map(_ran, asked)], calls=[*kept, *layered, *away], deliveries=told)


@pytest.mark.parametrize(("calls", "judged"), [(4, "pass"), (9, "pass"), (10, "fail")])
def test_the_most_calls_that_a_breaker_lets_through_are_held_against_those_of_a_storm(
    calls: int, judged: str
) -> None:
    assert _outcomes(_storming(calls))["breaker_predicted"] == judged


def test_calls_with_a_breaker_are_set_beside_those_of_as_many_requests() -> None:
    whole = results(PARAMS, _storming(4))
    told = {one.question: one.answer for one in summary(*whole).decisions}["How many layers should retry?"]
    assert "3, 9, 27 calls of one request" in told and "9, 27, 81 of 3, by arithmetic" in told
    assert "made 4 of 3 that shared it" in told
    title = figures(*whole)["amplification"].title
    assert title == "3 layers of retries make 27 calls for each request, one guarded layer 1.33"


def test_runs_that_one_fault_hit_are_not_counted_as_faults() -> None:
    observed = results(PARAMS, _storming(4))[0].observed["every_fault_detected"]
    assert observed == Observation(0, "7 faults, which hit 9 runs")


def _crowded(*spans: tuple[float, float]) -> Seen:
    """A history of guarded runs whose extracts took these spans."""
    shots = [shot for shot in SHOTS.values() if shot.guarded]
    pairs = zip(shots, spans, strict=False)
    return replace(
        _history(),
        runs=[replace(_ran(shot), tries=[Try("extract", 1, *span, "success")]) for shot, span in pairs],
    )


def test_guarded_extracts_at_once_are_counted() -> None:
    # One that begins as another ends is not beside it; one without an end is beside all that follow.
    assert pool_kept(_crowded((0.0, 1.0), (0.5, 1.5), (1.0, 2.0))).value == 2
    assert pool_kept(_crowded((0.0, NEVER), (0.5, 1.5), (2.0, 3.0))).value == 2
    crowd = _crowded(*[(HIT, HIT + 1)] * 5)
    others = [
        ran for ran in _history().runs if ran.shot.fault == STORM
    ]  # without them there is no storm to judge
    assert _outcomes(replace(crowd, runs=[*crowd.runs, *others]))["pool_kept"] == "fail"


@pytest.mark.parametrize("fault", [STORM, TRUNCATED, OUTAGES[1]])
def test_a_fault_that_struck_after_its_task_is_a_miss(fault: str) -> None:
    late = [Try(STEPS.get(fault, "load"), 1, BEGUN, HIT - 1, "success")]
    assert _outcomes(_spoilt(fault, tries=late))["faults_hit"] == "fail"
    assert _outcomes(_spoilt(fault, tries=[replace(late[0], ended_at=NEVER)]))["faults_hit"] == "pass"


def test_an_end_that_is_not_due_shows_in_the_share_that_ended_as_they_should() -> None:
    treatment = results(
        PARAMS, _spoilt("task killed", played=Played(BEGUN, HIT, HIT, HIT + 9, "failed"), published=0)
    )[0]
    share = treatment.metric("ended_as_due")
    assert share.value == pytest.approx(6 / 7) and share.interval and share.interval[1] < 1
    whole = results(PARAMS, _history())[0]
    assert whole.metric("ended_as_due").value == 1 and whole.metric("recovered_share").interval is None


def test_time_to_detection_with_the_default_time_outs_is_longer_by_what_they_are() -> None:
    found = findings(*results(PARAMS, _history()))
    lost = (300 - 5 + 300 + 10) / 2 - (
        12 - 2 + 12 + 1
    ) / 2  # time-out, heartbeat and scan: Airflow's less the run's
    longer = 2 * (KIT_WAIT_S - PARAMS.wait_s) + lost  # frozen, black hole; lost
    assert {HOLE, OUTAGES[0], LOST} <= set(found.faults["fault"])
    assert found.default_s == pytest.approx(found.value("mean_time_to_detection") + longer / 7)
    # An outage that is shorter than the kit's wait is waited out, and tells nobody.
    assert (
        f"in outages of over {KIT_WAIT_S:g} s, it would be" in summary(found.treatment, found.controls).answer
    )


def test_the_callback_of_a_killed_task_is_told_from_the_watcher() -> None:
    seen = _history()
    assert findings(*results(PARAMS, seen)).callback_s != findings(*results(PARAMS, seen)).callback_s  # nan
    told = replace(seen, deliveries=[*seen.deliveries, _told(SHOTS["task killed", "orders", 1], 4.5)])
    assert findings(*results(PARAMS, told)).callback_s == pytest.approx(4.5)


def test_the_kits_own_times_are_those_of_the_page() -> None:
    dag = (DAGS / "orders.py").read_text()
    for name, value in (("RETRY_S", 60), ("RETRY_MOST_S", 600), ("WAIT_S", 30)):
        assert f'"ORDERS_{name}", {value})' in dag
    assert "RETRIES, RETRIES_UNGUARDED = 5, 2" in dag and "failures=3" in dag and "CHUNK = 20" in dag
    assert outlasted_s(60, 600) == 60 + 120 + 240 + 480 + 600 and KIT_WAIT_S == 30


def test_the_storms_runs_are_one_fault() -> None:
    runs = results(PARAMS, _history())[0].tables["runs"]
    found = by_fault(runs)
    assert len(found) == len(FAULTS) == 7
    assert int(found["recovered"].sum()) == 6


def test_the_heartbeats_bound_with_the_defaults_is_that_of_the_page() -> None:
    assert (DEFAULTS.low, DEFAULTS.high, DEFAULTS.mean) == (295.0, 310.0, 302.5)
    assert (bound(8, 1, 1).low, bound(8, 1, 1).high) == (7, 9)


def test_the_calculator_opens_with_the_times_of_the_run_and_the_defaults_lie_beyond_what_it_checked() -> None:
    whole = results(PARAMS, _history())
    told, here = model(*whole).calculator, findings(*whole).here
    assert told
    times = {one.name: one for one in told.inputs if one.name in ("timeout", "heartbeat", "scan")}
    assert [one.value for one in times.values()] == [PARAMS.heartbeat_timeout_s, HEARTBEAT_S, SCAN_S]
    assert all(one.checked == (one.value, one.value) for one in times.values())
    assert (told.answers()["soonest"], told.answers()["latest"]) == (here.low, here.high)
    assert model(*whole).projection["heartbeats/s, default"][0] == STORMING / DEFAULT_HEARTBEAT_S


def test_a_lost_task_that_is_noticed_late_is_outside_of_the_bound() -> None:
    seen = _history()
    run = SHOTS[LOST, "orders", 1].run
    late = [replace(one, at=HIT + 20) if one.body["run_id"] == run else one for one in seen.deliveries]
    observed = results(PARAMS, replace(seen, deliveries=late))[0].observed["heartbeat_predicted"]
    assert observed == Observation((20 - 13) / 12, "20.0 s, predicted 10 to 13 s")


def test_rounds_differ_in_batches_and_the_first_alone_has_runs_without_guards() -> None:
    first, second = shots(Params(rounds=2))
    assert not {shot.batch for shot in first} & {shot.batch for shot in second}
    assert all(shot.guarded for shot in second)
    dates = [shot.logical_date for shot in (*first, *second)]
    assert len(set(dates)) == len(dates)
    assert {shot.layers for shot in first if shot.fault == STORM and not shot.guarded} == {1, 2, 3}


def test_batches_are_the_sources_own_and_all_orders_differ() -> None:
    shot = next(iter(SHOTS.values()))
    orders = made(PARAMS, shot)
    assert len(set(orders)) == PARAMS.rows and orders == made(PARAMS, shot)


def test_page_and_model_can_be_made_of_a_history() -> None:
    whole = results(PARAMS, _history())
    assert set(figures(*whole)) == {"timeline", "detection", "amplification"}
    assert model(*whole).check.error == 0
    assert "27 calls" in summary(*whole).answer
