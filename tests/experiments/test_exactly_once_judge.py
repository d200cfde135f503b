"""The judgement on histories of which the outcome is known: as it should be, and broken in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab import notebook
from lab.charts import figure
from lab.errors import NotAvailableError, ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge_all
from lab.evidence.strength import flaws
from lab.experiments import exactly_once as package
from lab.experiments.exactly_once import experiment
from lab.experiments.exactly_once.criteria import OVERHEAD_LIMIT
from lab.experiments.exactly_once.judge import observations, tables
from lab.experiments.exactly_once.judge.result import results
from lab.experiments.exactly_once.measure.seen import (
    APPENDED,
    DELIVERED,
    SINK,
    Injected,
    Ran,
    Rows,
    Seen,
    Timed,
    Told,
)
from lab.experiments.exactly_once.params import Params
from lab.experiments.exactly_once.present.findings import LEAST, MOST, ONCE
from lab.experiments.exactly_once.workload.generator import Sent
from lab.experiments.exactly_once.workload.schedule import plan
from lab.services.kafka import Kafka
from lab.services.node import Attached

PARAMS = Params(messages=4_000, rate=1_000, rounds=4, sizes=(10, 80, 160))
START, ROUND_S, OF_A_BATCH = 1e9, 20.0, 100


def _rows(sequences: list[int], member: int = 0, late: float = 0.05) -> Rows:
    """Delivered in order, a batch for each hundred, `late` s after they were due."""
    found = np.zeros(len(sequences), DELIVERED)
    numbers = np.array(sequences, int)
    found["sequence"], found["partition"] = numbers, numbers % PARAMS.partitions
    found["member"], found["batch"] = member, numbers // OF_A_BATCH
    found["at"] = _due()[numbers] + late
    return found


def _rounds(counts: dict[str, list[int]]) -> list[Ran]:
    return [
        Ran(
            one,
            START + number * ROUND_S,
            START + (number + 1) * ROUND_S,
            Sent(0, 1.0, 2.0),
            {arm: found[number] for arm, found in counts.items()},
        )
        for number, one in enumerate(plan(PARAMS))
    ]


def _due() -> Any:
    return np.concatenate(
        [
            START + number * ROUND_S + np.arange(one.count) / PARAMS.rate
            for number, one in enumerate(plan(PARAMS))
        ]
    )


def _ideal() -> Seen:
    """Both pipelines exact; at least once repeats ten, at most once loses ten, appended repeats ten, in the last round."""
    rounds = plan(PARAMS)
    total = rounds[-1].first + rounds[-1].count
    everything = list(range(total))
    ends = [one.first + one.count for one in rounds]
    delivered = {
        ONCE: _rows(everything),
        LEAST: _rows([*everything, *everything[-10:]]),
        MOST: _rows(everything[:-10]),
        SINK: _rows(everything, late=0.5),
        APPENDED: _rows([*everything, *everything[-10:]], late=0.5),
    }
    counts = {arm: [*ends[:-1], len(rows)] for arm, rows in delivered.items()}
    ran = _rounds(counts)
    aborted = _rows([5, 6, 7], member=1)
    aborted["batch"] = 9
    told = [
        Told(ONCE, 0, batch, "committed", _due()[min(total - 1, batch * 100)] + 0.2)
        for batch in range(total // 100 + 1)
    ]
    told += [Told(ONCE, 1, 9, "refused", START, "_FENCED"), Told(ONCE, 1, 9, "insisted", START, "_FENCED")]
    timed = [
        Timed(arm, size, (0.004 if arm == ONCE else 0.002) + size * 2e-5, turn)
        for arm in (ONCE, LEAST)
        for size in PARAMS.sizes
        for turn in range(3)
    ]
    return Seen(
        ran, delivered, np.concatenate([delivered[ONCE], aborted]), list(_faults(ran)), told, timed, {}
    )


def _faults(ran: list[Ran]) -> Any:
    for one in ran[1:]:
        arms = [SINK] if one.round.fault == "commit" else [ONCE, LEAST, MOST, SINK]
        for arm in arms:
            member = 1 if arm == ONCE and one.round.fault == "zombie" else -1
            if one.round.fault:
                at = one.start + one.round.at_s
                yield Injected(one.round.number, one.round.fault, arm, at, True, "seen", member)


@pytest.fixture(scope="module")
def ideal() -> Seen:
    return _ideal()


def outcomes(seen: Seen) -> dict[str, str]:
    treatment, _ = results(PARAMS, seen, {"Apache Kafka": "4"})
    return {item.criterion.name: item.outcome for item in judge_all(package.CRITERIA, treatment.observed)}


def broken(seen: Seen) -> dict[str, str]:
    return {name: outcome for name, outcome in outcomes(seen).items() if outcome != "pass"}


def test_an_ideal_run_passes_and_each_control_fails(ideal: Seen) -> None:
    treatment, controls = results(PARAMS, ideal, {})
    shown = notebook.Shown(
        *(make(treatment, controls) for make in (package.figures, package.summary, package.model))
    )
    record = notebook._judged(package, treatment, controls, shown)
    assert record["verdict"] == "pass", record["reasons"]
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []
    assert {name: found.observed.popitem()[1].value for name, found in controls.items()} == {  # type: ignore[attr-defined]
        "at least once": 10,
        "at most once": 10,
        "appended": 10,
    }


@pytest.mark.parametrize("arm", [ONCE, SINK])
@pytest.mark.parametrize("kind", ["lost", "repeated", "unknown"])
def test_one_message_that_is_wrong_in_any_round_breaks_a_pipeline(ideal: Seen, arm: str, kind: str) -> None:
    rows = ideal.delivered[arm]
    changed = {"lost": rows[1:], "repeated": rows[[0, *range(len(rows))]], "unknown": rows.copy()}[kind]
    if kind == "unknown":
        changed["sequence"][0] = 10**6
    seen = replace(ideal, delivered=ideal.delivered | {arm: changed})
    assert broken(seen) == {"loop_exact" if arm == ONCE else "sink_exact": "fail"}


def test_a_message_that_comes_only_after_its_round_was_lost_in_it(ideal: Seen) -> None:
    first = ideal.rounds[1]
    late = replace(first, counts=first.counts | {ONCE: first.counts[ONCE] - 1})
    seen = replace(ideal, rounds=[ideal.rounds[0], late, *ideal.rounds[2:]])
    assert broken(seen)["loop_exact"] == "fail"


def test_a_repeat_that_comes_after_the_last_rounds_end_is_one(ideal: Seen) -> None:
    rows = ideal.delivered[SINK]
    seen = replace(ideal, delivered=ideal.delivered | {SINK: np.concatenate([rows, rows[-1:]])})
    assert broken(seen) == {"sink_exact": "fail"}


def test_a_message_in_another_partition_is_lost_there_and_unknown_here(ideal: Seen) -> None:
    rows = ideal.delivered[ONCE].copy()
    rows["partition"][0] = 1
    found = tables.delivery(PARAMS, len(rows), rows)
    assert (found.lost, found.unexpected) == (1, 1)


def test_two_messages_of_a_partition_swapped_break_the_order(ideal: Seen) -> None:
    rows = ideal.delivered[ONCE].copy()
    rows[[0, 2]] = rows[[2, 0]]
    assert broken(replace(ideal, delivered=ideal.delivered | {ONCE: rows})) == {"order_kept": "fail"}


def test_a_zombie_that_commits_is_no_zombie(ideal: Seen) -> None:
    free = [one for one in ideal.told if one.what not in ("refused", "insisted")]
    told = [*free, Told(ONCE, 1, 9, "committed", START, "after all")]
    assert broken(replace(ideal, told=told))["zombie_fenced"] == "fail"


def test_a_zombie_that_lost_its_place_in_the_group_but_not_its_transaction_is_not_fenced(ideal: Seen) -> None:
    told = [
        replace(one, detail="FENCED_INSTANCE_ID") if one.what in ("refused", "insisted") else one
        for one in ideal.told
    ]
    assert broken(replace(ideal, told=told)) == {"zombie_fenced": "fail"}


def test_aborted_records_that_nobody_was_shown_prove_nothing(ideal: Seen) -> None:
    seen = replace(ideal, uncommitted=ideal.delivered[ONCE])
    assert broken(seen) == {"aborted_invisible": "inconclusive"}


def test_an_aborted_record_shown_to_a_reader_of_committed_data_is_seen(ideal: Seen) -> None:
    shown = np.concatenate([ideal.delivered[ONCE], ideal.uncommitted[-1:]])
    last = ideal.rounds[-1]
    rounds = [*ideal.rounds[:-1], replace(last, counts=last.counts | {ONCE: len(shown)})]
    seen = replace(ideal, rounds=rounds, delivered=ideal.delivered | {ONCE: shown})
    assert broken(seen) == {"loop_exact": "fail", "aborted_invisible": "fail"}


def test_a_fault_without_proof_makes_the_run_inconclusive(ideal: Seen) -> None:
    faults = [replace(ideal.faults[0], real=False), *ideal.faults[1:]]
    assert "faults_real" in broken(replace(ideal, faults=faults))


def test_a_round_whose_fault_was_never_done_is_named(ideal: Seen) -> None:
    assert observations.faults_real(replace(ideal, faults=[])).value == PARAMS.rounds


def test_a_generator_that_falls_behind_is_seen(ideal: Seen) -> None:
    slow = replace(ideal.rounds[2], sent=Sent(0, 0.98, 900.0))
    assert broken(replace(ideal, rounds=[*ideal.rounds[:2], slow, *ideal.rounds[3:]])) == {
        "load_reached": "fail"
    }


def test_recovery_runs_from_the_fault_to_the_next_new_message_of_a_successor(ideal: Seen) -> None:
    found = tables.recovery(PARAMS, ideal)
    assert found[found["arm"] == LEAST]["recovery"].between(-1e-6, 0.002).all()
    # Spark's first rows of a round come half a second after its begin, some of them behind the fault.
    expected = {one.number: max(0.0, 0.5 - one.at_s) for one in plan(PARAMS)}
    spark = found[found["arm"] == SINK]
    assert (
        (spark["recovery"] - spark["round"].map(expected)).between(-1e-6, 0.002).all()
    )  # seconds since 1970, as floats
    hit = [replace(one, member=0) if one.arm == LEAST else one for one in ideal.faults]
    found = tables.recovery(PARAMS, replace(ideal, faults=hit))
    assert found[found["arm"] == LEAST]["recovery"].isna().all()  # nobody came after the one that was hit


def test_lost_messages_stay_in_the_lag(ideal: Seen) -> None:
    found = tables.lag(PARAMS, ideal)
    last = found.groupby("arm")["lag"].last()
    assert last[ONCE] == 0 and last[MOST] == 10


def test_the_faults_take_turns_and_come_while_the_load_is_on() -> None:
    rounds = plan(Params(rounds=12))
    assert rounds[0].fault is None
    for cycle in range(3):
        assert len({one.fault for one in rounds[1 + 4 * cycle : 5 + 4 * cycle]}) == 4
    assert all(0 < one.at_s < 0.6 * Params(rounds=12).seconds for one in rounds[1:])
    assert rounds == plan(Params(rounds=12)) != plan(Params(rounds=12, seed=2))
    assert [one.first for one in rounds[1:]] == [one.first + one.count for one in rounds[:-1]]


@pytest.mark.parametrize(
    "given",
    [
        {"messages": 10},
        {"messages": "many"},
        {"rounds": 0},
        {"rounds": 2.5},
        {"faults": ["earthquake"]},
        {"faults": []},
        {"rate": float("nan")},
        {"sizes": [10, 20]},
        {"sizes": [10, 20, 20]},
        {"sizes": [5_000, 4_000, 4_000]},
        {
            "sizes": [50, 1_000, 3_600]
        },  # all batches of each are more than there are messages: the timing would wait for them
        {"rounds": 101},
        {"sizes": [0, 10, 20]},
        {"partitions": True},
        {"seed": -1},
        {"batch_ms": None},
        {"mesages": 1_000},
    ],
)
def test_a_wrong_parameter_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(given))):
        parameters.parse(Params, given)


def test_a_processor_that_its_process_can_not_import_is_refused_before_anything_starts() -> None:
    def step(link: Any, batch: Any) -> None: ...

    step.__module__ = "__main__"
    with pytest.raises(ParameterError, match="module"):
        package.run(PARAMS, package.Processor("mine", step))


def test_a_broker_that_somebody_else_runs_is_not_killed() -> None:
    attached = Kafka("host:9092", "", [Attached("Kafka", "KAFKA_BOOTSTRAP_SERVERS")])
    with pytest.raises(NotAvailableError, match="leave"):
        experiment._ours_to_hurt(Params(), attached)
    experiment._ours_to_hurt(Params(faults=("zombie", "processor", "commit")), attached)


@pytest.mark.parametrize(("spread", "conclusive"), [(0.01, True), (0.9, False)])
@pytest.mark.parametrize(("largest", "within"), [(10.0, True), (15.0, False)])
def test_times_that_vary_decide_nothing_whether_or_not_they_agree(
    spread: float, conclusive: bool, largest: float, within: bool
) -> None:
    means = {100: 1.0, 200: 2.0, 400: 4.0, 1000: largest}
    around = np.linspace(1 - spread, 1 + spread, 15)
    random = np.random.default_rng(1)
    timed = [
        Timed(package.EXACTLY_ONCE.name, size, ms * by / 1e3, turn)
        for size, ms in means.items()
        for turn, by in enumerate(random.permutation(around))
    ]
    found = observations.overhead_predicted(timed)
    assert (found.value <= OVERHEAD_LIMIT) == within
    assert found.conclusive == conclusive


@pytest.mark.parametrize(
    ("means", "within", "conclusive"),
    [
        (
            {50: 6.0, 1000: 6.5, 1600: 7.0},
            True,
            False,
        ),  # a constant would pass as well: nothing is said of a line
        (
            {50: 6.0, 1000: 12.0, 3000: 10.0},
            False,
            True,
        ),  # times that saturate refute the line, whatever a constant does
    ],
)
def test_a_constant_that_would_pass_takes_a_pass_from_the_line_but_no_fail(
    means: dict[int, float], within: bool, conclusive: bool
) -> None:
    timed = [
        Timed(package.EXACTLY_ONCE.name, size, ms / 1e3, turn)
        for size, ms in means.items()
        for turn in range(15)
    ]
    found = observations.overhead_predicted(timed)
    assert (found.value <= OVERHEAD_LIMIT, found.conclusive) == (within, conclusive)


def test_what_the_machine_did_to_all_sizes_of_a_turn_does_not_count_against_the_line() -> None:
    timed = [
        Timed(package.EXACTLY_ONCE.name, size, (1 + size / 100) * slow / 1e3, turn)
        for turn, slow in enumerate(np.geomspace(1, 8, 15))
        for size in (50, 1_000, 3_000)
    ]
    found = observations.overhead_predicted(timed)
    assert found.value == pytest.approx(0, abs=1e-9) and found.conclusive


def _told(ran: Ran, commits: tuple[float, ...], open_s: float) -> list[Told]:
    """Batches of 60 messages that were committed so many s after a round's begin, and open for `open_s`."""
    return [
        Told(ONCE, 0, 10 * ran.round.number + number, what, ran.start + at - early, "60" if early else "")
        for number, at in enumerate(commits)
        for what, early in (("began", open_s), ("committed", 0.0))
    ]


