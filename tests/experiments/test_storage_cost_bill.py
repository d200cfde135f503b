"""Bills: by hand, by the meter, by rules that must hold whatever the policy."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.evidence.calculator import Answers
from lab.evidence.result import FACTORS, Result
from lab.experiments.storage_cost import (
    History,
    Move,
    Params,
    Trace,
    age_rules,
    all_hot,
    automatic_tiering,
    bill,
    break_even,
    learn,
    load,
    offline_optimum,
)
from lab.experiments.storage_cost.judge import metrics
from lab.experiments.storage_cost.judge.observations import MILLIONTH, differing
from lab.experiments.storage_cost.kit.storagecost import optimum
from lab.experiments.storage_cost.kit.storagecost.prices import Prices
from lab.experiments.storage_cost.measure import checks, scale
from lab.experiments.storage_cost.measure.bound import bound
from lab.experiments.storage_cost.measure.seen import Compared, Seen
from lab.experiments.storage_cost.mechanism import Object, PriceError, break_even_days
from lab.experiments.storage_cost.present import figures
from lab.experiments.storage_cost.present import model as at_scale
from lab.experiments.storage_cost.present.calculator import compute
from lab.experiments.storage_cost.present.findings import Findings
from lab.experiments.storage_cost.workload.arms import BREAK_EVEN, HOT, TIERING, Candidate, age_rule, billed
from lab.experiments.storage_cost.workload.traces import reheating

PRICES = load()
GIB = 1 << 30


def one(reads: tuple[tuple[int, int], ...] = (), size: int = GIB, days: int = 100, ended: int = 0) -> Trace:
    return Trace((Object("x", size, 0, ended or days, reads),), days)


def test_every_bill_by_hand_is_met_to_the_millionth() -> None:
    table = checks.by_hand_table()
    assert len(table) == 10 and differing(table, "bills", MILLIONTH).value == 0


def test_what_goes_back_up_by_a_copy_is_fetched_once_more_in_bill_and_optimum() -> None:
    read = one(reads=((50, 1),))
    again, policy = replace(read, refetched=True), break_even(PRICES)
    assert bill(again, policy, PRICES).total - bill(read, policy, PRICES).total == pytest.approx(0.03)
    back = bill(again, policy, PRICES)
    # Two reads on one day and a long hot rest: going up pays, and the optimum's own bill agrees with its search.
    often = replace(one(reads=tuple((day, 9) for day in range(50, 80))), refetched=True)
    assert offline_optimum(often, PRICES).total <= bill(often, policy, PRICES).total
    assert offline_optimum(again, PRICES).total <= back.total


def test_a_long_trace_is_searched_a_few_objects_at_a_time_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trace = reheating(12, 200, 40, 5.0, 3)
    once = offline_optimum(trace, PRICES)
    monkeypatch.setattr(optimum, "OBJECT_DAYS", 1_000)
    assert offline_optimum(trace, PRICES).stays == once.stays


def test_a_price_that_is_off_is_seen_by_hand() -> None:
    for name in ("gb_month", "put", "retrieval_gb", "get"):
        classes = tuple(replace(item, **{name: getattr(item, name) * 1.1}) for item in PRICES.classes)
        assert differing(checks.by_hand_table(replace(PRICES, classes=classes)), "bills", MILLIONTH).value > 0


def test_the_meter_agrees_on_every_kind_of_policy_and_sees_a_lost_charge() -> None:
    trace = replace(reheating(12, 200, 40, 5.0, 3), egress=0.1)
    rule = age_rule("GLACIER_IR", 30)
    bills = billed(trace, {rule.name: rule, "deep": age_rule("DEEP_ARCHIVE", 7)}, PRICES)
    bills["break-even"] = bill(trace, break_even(PRICES), PRICES)
    assert {HOT, TIERING} <= set(bills)
    assert differing(checks.by_meter(trace, bills, rule, PRICES), "bills", MILLIONTH).value == 0
    cheap = replace(PRICES, classes=tuple(replace(item, min_days=0) for item in PRICES.classes))
    short = bill(trace, break_even(PRICES), PRICES)
    wrong = {**bills, "break-even": replace(short, lines=bill(trace, age_rules((7, "GLACIER")), cheap).lines)}
    assert differing(checks.by_meter(trace, wrong, rule, PRICES), "bills", MILLIONTH).value == 1


def test_the_dynamic_program_gives_the_least_of_all_schedules() -> None:
    assert differing(checks.least(8, 7, PRICES), "traces", MILLIONTH).value == 0


@settings(max_examples=25, deadline=None)
@given(
    reads=st.lists(st.integers(0, 119), max_size=6, unique=True),
    size=st.sampled_from([1, 1_000, 200_000, GIB, 300 * GIB]),
    settled=st.booleans(),
)
def test_no_policy_beats_the_optimum_on_any_trace(reads: list[int], size: int, settled: bool) -> None:
    trace = replace(one(tuple((day, 2) for day in sorted(reads)), size, 120), settled=settled)
    least = offline_optimum(trace, PRICES).total
    for to in PRICES.names[1:]:
        for policy in (all_hot, age_rules((30, to)), break_even(PRICES, to), age_rules((0, to), min_bytes=0)):
            assert bill(trace, policy, PRICES).total >= least * (1 - 1e-9)


def test_break_even_stays_within_two_where_that_is_a_theorem() -> None:
    random = reheating(20, 300, 45, 20.0, 5)
    found = bound(random, PRICES, "GLACIER_IR")
    assert found.objects == 20 and 1 <= found.together <= found.worst <= 2


def test_break_even_is_the_idle_time_that_costs_the_way_there_and_back() -> None:
    # (.02 + .005) / 1000 + .03 for a GB, over (.023 - .004) / 30 a day
    assert break_even_days(GIB, "GLACIER_IR", PRICES) == pytest.approx(0.030025 / (0.019 / 30))
    assert break_even_days(100, "GLACIER_IR", PRICES) == float("inf")


def _calculated(prices: Prices, size: int, returns: float) -> Answers:
    """The calculator's answers for objects that come back so often a month."""
    cold, hot = prices.of("GLACIER_IR"), prices.hot
    sizes = {name: getattr(cold, name) for name in ("min_bytes", "overhead_bytes", "overhead_hot_bytes")}
    per = {"bytes_per_gb": PRICES.bytes_per_gb, "days_in_month": PRICES.days_in_month, "requests_each": 0.0}
    tariff = {"hot": hot.gb_month, "cold": cold.gb_month, "retrieval": cold.retrieval_gb}
    moves = {
        "moves": cold.transition + hot.put + cold.retrieval,
        "minimum": cold.min_days,
        "returns": returns,
    }
    return compute({"stored": 1.0, "size": size / 1e6, **tariff, **moves}, sizes | per)


