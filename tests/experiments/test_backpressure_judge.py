"""The judgement of backpressure, on histories of which the outcome is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lab.evidence.criteria import judge
from lab.evidence.result import Result
from lab.experiments.backpressure import model, oracle, summary, workload
from lab.experiments.backpressure.criteria import CRITERIA
from lab.experiments.backpressure.experiment import results
from lab.experiments.backpressure.judge import observations, windows
from lab.experiments.backpressure.measure.seen import Burst, Killed, Seen
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.present.findings import seconds
from lab.experiments.backpressure.workload import BOTH, CLIENTS, NONE, SERVER

PARAMS = Params(service_ms=25, burst_s=4)
END = PARAMS.before_s + PARAMS.burst_s
START = 1_000.0


def history(good: float = 1.0, after: float = 1.0, late: float = 0.0, took: float = 0.2) -> Burst:
    """An arm in which the sink's share of the burst is served, times `good`; after it `after` of all; `late` of them too late."""
    rows = []
    for number, at in enumerate(np.arange(0, PARAMS.total_s, 1 / PARAMS.base_rate)):
        rows.append(
            (f"base-{number}", at, workload.NAMES[number % 4], at < END or number % 100 < 100 * after)
        )
    count = round((PARAMS.burst_rate - PARAMS.base_rate) * PARAMS.burst_s)
    names = workload._dealt(
        {name: rate - PARAMS.base_rate / 4 for name, rate in workload.demand(PARAMS).items()},
        count,
        PARAMS.seed,
    )
    for number, name in enumerate(names):
        rows.append((f"extra-{number}", PARAMS.before_s + number * PARAMS.burst_s / count, name, True))
    sent = pd.DataFrame(rows, columns=["id", "at", "client", "good"]).sort_values("at", ignore_index=True)
    fair = oracle.max_min_shares(workload.demand(PARAMS), PARAMS.capacity * good)
    for name, rate in fair.items():
        mine = sent.index[sent["at"].between(PARAMS.before_s, END) & (sent["client"] == name)]
        kept = np.linspace(0, len(mine) - 1, round(rate * PARAMS.burst_s)).astype(int)
        sent.loc[mine.difference(mine[kept]), "good"] = False
    sent["status"], sent["latency"], sent["late"] = np.where(sent["good"], 200, 429), took, 0.0
    sent["reason"], sent["at"] = np.where(sent["good"], "", "limit"), sent["at"] + START
    events = sent[sent["good"]].assign(ref=sent["id"], received=sent["at"], deadline=sent["at"] + 1)
    done = events.assign(offset=range(len(events)), done=events["received"] + took)
    slow = done.index[: int(late * len(done))] if not late else done.index[:: max(1, round(1 / late))]
    done.loc[slow, "done"] += 1
    refused = sent[~sent["good"]]
    attempts = pd.DataFrame(
        {"key": sent["id"], "number": 1, "began": sent["at"], "status": sent["status"]}
    ).assign(ended=sent["at"] + 0.003, reason=sent["reason"], retry_after=np.where(sent["good"], "", "1"))
    assert len(refused)
    return Burst("arm", START, sent, attempts, events, done, {"ingest": 1.0, "sidecar": 2.0})


def test_a_good_history_is_good_in_everything() -> None:
    own = history()
    assert observations.sink_errors(PARAMS, own).value == 0
    assert observations.goodput(PARAMS, own, PARAMS.capacity).value == pytest.approx(1, abs=0.05)
    assert observations.accepted_p99(PARAMS, own).value == pytest.approx(0.8)
    assert observations.rejections_fast(PARAMS, own).value == pytest.approx(0.003)
    assert observations.fair(PARAMS, own, PARAMS.capacity).value > 0.9
    assert observations.recovered(PARAMS, own).value == 1
    assert observations.every_answer_done(own).value == 0
    assert observations.retry_after_told(own).value == 0
    assert observations.within_budget(own).value == 0
    assert observations.load_reached(own).value == 1
    assert observations.not_bottleneck(PARAMS, own).value == 0.5
    assert windows.time_to_recover(PARAMS, own) < 1.1


def test_late_work_lost_goodput_and_a_queue_that_stays_are_seen() -> None:
    assert observations.sink_errors(PARAMS, history(late=0.1)).value > 0.05
    assert observations.goodput(PARAMS, history(good=0.7), PARAMS.capacity).value < 0.8
    down = history(after=0.1)
    assert observations.recovered(PARAMS, down).value < 0.2
    assert math.isinf(windows.time_to_recover(PARAMS, down))
    assert observations.accepted_p99(PARAMS, history(took=0.9)).value > 3


