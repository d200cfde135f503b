"""The judgement on histories of which the outcome is known, good and bad."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import Observation, judge
from lab.evidence.result import Metric, Result
from lab.experiments.infra_drift import CRITERIA, Params, oracle
from lab.experiments.infra_drift.judge import observations
from lab.experiments.infra_drift.judge.detections import detections, false_reports
from lab.experiments.infra_drift.measure.seen import Change, Event, Live, Lock, Quiet, Size
from lab.experiments.infra_drift.mechanism import Drift, Look
from lab.experiments.infra_drift.present.findings import Findings
from lab.experiments.infra_drift.workload import KINDS, moments

PARAMS = Params(every_s=10.0)
GRANT, ROLE = "postgresql_grant.read[0]", "postgresql_role:app_intruder_0"


def outcome(name: str, observed: Observation) -> str:
    criterion = next(item for item in CRITERIA if item.name == name)
    return judge(criterion, {name: observed}).outcome


def look(due: float, *addresses: str, run: float = 1.0, late: float = 0.0) -> Event:
    """A look that reads everything in the middle of its run and is told at once."""
    started = due + late
    body = {"event": "look", "due": due, "started": started, "ended": started + run}
    reads = dict.fromkeys((GRANT, ""), started + run / 2)
    return Event(started + run, body | {"reads": reads, "drifts": [{"address": item} for item in addresses]})


def restored(at: float, *addresses: str) -> Event:
    return Event(at, {"event": "restored", "due": at // 10 * 10, "addresses": list(addresses)})


def ticket(at: float, address: str) -> Event:
    return Event(at, {"event": "ticket", "drift": {"address": address}})


def live(*events: Event, files: Sequence[str] = (ROLE,), declared: bool = True, **more: Any) -> Live:
    """A grant is changed at 3 s, a role made at 8 s."""
    changes = (
        Change("grant_added", 0, GRANT, "restore", 3.0, 3.0, declared),
        Change("role_unmanaged", 0, ROLE, "ticket", 7.5, 8.0),
    )
    told = {"changes": changes, "events": events, "files": dict.fromkeys(files, "x.json"), "lost": ()}
    return Live(**(told | more))


GOOD = (look(0), look(10, GRANT, ROLE), ticket(11.1, ROLE), restored(12.0, GRANT), look(20, ROLE))


def judged(name: str, found: Live) -> str:
    table = detections(PARAMS, found)
    return outcome(name, observations.of_live(PARAMS, found, table)[name])


def test_a_good_history_passes() -> None:
    for name in ("detected_in_time", "answered", "remediation_succeeds", "nothing_destroyed"):
        assert judged(name, live(*GOOD)) == "pass"
    table = detections(PARAMS, live(*GOOD))
    assert list(table["detected_s"]) == [8.0, 3.0] and list(table["outcome"]) == ["restored", "ticket"]
    assert list(table["bound_s"]) == [11.0, 11.0] and list(table["lag_s"]) == [0.5, 0.5]
    assert false_reports(live(*GOOD)) == []


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((look(0), look(10, GRANT), look(20, GRANT)), "fail"),  # the role is never told
        ((look(0), look(10, GRANT), look(20, GRANT, ROLE)), "fail"),  # the role is told one look too late
        ((look(0), look(10, GRANT), look(30, GRANT, ROLE)), "inconclusive"),  # late, but so was the look
        ((look(0), look(10, GRANT), look(30, GRANT)), "fail"),  # never is never
        ((), "fail"),
    ],
)
def test_a_change_that_is_told_late_or_never(events: tuple[Event, ...], said: str) -> None:
    assert judged("detected_in_time", live(*events)) == said


def test_a_look_before_the_change_is_no_detection() -> None:
    found = live(look(-10, GRANT), *GOOD)
    assert detections(PARAMS, found)["detected_s"][0] == 8.0
    assert false_reports(found) == [GRANT]


@pytest.mark.parametrize(
    "found",
    [
        live(*GOOD, files=()),  # a webhook without a file
        live(*(event for event in GOOD if event.kind != "ticket")),  # a file without a webhook
        live(*(event for event in GOOD if event.kind != "restored")),
        live(*GOOD, declared=False),  # it says restored, and the server says no
    ],
)
def test_what_is_neither_restored_nor_ticketed_is_unanswered(found: Live) -> None:
    assert judged("answered", found) == "fail"


def test_a_restore_that_did_nothing_or_was_refused_lowers_the_rate() -> None:
    assert judged("remediation_succeeds", live(*GOOD, declared=False)) == "fail"
    refused = Event(12.0, {"event": "refused", "addresses": [GRANT]})
    found = live(*(event for event in GOOD if event.kind != "restored"), refused, declared=False)
    assert judged("remediation_succeeds", found) == "fail"
    assert judged("remediation_succeeds", live(look(0))) == "inconclusive"


def test_what_is_lost_or_another_one_counts_as_destroyed() -> None:
    before = {"database a": 1, "role b": 2, "bucket c": 1}
    assert oracle.lost(before, before | {"role new": 9}) == []
    assert oracle.lost(before, {"database a": 7, "role b": 2}) == ["bucket c", "database a"]
    assert judged("nothing_destroyed", live(*GOOD, lost=("database a",))) == "fail"


def test_an_approval_that_is_not_carried_out_fails() -> None:
    assert judged("approval_carried_out", live(*GOOD)) == "fail"
    assert judged("approval_carried_out", live(*GOOD, approved="x", carried_out=True)) == "pass"


def quiet(*drifts: Drift) -> Quiet:
    return Quiet([Look(0, 1, ()), Look(1, 2, drifts)], 4)


def test_a_comparison_word_by_word_is_not_silent_and_one_that_finds_nothing_would_pass() -> None:
    for worded, said in ((("a.b",), "fail"), ((), "pass")):
        found = observations.worded(Quiet([Look(0, 1, ())], 4, worded))
        assert outcome("silent_without_change", found) == said


def test_a_report_without_a_change_or_after_the_restore_is_false() -> None:
    assert outcome("silent_without_change", observations.silent(quiet(), live(*GOOD))) == "pass"
    drift = Drift("a.b", "update", {}, {})
    assert outcome("silent_without_change", observations.silent(quiet(drift), live(*GOOD))) == "fail"
    for wrong in (look(20, "a.b"), look(20, GRANT)):
        found = observations.silent(quiet(), live(*GOOD, wrong))
        assert outcome("silent_without_change", found) == "fail"


def test_what_is_put_back_beside_something_else_is_told_by_that() -> None:
    found = live(look(0), restored(4.0, GRANT), look(10, ROLE), ticket(11, ROLE))
    assert judged("detected_in_time", found) == judged("answered", found) == "pass"


def test_a_look_in_the_midst_of_a_change_is_no_false_report_and_no_detection() -> None:
    found = live(look(0), look(6.7, ROLE), look(10, GRANT, ROLE))
    assert false_reports(found) == [] and detections(PARAMS, found)["detected_s"][1] == 3.0


def test_a_look_that_began_before_the_restore_may_still_tell() -> None:
    assert false_reports(live(look(10, GRANT), restored(12, GRANT), look(11.5, GRANT))) == []


@pytest.mark.parametrize(("at_work", "said"), [(1, "pass"), (2, "fail"), (0, "inconclusive")])
def test_applies_at_work_beside_the_first_are_counted(at_work: int, said: str) -> None:
    lock = Lock(at_work, "Error: Error acquiring the state lock", 0.3)
    assert outcome("one_apply_at_a_time", observations.one_apply(lock)) == said


def test_a_second_apply_that_failed_for_another_reason_was_not_locked_out() -> None:
    lock = Lock(1, "Error: Failed to query available provider packages", 0.3)
    assert outcome("one_apply_at_a_time", observations.one_apply(lock)) == "inconclusive"


@pytest.mark.parametrize(
    ("events", "share"),
    [
        ((look(0), look(10), look(20)), 1.0),
        ((look(0), look(10), look(30)), 0.75),
        ((look(0), look(10, late=2.0)), 0.5),
        ((), 0.0),
    ],
)
def test_looks_that_are_late_or_left_out_break_the_schedule(events: tuple[Event, ...], share: float) -> None:
    found = observations.schedule_kept(PARAMS, live(*events))
    assert found.value == share
    assert outcome("schedule_kept", found) == ("pass" if share == 1 else "fail")


def table(mean: float, spread: float = 0.02):  # type: ignore[no-untyped-def]
    import pandas as pd

    lags = [0.5 - spread, 0.5 + spread] * 10
    return pd.DataFrame({"detected_s": [mean] * 20, "lag_s": lags, "mean_lag_s": [0.5] * 20})


@pytest.mark.parametrize(
    ("mean", "spread", "kept", "said"),
    [
        (5.5, 0.02, True, "pass"),
        (5.7, 0.02, True, "pass"),
        (6.0, 0.02, True, "inconclusive"),
        (7.0, 0.02, True, "fail"),
        (5.5, 0.02, False, "inconclusive"),
        (5.5, 4.0, True, "inconclusive"),  # so noisy that agreement would be luck
        (6.5, 4.0, True, "inconclusive"),
        (math.nan, 0.02, True, "inconclusive"),
    ],
)
def test_the_mean_is_judged_by_its_interval(mean: float, spread: float, kept: bool, said: str) -> None:
    found = observations.mean_predicted(PARAMS, table(mean, spread), kept)
    assert outcome("mean_predicted", found) == said


def test_the_run_time_is_predicted_from_the_smaller_sizes() -> None:
    sizes = [Size(10, [1.0, 1.0, 9.0], 0), Size(20, [2.0], 0), Size(40, [4.2], 0)]
    assert outcome("run_time_predicted", observations.run_time_predicted(sizes)) == "pass"
    worse = [*sizes[:2], replace(sizes[2], seconds=[8.0])]
    assert outcome("run_time_predicted", observations.run_time_predicted(worse)) == "fail"


def test_what_is_drawn_out_to_larger_states_knows_the_largest_that_was_measured() -> None:
    sizes = [Size(20, [0.15], 0), Size(80, [0.35], 0), Size(320, [0.75], 0)]
    told = [Metric(f"run_{one.objects}_s", one.seconds[0], "s", "") for one in sizes]
    found = Findings(Params(), Result(Params(), {}, told), {})
    assert found.checked.at(320) == pytest.approx(1.15)  # by the smaller ones alone
    assert observations.law(sizes).each < found.checked.each


def test_every_kind_has_its_moments_and_every_phase_is_met_once() -> None:
    params = Params(every_s=2.0, copies=3, looks=5)
    found = moments(params)
    count = len(KINDS) * 3
    assert sorted({(due.kind.name, due.copy) for due in found}) == sorted(
        {(kind.name, copy) for kind in KINDS for copy in range(3)}
    )
    assert sorted(int(due.at % 2.0 / 2.0 * count) for due in found) == list(range(count))
    assert found[0].at >= 0 and found[-1].at < 10.0
    assert found == moments(params) != moments(params.model_copy(update={"seed": 2}))


@pytest.mark.parametrize(
    "given",
    [
        {"every_s": 0.5}, {"every_s": "3"}, {"copies": 0}, {"looks": 1}, {"quiet": 0}, {"sizes": (20, 80)},
        {"sizes": (80, 20, 320)}, {"sizes": (0, 20, 80)}, {"repeats": 0}, {"seed": -1}, {"look": 3},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(given: dict) -> None:
    with pytest.raises(ParameterError):
        parameters.parse(Params, given)