@pytest.mark.parametrize(("least", "early"), [(90, True), (30, False)])
@pytest.mark.parametrize("size", [GIB // 8, GIB])
def test_the_calculator_counts_a_minimum_duration_as_the_bill_does(
    size: int, least: int, early: bool
) -> None:
    cold = replace(PRICES.of("GLACIER_IR"), min_days=least)
    prices = replace(PRICES, classes=(PRICES.hot, cold))

    def there_and_back(history: History) -> list[Move]:
        return [Move(history.today + 1, "STANDARD" if history.reads else "GLACIER_IR")]

    def added(days: int) -> float:
        """By going cold for so many days and coming back after a read on the last, USD."""
        trace = replace(one(((days, 1),), size, days + 2), settled=True)
        return bill(trace, there_and_back, prices).total - bill(trace, all_hot, prices).total

    idle, without = _calculated(prices, size, 1.0)["idle"], break_even_days(size, "GLACIER_IR", prices)
    assert without < idle < least if early else least < idle == pytest.approx(without)
    assert added(math.floor(idle)) > 0 > added(math.ceil(idle))
    for days in (math.floor(idle), math.ceil(idle), 120):
        share = _calculated(prices, size, PRICES.days_in_month / days)["share"]
        assert (share > 100) == (added(days) > 0), days


def test_a_rule_of_age_goes_by_creation_and_never_back() -> None:
    found = bill(one(((10, 1), (50, 1))), age_rules((30, "GLACIER_IR")), PRICES)
    assert [(stay.to, stay.start) for stay in found.stays[0]] == [("STANDARD", 0), ("GLACIER_IR", 30)]
    assert found.cold_reads == 1


def test_small_objects_stay_where_lifecycle_leaves_them() -> None:
    assert len(bill(one(size=1_000), age_rules((30, "GLACIER_IR")), PRICES).stays[0]) == 1


def test_expiry_loses_reads_and_charges_nothing_after() -> None:
    found = bill(one(((10, 1), (70, 3))), age_rules(expire=60), PRICES)
    assert found.lost_reads == 3 and found.reads == 1
    assert found.of("storage") == pytest.approx(0.023 * 2)


def test_what_is_kept_beyond_the_trace_owes_its_minimum_only_if_settled() -> None:
    trace, policy = one(days=40), age_rules((30, "GLACIER_IR"))
    assert bill(trace, policy, PRICES).of("minimum duration") == 0
    owed = bill(replace(trace, settled=True), policy, PRICES)
    assert owed.of("minimum duration") == pytest.approx(0.004 * 80 / 30)
    deleted = bill(one(days=41, ended=40), policy, PRICES)
    assert deleted.total == pytest.approx(owed.total)


def test_the_tariff_comes_back_on_a_read_without_a_fee() -> None:
    found = automatic_tiering(one(((0, 1), (95, 1))), PRICES)
    assert [stay.to for stay in found.stays[0]] == ["FREQUENT", "INFREQUENT", "ARCHIVE_INSTANT", "FREQUENT"]
    assert found.of("retrieval") == found.of("transition") == 0 and found.cold_reads == 0


def test_a_predictor_learns_what_its_trace_does() -> None:
    once = Trace(tuple(Object(str(n), GIB, 0, 400, ((0, 1),)) for n in range(5)), 400)
    often = Trace(
        tuple(Object(str(n), GIB, 0, 400, tuple((d, 1) for d in range(0, 400, 20))) for n in range(5)), 400
    )
    assert learn(once, PRICES)[1][0] == 1
    assert learn(often, PRICES)[1][2] >= 21


def test_a_policy_that_reaches_back_or_names_no_class_is_refused() -> None:
    def back(history: History) -> list[Move]:
        return [Move(history.today, "GLACIER_IR")] if history.reads else []

    with pytest.raises(ValueError, match="from day 11 on"):
        bill(one(((10, 1),)), back, PRICES)
    with pytest.raises(PriceError, match="TAPE"):
        bill(one(), age_rules((3, "TAPE")), PRICES)
    with pytest.raises(ValueError, match="ascending"):
        age_rules((30, "GLACIER_IR"), (7, "STANDARD_IA"))
    with pytest.raises(ValueError, match="before the last rule"):
        age_rules((30, "GLACIER_IR"), expire=30)


def test_a_projection_says_of_each_size_what_that_size_is_billed_where_the_law_does_not() -> None:
    """Break-even waits longer the smaller objects are, so it moves fewer of those that are large enough: no law knew that."""
    trace, chosen = (
        reheating(12, 200, 90, 200.0, 3),
        Candidate(BREAK_EVEN, "GLACIER_IR", break_even(PRICES, "GLACIER_IR")),
    )
    hot, own = bill(trace, all_hot, PRICES), bill(trace, chosen.policy, PRICES)
    found = scale.law(trace, chosen, hot, own, 10, PRICES)
    seen = Seen(
        PRICES, 1.0, chosen, chosen, Compared(trace, {HOT: hot, chosen.name: own}, own, own), *[_NONE] * 2
    )
    roles = pd.DataFrame({"role": ["chosen"], "policy": [chosen.name]})
    read = Findings(Params(), Result(Params(), {}, metrics._law(seen, found), {"roles": roles}), {})
    for factor in FACTORS:
        smaller = trace.resized(1 / factor)
        due = 1 - bill(smaller, chosen.policy, PRICES).total / bill(smaller, all_hot, PRICES).total
        assert at_scale._row(read, factor)["saving"] == f"{100 * due:.1f} %"
    last = at_scale._row(read, FACTORS[-1])
    assert last["saving"] != last["saving by the law"]
    assert at_scale._row(read, 1)["saving"] == at_scale._row(read, 1)["saving by the law"]
    assert not [item.text for item in read.treatment.metrics if " 1 times" in item.text]


def test_titles_name_the_policies_that_their_figures_are_of() -> None:
    """The rule of age that CDNOW chose need not be MovieLens's best, and who waits is another policy than the chosen one."""
    roles = pd.DataFrame({"role": ["chosen", "rule"], "policy": ["break-even to IR", "IR at 7 days"]})
    columns = ["policy", "usd_tb", "saving", "cold", "slow", "longest", "mean", "lost"]
    shown = [
        (HOT, 20.0, 0.0, 0, 0, 0.1, 0.1, 0),
        ("break-even to IR", 15.0, 0.25, 0, 0, 0.1, 0.1, 0),
        ("predictor to GLACIER", 8.0, 0.6, 0, 0, 18_000.0, 9_000.0, 0),
    ]
    test = pd.DataFrame(
        {"policy": ["predictor to GLACIER"], "usd": [1.0], "saving": [0.6], "longest_wait": [18_000.0]}
    )
    lines = pd.DataFrame(
        {"policy": ["IR at 7 days"] * 2, "part": ["storage", "retrieval"], "usd_tb": [1.0, 3.0]}
    )
    tables = {"roles": roles, "policies": pd.DataFrame(shown, columns=columns), "test": test, "lines": lines}
    found = Findings(Params(), Result(Params(), {}, [], tables), {})
    assert figures._stack(found).title == "Retrieval is 75 % of the bill under IR at 7 days, chosen on CDNOW"
    title = "Break-even saves 25 %; predictor to GLACIER 60 %, with waits"
    assert figures._frontier(found).title == title


_NONE = pd.DataFrame()