def test_work_that_was_never_done_is_an_error_and_an_answer_for_it_a_lie() -> None:
    own = history()
    cut = Burst(**{**own.__dict__, "done": own.done.iloc[:-40]})
    assert observations.every_answer_done(cut).value == 40
    half = Burst(**{**own.__dict__, "done": own.done[own.done["done"] < START + PARAMS.before_s + 1]})
    assert observations.sink_errors(PARAMS, half).value > 0.5
    assert math.isinf(observations.accepted_p99(PARAMS, half).value)


def test_an_unfair_share_is_seen() -> None:
    own = history()
    starved = own.sent.assign(status=own.sent["status"].where(own.sent["client"] != "c", 429))
    found = observations.fair(PARAMS, Burst(**{**own.__dict__, "sent": starved}), PARAMS.capacity)
    assert (found.value, found.conclusive) == (0, True)


@pytest.mark.parametrize("told", ["", "0", "-1", "soon", "0.5"])
def test_a_rejection_that_does_not_say_when_is_seen(told: str) -> None:
    own = history()
    attempts = own.attempts.copy()
    attempts.loc[attempts.index[attempts["status"] == 429][0], "retry_after"] = told
    assert observations.retry_after_told(Burst(**{**own.__dict__, "attempts": attempts})).value == 1


def test_retries_beyond_the_budget_are_counted() -> None:
    own = history()
    again = own.attempts.assign(number=2)
    attempts = pd.concat([own.attempts, again], ignore_index=True)
    assert observations.within_budget(Burst(**{**own.__dict__, "attempts": attempts})).value > 500


def test_a_server_that_is_busy_and_a_load_that_is_late_are_seen() -> None:
    own = history()
    busy = Burst(**{**own.__dict__, "cpu": {"ingest": 3.9, "sidecar": 0.1}})
    assert observations.not_bottleneck(PARAMS, busy).value > 0.9
    late = Burst(**{**own.__dict__, "sent": own.sent.assign(late=0.2)})
    assert observations.load_reached(late).value == 0
    assert observations.prompt([own]).value == 1
    lags = Burst(**{**own.__dict__, "attempts": own.attempts.assign(began=own.attempts["began"] + 0.2)})
    assert observations.prompt([own, lags]).value == 0


def test_what_a_kill_lost_is_counted_and_nothing_lost_is_bounded() -> None:
    kept = Killed(3, [["a", "b"], ["c"], []], frozenset("abc"))
    assert observations.lost(kept).value == 0 and "at most 63%" in observations.lost(kept).detail
    assert "at most 53%" in observations.lost(Killed(4, kept.promised, kept.done)).detail
    assert "at most" not in observations.lost(Killed(1, [["a", "b"]], frozenset("b"))).detail
    assert observations.lost(Killed(1, [["a", "b"]], frozenset("b"))).value == 1
    assert not observations.lost(Killed(1, [[]], frozenset())).conclusive


def test_attempts_of_clients_that_do_not_hold_back_are_seen() -> None:
    own = history()
    assert observations.attempts_predicted(PARAMS, own, PARAMS.capacity).value > 0.5
    client = own.sent.set_index("id")["client"].reindex(own.attempts["key"]).to_numpy()
    greedy = np.flatnonzero(client == workload.GREEDY)
    held_back = own.attempts.drop(own.attempts.index[greedy[np.arange(len(greedy)) % 4 > 0]])
    throttled = Burst(**{**own.__dict__, "attempts": held_back})
    assert observations.attempts_predicted(PARAMS, throttled, PARAMS.capacity).value < 0.15


def test_growth_of_a_queue_begins_when_the_bursts_own_retries_are_over() -> None:
    own = history()
    at = START + END + np.linspace(0, PARAMS.settled_s * 0.9, 30)
    events = pd.concat([own.events, pd.DataFrame({"received": at})], ignore_index=True)
    assert windows.growth(PARAMS, Burst(**{**own.__dict__, "events": events})) == pytest.approx(0, abs=2)
    late = pd.DataFrame({"received": START + np.linspace(END + PARAMS.settled_s + 0.1, PARAMS.total_s, 30)})
    grown = Burst(**{**own.__dict__, "events": pd.concat([own.events, late], ignore_index=True)})
    length = PARAMS.after_s - PARAMS.settled_s
    assert windows.growth(PARAMS, grown) == pytest.approx(30 / length, abs=2)


