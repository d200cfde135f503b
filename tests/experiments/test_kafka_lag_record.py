"""An ideal pipeline, made of numbers: judged, told and drawn without a broker; and one that is not ideal."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from lab import notebook
from lab.evidence.criteria import judge_all
from lab.evidence.strength import flaws
from lab.experiments import kafka_lag
from lab.experiments.kafka_lag.experiment import results
from lab.experiments.kafka_lag.measure.lag import Sample
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire
from lab.experiments.kafka_lag.measure.worker import MESSAGE
from lab.experiments.kafka_lag.mechanism import partition_for
from lab.experiments.kafka_lag.oracle import JavaProducer
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.present.findings import findings
from lab.experiments.kafka_lag.workload.messages import prepare
from lab.experiments.kafka_lag.workload.variants import (
    STOP_AFTER_S,
    Load,
    hot_key,
    levels,
    outage,
    sweep,
    variants,
)

PARAMS = Params(rate=10_000, seconds=4, producers=1)
START_NS, APPEND_NS, COMMIT_NS = 10**15, 1_000_000, 10_000_000


def ideal(load: Load, first: int) -> Seen:
    """What an undisturbed machine would show: each worker takes exactly its time, everything else next to none."""
    window = prepare(load, first, seed=1)
    stop = START_NS + int(STOP_AFTER_S * 1e9) if load.outage_s else 0
    stopped = (stop, stop + int(load.outage_s * 1e9)) if stop else None
    service = load.topic.service_ns
    free = dict.fromkeys(range(load.topic.partitions), 0)
    messages = np.zeros(window.count, MESSAGE)
    messages["sequence"], messages["due_ns"] = first + np.arange(window.count), window.due_ns
    messages["partition"], messages["served_ns"] = window.partitions, service
    append = START_NS + window.due_ns + APPEND_NS
    messages["append_ms"] = append // 1_000_000
    finished = []
    for moment, partition in zip(append.tolist(), window.partitions.tolist(), strict=True):
        begin = max(free[partition], moment)
        if stopped and stopped[0] < begin + service and begin < stopped[1]:
            begin = stopped[1]
        free[partition] = begin + service
        finished.append(free[partition])
    messages["finished_ns"] = finished
    if stopped:  # the message that was stopped half-way took as long as the outage
        half_way = messages["due_ns"] + START_NS < stopped[0]
        last = [np.flatnonzero(half_way & (window.partitions == number))[-1] for number in free]
        messages["served_ns"][last] += stopped[1] - stopped[0]
    messages["committed_ns"] = messages["finished_ns"] + COMMIT_NS
    late, samples = np.zeros(window.count, np.int64), _samples(messages, append, load)
    return Seen(window, START_NS, samples, late, stopped, messages)


def _samples(messages: Any, append: Any, load: Load) -> list[Sample]:
    made = []
    for moment in range(START_NS, int(messages["committed_ns"].max()) + 50_000_000, 25_000_000):
        size = load.topic.partitions
        ends = np.bincount(messages["partition"][append <= moment], minlength=size)
        done = np.bincount(messages["partition"][messages["committed_ns"] <= moment], minlength=size)
        made.append(Sample(moment, ends, done, ends))
    return made


def _beside(params: Params) -> Beside:
    keys = [b"%d" % number for number in range(1_000)]
    ours = [partition_for(key, params.partitions) for key in keys]
    default = [crc32(key) % params.partitions for key in keys]
    lag = np.bincount([*ours, *ours, *default], minlength=params.partitions)
    return Beside(keys, ours, ours, default, lag.astype(float), lag, JavaProducer(params.rate, 1, 2, 3))


@cache
def _seen() -> tuple[Seen, ...]:
    chosen = [*levels(PARAMS, [*variants(PARAMS), hot_key(PARAMS)]), *sweep(PARAMS), outage(PARAMS)]
    seen, first = [], 0
    for load in chosen:
        seen.append(ideal(load, first))
        first += seen[-1].window.count
    return tuple(seen)


def _results(seen: list[Seen]) -> Any:
    return results(PARAMS, seen, Wire(0, 0), _beside(PARAMS), {"librdkafka": "2"})


def _outcomes(seen: list[Seen]) -> dict[str, str]:
    treatment, _ = _results(seen)
    return {item.criterion.name: item.outcome for item in judge_all(kafka_lag.CRITERIA, treatment.observed)}


@pytest.fixture(scope="module")
def told() -> Any:
    treatment, controls = _results(list(_seen()))
    return (
        treatment,
        controls,
        notebook.Shown(
            kafka_lag.figures(treatment, controls),
            kafka_lag.summary(treatment, controls),
            kafka_lag.model(treatment, controls),
        ),
    )


def test_an_ideal_pipeline_passes(told: Any) -> None:
    treatment, controls, shown = told
    record = notebook._judged(kafka_lag, treatment, controls, shown)
    assert record["verdict"] == "pass", record["reasons"]


def test_the_record_says_how_strong_it_is(told: Any) -> None:
    treatment, controls, shown = told
    record = notebook._judged(kafka_lag, treatment, controls, shown)
    assert flaws(record, list(shown.figures)) == []


def test_each_figure_states_one_finding_briefly(told: Any) -> None:
    for name, figure in told[2].figures.items():
        assert len(figure.title.split()) <= 15, name
        assert any(letter.isdigit() for letter in figure.title), name
        assert not figure.data.empty
        assert "nan" not in figure.title + figure.alt


def test_what_is_recommended_was_tried_with_its_neighbours_and_only_it_keeps_up(told: Any) -> None:
    answer = told[2].summary.decisions[0].answer
    assert "11 partitions keep up (86% load); 5, 10 and 15 do not" in answer


def test_what_may_be_overtaken_and_what_was_are_two_numbers_and_even_keys_are_named(told: Any) -> None:
    found = findings(told[0], told[1])
    assert 0 < found.overtaken < found.salted_share
    strategy = next(one for one in told[2].summary.decisions if "strategy" in one.question)
    for text in (told[2].summary.answer, strategy.answer):
        assert f"{found.salted_share:.0%} of the messages may lose their order" in text
        assert f"{found.overtaken:.0%} did" in text
    assert "keyed (even keys)" in strategy.answer


def test_what_is_set_or_rests_on_a_simulated_worker_is_not_called_measured(told: Any) -> None:
    model = told[2].model
    real = next(one for one in model.constants if one.name == "mu_real")
    growth = next(one for one in model.calculator.outputs if one.name == "growth")
    assert (real.grade, growth.grade) == ("arithmetic", "simulated")


def _first_of_the_sweep(seen: list[Seen]) -> int:
    return next(n for n, item in enumerate(seen) if item.window.load.kind == "sweep")


def test_a_backlog_that_placement_did_not_foretell_fails() -> None:
    seen = list(_seen())
    place = _first_of_the_sweep(seen)
    fullest = int(np.bincount(seen[place].window.partitions).argmax())
    late = np.arange(seen[place].partitions) == fullest
    seen[place] = replace(
        seen[place],
        samples=[
            replace(item, committed=item.committed * 9 // 10 * late + item.committed * ~late)
            for item in seen[place].samples
        ],
    )
    assert _outcomes(seen)["backlog_predicted"] == "fail"


def test_where_partitions_with_room_to_spare_are_late_a_backlog_tells_nothing() -> None:
    seen = list(_seen())
    place = _first_of_the_sweep(seen)
    one = seen[place]
    loads = np.bincount(one.window.partitions, minlength=one.partitions)
    fullest, spare = (np.arange(one.partitions) == number for number in (loads.argmax(), loads.argmin()))
    late = int(0.2 * one.seconds * one.worker_rate)  # all the time, so that it grows no more
    samples = []
    for item in one.samples:
        committed = np.where(fullest, item.committed * 9 // 10, item.committed)
        samples.append(
            replace(item, committed=np.where(spare, np.maximum(item.committed - late, 0), committed))
        )
    seen[place] = replace(one, samples=samples)
    assert _outcomes(seen)["backlog_predicted"] == "inconclusive"


def test_catching_up_later_than_foretold_fails() -> None:
    seen = list(_seen())
    assert seen[-1].stopped_ns is not None
    begin, end = seen[-1].stopped_ns
    seen[-1] = replace(
        seen[-1], stopped_ns=(begin, (begin + end) // 2)
    )  # half the outage, and yet all that time
    assert _outcomes(seen)["catch_up_predicted"] == "fail"


def test_a_window_that_is_over_before_all_caught_up_tells_nothing() -> None:
    seen = list(_seen())
    late = seen[-1].messages.copy()
    late["finished_ns"][late["finished_ns"] > START_NS + 3_000_000_000] += 200_000_000
    seen[-1] = replace(seen[-1], messages=late)
    assert _outcomes(seen)["catch_up_predicted"] == "inconclusive"


def test_a_worker_that_took_longer_than_it_was_told_tells_nothing() -> None:
    seen = list(_seen())
    place = _first_of_the_sweep(seen)
    slower = seen[place].messages.copy()
    fullest = int(np.bincount(slower["partition"]).argmax())
    slower["served_ns"][slower["partition"] == fullest] += 100_000
    seen[place] = replace(seen[place], messages=slower)
    assert _outcomes(seen)["backlog_predicted"] == "inconclusive"


def test_an_overtaken_message_breaks_the_order() -> None:
    seen = list(_seen())
    keyed = [n for n, item in enumerate(seen) if item.window.load.variant.name == "keyed"]
    place = keyed[-1]  # at the highest level each key comes many times
    turned = seen[place].messages.copy()
    turned["finished_ns"] = turned["finished_ns"][::-1]
    seen[place] = replace(seen[place], messages=turned)
    assert _outcomes(seen)["order_kept"] == "fail"


def test_a_watcher_who_came_too_seldom_to_see_lag_grow_tells_nothing() -> None:
    """Beside other work the samples of a short window can all be of its first half: then no growth is known."""
    seen = [
        replace(one, samples=[each for each, at in zip(one.samples, one.moments_s, strict=True) if at < 0.1])
        for one in _seen()
    ]
    outcomes = _outcomes(seen)
    assert {outcomes["backlog_predicted"], outcomes["larger_predicted"]} == {"inconclusive"}