def test_the_rhythm_is_that_of_the_load_before_a_fault(ideal: Seen) -> None:
    # In each round two gaps before the fault, and one across it; in the warm-up, which has no fault, other ones.
    warm_up, *rounds = ideal.rounds
    told = _told(warm_up, (0.1, 0.11, 0.12, 0.13), 0.001)
    told += [one for ran in rounds for one in _told(ran, (0.05, 0.17, 0.29, 0.9), 0.04)]
    found = tables.rhythm(replace(ideal, told=told), ONCE)
    assert found and (found.interval_ms, found.open_ms, found.size) == pytest.approx((120, 40, 60))


def test_rounds_too_short_for_two_commits_have_no_rhythm(ideal: Seen) -> None:
    once = [one for ran in ideal.rounds for one in _told(ran, (0.1,), 0.04)]
    assert tables.rhythm(replace(ideal, told=once), ONCE) is None
    assert tables.rhythm(ideal, "nobody") is None


def test_the_projection_s_first_row_is_what_the_run_showed(ideal: Seen) -> None:
    told = [
        *ideal.told,
        *(one for ran in ideal.rounds[1:] for one in _told(ran, (0.05, 0.14, 0.23, 0.32), 0.03)),
    ]
    treatment, controls = results(PARAMS, replace(ideal, told=told), {})
    model = package.model(treatment, controls)
    first, typed = model.projection.iloc[0], {item.name: item.value for item in model.calculator.inputs}
    interval_s = treatment.metric(f"{ONCE}.interval").value / 1e3
    assert first["commit every, s"] == typed["interval"] / 1e3 == pytest.approx(interval_s, rel=5e-3)
    assert all(value == float(f"{value:.3g}") for value in typed.values())
    assert first["messages in it"] == round(PARAMS.rate * interval_s)  # what comes in it
    open_s = treatment.metric(f"{ONCE}.open").value / 1e3 * first["messages in it"] / 60
    assert first["open for, s"] == pytest.approx(open_s, rel=0.1)
    assert first["mean wait, s"] == pytest.approx(interval_s / 2 + open_s, rel=0.1)