def test_too_little_to_tell_is_inconclusive() -> None:
    own = history()
    none = Burst(**{**own.__dict__, "attempts": own.attempts.head(0), "events": own.events.head(0)})
    assert not observations.rejections_fast(PARAMS, none).conclusive
    assert not observations.sink_errors(PARAMS, none).conclusive
    few = Burst(
        **{**own.__dict__, "events": own.events[own.events["received"] < START + PARAMS.before_s + 1]}
    )
    assert not observations.sink_errors(PARAMS, few).conclusive


@pytest.mark.parametrize(
    ("late", "judged"), [(0, "inconclusive"), (1, "inconclusive"), (2, "fail"), (30, "fail")]
)
def test_of_too_few_events_late_ones_that_would_be_too_many_of_a_hundred_refute(
    late: int, judged: str
) -> None:
    own = history()
    few = own.events[(own.events["received"] - START).between(PARAMS.before_s, PARAMS.before_s + 1)]
    slow = own.done["done"].mask(own.done["ref"].isin(few["ref"].head(late)), START + PARAMS.total_s)
    burst = Burst(**{**own.__dict__, "events": few, "done": own.done.assign(done=slow)})
    named = {item.name: item for item in CRITERIA}["sink_errors"]
    assert 30 < len(few) < observations.FEWEST
    assert judge(named, {"sink_errors": observations.sink_errors(PARAMS, burst)}).outcome == judged


def test_the_oracle() -> None:
    assert oracle.overload_limit(2) == 0.5 and oracle.overload_limit(0.5) == 0
    shares = oracle.max_min_shares({"a": 100, "b": 10, "c": 30}, 60)
    assert shares == {"a": 25, "b": 10, "c": 25}
    assert oracle.max_min_shares({"a": 1, "b": 2}, 60) == {"a": 1, "b": 2}
    assert oracle.missing(["a", "b"], ["b", "c"]) == {"a"}
    assert [oracle.throttled_attempts(rho, 60, k=2) for rho in (0.5, 1.5, 30)] == [30, 90, 120]


def test_the_burst_asks_for_what_each_client_demands() -> None:
    demand = workload.demand(PARAMS)
    assert sum(demand.values()) == pytest.approx(PARAMS.burst_rate)
    extra = workload.extra(PARAMS, "http://x")
    greedy = sum(one.headers["X-Client"] == workload.GREEDY for one in extra)
    expected = (demand["a"] - PARAMS.base_rate / 4) * PARAMS.burst_s
    assert greedy == pytest.approx(expected, abs=2)
    first = [one.headers["X-Client"] for one in extra[: len(extra) // 4]]
    assert first.count("a") == pytest.approx(expected / 4, abs=2)


def test_a_share_that_a_few_events_would_mend_is_no_verdict() -> None:
    # Of client c every fifth good answer is taken away: with some three a second, other seconds would have said otherwise.
    own = history()
    good = own.sent.index[(own.sent["client"] == "c") & (own.sent["status"] == windows.GOOD)]
    fewer = own.sent.assign(status=own.sent["status"].mask(own.sent.index.isin(good[::5]), 429))
    found = observations.fair(PARAMS, Burst(**{**own.__dict__, "sent": fewer}), PARAMS.capacity)
    assert found.value < 0.8 and found.interval is not None and found.interval[1] >= 0.8
    assert not found.conclusive


def test_a_share_just_enough_by_a_few_events_is_no_verdict_either() -> None:
    own = history()
    in_burst = (own.sent["at"] - START).between(PARAMS.before_s, END)
    good = own.sent.index[in_burst & (own.sent["client"] == "c") & (own.sent["status"] == windows.GOOD)]
    fewer = own.sent.assign(status=own.sent["status"].mask(own.sent.index.isin(good[: len(good) // 6]), 429))
    found = observations.fair(PARAMS, Burst(**{**own.__dict__, "sent": fewer}), PARAMS.capacity)
    assert found.value >= 0.8 and found.interval is not None and found.interval[0] < 0.8
    assert not found.conclusive


def test_thirty_events_prove_neither_that_it_recovered_nor_that_it_did_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = [(26, 28), (28, 28), (0, 28), (84, 84)]
    told = iter(pd.DataFrame([row], columns=["good", "count"]) for row in seen)
    monkeypatch.setattr(windows, "good_after", lambda *_: next(told))
    found = [observations.recovered(PARAMS, history()).conclusive for _ in seen]
    assert found == [False, False, True, True]


def test_late_events_in_a_row_are_not_so_many_independent_ones() -> None:
    # Five of 234 that lie apart would leave no doubt; five of one second could have been ten, or none, in other seconds.
    own = history()
    begin = START + END + PARAMS.settled_s
    after = own.sent.index[own.sent["at"] >= begin]
    apart, together = after[:: len(after) // 4], own.sent.index[own.sent["at"] >= begin + 4][:5]
    found = [
        observations.recovered(
            PARAMS,
            Burst(
                **{
                    **own.__dict__,
                    "sent": own.sent.assign(status=own.sent["status"].mask(own.sent.index.isin(gone), 429)),
                }
            ),
        )
        for gone in (apart, together)
    ]
    assert found[0].value == found[1].value == 1 - 5 / len(after)
    assert [one.conclusive for one in found] == [True, False]


def test_the_time_to_recover_is_said_as_the_bound_that_its_window_makes_it() -> None:
    own = history()
    gone = own.sent["at"].between(START + END, START + END + 0.2)
    hit = Burst(**{**own.__dict__, "sent": own.sent.assign(status=own.sent["status"].mask(gone, 429))})
    assert windows.time_to_recover(PARAMS, hit) == windows.MOST_SPARE_S  # though all was well after 0.2 s
    assert seconds(windows.time_to_recover(PARAMS, hit)) == "at most 1 s"
    assert seconds(2.25) == "at most 2.25 s"  # as the table of arms has it; 2.2 would be less than the bound


def whole(server_ms: float, both_ms: float) -> tuple[Result, dict[str, Result]]:
    """A run of all arms whose attempts cost so much processor time, with throttled clients and without."""
    own = history()
    tried = windows.in_burst(PARAMS, own.attempts["began"] - START).sum()
    bursts = {
        arm.name: Burst(
            **{**own.__dict__, "arm": arm.name, "cpu": {"ingest": ms * tried / 1e3, "sidecar": 0.1}}
        )
        for arm, ms in ((BOTH, both_ms), (SERVER, server_ms), (CLIENTS, both_ms), (NONE, server_ms))
    }
    killed = Killed(3, [["a"], ["b"], ["c"]], frozenset("abc"))
    return results(PARAMS, Seen(bursts, killed, killed, {}))


def test_each_column_of_processors_takes_the_cost_of_its_own_arm() -> None:
    made = model(*whole(server_ms=1.0, both_ms=2.0))
    costs = {one.name: (one.value, one.text) for one in made.constants}
    assert costs["capacity"][1] == "μ, capacity of the saturated sink"  # a letter of the formula
    assert costs["cost"][0] == pytest.approx(1) and SERVER.name in costs["cost"][1]
    assert costs["cost_throttled"][0] == pytest.approx(2) and BOTH.name in costs["cost_throttled"][1]
    assert made.calculator
    answers = made.calculator.answers()
    assert answers["spared"] == pytest.approx(answers["throttled"] * 2 / 1e3)
    assert answers["processors"] == pytest.approx(answers["retrying"] * 1 / 1e3)


def test_attempts_of_clients_that_retry_stay_under_what_is_said_for_them_whoever_is_served() -> None:
    # Nobody is served before the last attempt, as in an arm where all comes too late.
    found = whole(1.0, 2.0)
    made = model(*found)
    assert made.calculator
    answers = made.calculator.answers()
    offered = float(found[0].tables["arms"].set_index("arm").loc[NONE.name, "offered"])
    assert answers["retrying"] >= PARAMS.attempts * offered * (1 - 1e-9)
    assert made.projection.iloc[0]["attempts/s, retrying, at most"] == round(answers["retrying"])


def test_kills_without_a_loss_are_told_with_their_exact_bound() -> None:
    told = {one.question: one.answer for one in summary(*whole(1.0, 2.0)).decisions}
    assert "up to 63% of kills" in told["When may I answer 202?"]


def test_no_client_always_comes_before_its_equals() -> None:
    dealt = workload._dealt({"a": 3.0, "b": 1.0, "c": 1.0, "d": 1.0}, 600, seed=1)
    assert [dealt.count(name) for name in "abcd"] == [300, 100, 100, 100]
    equals = [name for name in dealt if name != "a"]
    first = [equals[place] for place in range(0, 300, 3)]
    assert all(first.count(name) > 15 for name in "bcd")
