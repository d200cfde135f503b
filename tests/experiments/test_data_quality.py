"""The judgement of data_quality, on histories of which the outcome is known; and its oracle."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lab.errors import ParameterError
from lab.evidence.criteria import judge_all
from lab.evidence.params import parse
from lab.evidence.result import Metric, Result
from lab.experiments.data_quality import CRITERIA, Params
from lab.experiments.data_quality.judge import observations as judge
from lab.experiments.data_quality.judge.metrics import metrics, tables
from lab.experiments.data_quality.judge.rates import (
    ONE,
    TWO,
    false_alarms,
    halves,
    independent,
    interval,
    misses,
    precision,
)
from lab.experiments.data_quality.measure.rates import FIXED, RELEARNED, SHUFFLED
from lab.experiments.data_quality.measure.seen import Delivery, Named, Seen
from lab.experiments.data_quality.oracle import holds, largest_error, report, value, within
from lab.experiments.data_quality.present import figures
from lab.experiments.data_quality.present.findings import APART, Findings, compared
from lab.experiments.data_quality.present.model import _changes_at, model

MEAN, SET = Named("mean of x", 3, 0, True, False), Named("value set of y", 3, 0, True, True)
GOOD = Delivery("monday", "good", (), True, (), "", 9, 9, True, False, 9, 9, True, True, 0.0)
BAD = Delivery(
    "tuesday",
    "typos",
    ("mean of x", "value set of y"),
    False,
    (MEAN, SET),
    "...",
    9,
    0,
    False,
    True,
    8,
    8,
    True,
    True,
    None,
)


def failing(*deliveries: Delivery) -> set[str]:
    observed = judge.observe(Params(), Seen(deliveries))
    return {item.criterion.name for item in judge_all(CRITERIA, observed) if item.outcome == "fail"}


def test_a_good_history_fails_nothing() -> None:
    assert failing(GOOD, BAD) == set()


@pytest.mark.parametrize(
    ("delivery", "broken"),
    [
        (replace(BAD, accepted=True, in_mart=9, equal=True), {"rejected_and_named", "none_reaches_mart"}),
        (replace(BAD, named=(MEAN,)), {"rejected_and_named"}),
        (replace(BAD, named=(MEAN, replace(SET, told=False))), {"rejected_and_named"}),
        (replace(BAD, named=(MEAN, replace(SET, wrong=1))), {"rejected_and_named"}),
        (replace(BAD, named=(MEAN, replace(SET, rows=0))), {"rejected_and_named"}),
        (replace(BAD, named=(MEAN, SET, replace(MEAN, name="mean of z"))), {"rejected_and_named"}),
        (replace(BAD, in_mart=1), {"none_reaches_mart"}),
        (replace(BAD, untouched=False), {"repaired_released"}),
        (replace(BAD, after=7), {"repaired_released"}),
        (replace(BAD, equal_after=False), {"repaired_released"}),
        (replace(BAD, released=False), {"repaired_released"}),
        (replace(GOOD, accepted=False, in_mart=0, untouched=True), {"good_batches_load"}),
        (replace(GOOD, in_mart=18), {"good_batches_load"}),
        (replace(GOOD, equal=False), {"good_batches_load"}),
    ],
)
def test_a_bad_history_fails_what_it_breaks(delivery: Delivery, broken: set[str]) -> None:
    assert failing(delivery) == broken


def test_one_verdict_that_differs_breaks_the_invariant() -> None:
    verdicts = pd.DataFrame({"expectations": [50, 50], "differing": [0, 1], "which": ["", "mean of x"]})
    assert judge.verdicts_agree(verdicts).value == 1
    assert judge.verdicts_agree(verdicts[:1]).value == 0


def rates(good: list[int], bad: list[int], margin: float = 0.0, suites: int = 4) -> pd.DataFrame:
    """Violations of good and of faulty batches, the same for each suite."""
    rows = [("good", 0.0, 0, each) for each in good] + [("typos", 0.3, 1, each) for each in bad]
    return pd.DataFrame(
        {
            "arm": SHUFFLED,
            "reference": suite,
            "day": "",
            "kind": kind,
            "size": size,
            "faults": faults,
            "margin": margin,
            "violated": count,
            "columns": count,
        }
        for suite in range(suites)
        for kind, size, faults, count in rows
    )


def test_shares_by_rule() -> None:
    table = rates([0, 0, 1, 2], [2, 1])
    alarms, missed = (
        false_alarms(table).set_index("rule")["share"],
        misses(table).set_index(["rule", "kind"])["share"],
    )
    assert (alarms[ONE], alarms[TWO]) == (0.5, 0.25)
    assert (missed[ONE, "all"], missed[TWO, "all"], missed[TWO, "typos"]) == (0.0, 0.5, 0.5)


def test_more_violations_than_the_theorem_allows_fail_and_as_many_do_not() -> None:
    # 60 bounds from 59 batches: one violation a batch.
    assert judge.false_alarms_bounded(rates([1, 1, 1], []), [60] * 4, 59).value == 1.0
    assert judge.false_alarms_bounded(rates([1, 2, 1], []), [60] * 4, 59).value > 1.0


def test_a_gate_that_rejects_alike_tells_nothing() -> None:
    params = Params()
    assert judge.faults_tell(params, rates([0] * 9, [2] * 9, params.margin)).value > 0
    assert judge.faults_tell(params, rates([2] * 9, [2] * 9, params.margin)).value < 0


def test_the_model_is_held_against_suites_that_it_was_not_fitted_to() -> None:
    table = rates([2, 0], [])
    assert halves(table, 0.0) == (2.0, 2.0, 2)
    assert judge.model_predicts(table).value == 0.0
    worse = table.assign(violated=np.where(table["reference"] > 1, 2, table["violated"]))
    assert halves(worse, 0.0) == (2.0, 4.0, 2)


def test_the_mean_of_independent_violations() -> None:
    found = independent(rates([1] * 5, []), 50).set_index("rule")["independent"]
    assert found[ONE] == pytest.approx(1 - 0.98**50)
    assert found[TWO] == pytest.approx(1 - 0.98**50 - 50 * 0.02 * 0.98**49)


def test_precision_is_bayes_theorem() -> None:
    table = rates([2, 0, 0, 0], [2])
    found = precision(false_alarms(table), misses(table))
    own = found[(found["rule"] == TWO) & (found["base"] == 0.1)]["precision"].iloc[0]
    assert own == pytest.approx(0.1 / (0.1 + 0.9 * 0.25))


def test_an_interval_counts_suites_not_batches() -> None:
    hits, suites = pd.Series([True] * 50 + [False] * 50), pd.Series([1] * 50 + [2] * 50)
    low, high = interval(hits, suites)
    assert (low, high) == pytest.approx((0.0, 1.0), abs=1e-6)


def test_fewer_events_never_have_the_higher_bound() -> None:
    suites = pd.Series(np.repeat(range(10), 25))
    spread = [
        interval(pd.Series([place % 25 == 0 and place < 25 * n for place in range(250)]), suites)
        for n in range(11)
    ]
    lows, highs = zip(*spread, strict=True)
    assert list(lows) == sorted(lows) and list(highs) == sorted(highs)
    # As wide at least as Clopper and Pearson's for 1 of 250: 0.01 to 2.2 %.
    assert 0 < lows[1] < 1.1e-4 and highs[1] > 0.022


def in_order(anew: list[list[int]], once: list[list[int]]) -> pd.DataFrame:
    """Days in order, violations by each arm, a list for each suite that the second one learns."""
    rows = [
        (arm, number if arm == RELEARNED else 0, f"{number}-{day}", count)
        for arm, windows in ((FIXED, once), (RELEARNED, anew))
        for number, window in enumerate(windows)
        for day, count in enumerate(window)
    ]
    table = pd.DataFrame(rows, columns=["arm", "reference", "day", "violated"])
    about = {"kind": "good", "size": 0.0, "faults": 0, "margin": 2.0}
    return table.assign(**about, columns=table["violated"])


def test_days_that_one_bad_suite_rejects_are_not_taken_for_as_many_independent_ones() -> None:
    # As in the recorded run at margin 2: one suite gives 39 of 40 rejections.
    anew = [[2] * hits + [0] * (days - hits) for hits, days in ((0, 60), (1, 60), (39, 60), (0, 60), (0, 5))]
    once = [[2] * hits + [0] * (days - hits) for hits, days in ((0, 60), (1, 60), (0, 60), (2, 60), (0, 5))]
    found = false_alarms(in_order(anew, once)).set_index(["arm", "rule"])
    first, second = (found.loc[(arm, TWO)] for arm in (FIXED, RELEARNED))
    assert (first["hits"], second["hits"], first["suites"], second["suites"]) == (3, 40, 5, 5)
    assert second["low"] < first["low"] and second["high"] > 0.49
    ends = [
        Metric("x", each["share"], "", "", interval=(each["low"], each["high"])) for each in (first, second)
    ]
    assert compared(*ends) == APART


def test_what_rests_on_one_event_says_its_range() -> None:
    one, none = (
        Metric(
            "x",
            hits / 250,
            "",
            "",
            interval=interval(pd.Series([True] * hits + [False] * (250 - hits)), suites),
        )
        for suites in (pd.Series(np.repeat(range(10), 25)),)
        for hits in (1, 0)
    )
    assert _changes_at(one) == "36 tables (95 %: 5 to 4,000): a false alarm every week"
    assert _changes_at(none) == "7 tables or more (95 %): a false alarm every week"


@pytest.mark.parametrize(
    ("good", "said"), [([2, 1, 1, 1, 0, 0, 0, 0, 0, 0], False), ([5, 0, 0, 0, 0, 0, 0, 0, 0, 0], True)]
)
def test_dependence_is_claimed_only_where_the_interval_leaves_independence_out(
    good: list[int], said: bool
) -> None:
    # Half a violation a batch: if independent, 40 % of batches have one.
    params = Params()
    shuffled = [rates(good * 3, [2], margin, params.shuffles) for margin in params.margins]
    ordered = [
        in_order([[0, 0], [2, 0]], [[0, 0], [2, 0]]).assign(margin=margin) for margin in params.margins
    ]
    table = pd.concat([*shuffled, *ordered], ignore_index=True)
    bad = table[table["faults"] == 1]
    table = pd.concat([table, *(bad.assign(size=size) for size in params.sizes[:-1])], ignore_index=True)
    seen = Seen([], table, pd.DataFrame(), [("x", "y", "z")] * 50, [1] * params.shuffles, 60)
    told = model(Result(params, {}, metrics(params, seen), tables(params, seen)), {})
    assert any("independent" in item.text for item in told.advice) == said
    # The formula's p stands for either, so the list must say of which margin.
    assert [item.text[-8:] for item in told.constants] == ["margin 1", "margin 0"]
    assert all(item.text.startswith("p, ") for item in told.constants)


def test_the_title_on_damage_speaks_of_both_gates() -> None:
    """What violates at most one expectation passes, so the worst report may be as wrong with the gate on."""
    drift = {"kind": "drift", "batch": "x", "violated": 1, "in_mart": 9, "report_error": 2.5}
    part = Result(Params(), {}, [], {"deliveries": pd.DataFrame([drift])})
    title = figures._damage(Findings(Params(), part, {"gate off": part})).title
    assert title == "A report is up to 250 % wrong without the gate, 250 % with it"


ROWS = {"x": [1.0, 2.0, None, math.nan, 6.0], "t": ["a", "b", None, "a", "c"]}


@pytest.mark.parametrize(
    ("type", "kwargs", "due"),
    [
        ("expect_table_row_count_to_be_between", {}, 5),
        ("expect_column_mean_to_be_between", {"column": "x"}, 3),
        ("expect_column_stdev_to_be_between", {"column": "x"}, math.sqrt(7)),
        ("expect_column_unique_value_count_to_be_between", {"column": "t"}, 3),
        ("expect_column_values_to_not_be_null", {"column": "x"}, 0.6),
        ("expect_column_values_to_be_between", {"column": "x", "min_value": 1, "max_value": 2}, 2 / 3),
        ("expect_column_values_to_be_in_set", {"column": "t", "value_set": ["a"]}, 0.5),
        ("expect_column_values_to_match_regex", {"column": "t", "regex": "[ab]"}, 0.75),
        (
            "expect_column_pair_values_to_be_in_set",
            {"column_A": "x", "column_B": "t", "value_pairs_set": [(1, "a")]},
            1 / 3,
        ),
        ("expect_compound_columns_to_be_unique", {"column_list": ["x", "t"]}, 1),
    ],
)
def test_the_oracle_by_hand(type: str, kwargs: dict, due: float) -> None:
    assert value(type, kwargs, ROWS) == pytest.approx(due)


def test_the_oracle_finds_a_row_twice_although_nan_is_not_nan() -> None:
    twice = {"x": [math.nan, math.nan, 1.0], "t": ["a", "a", "a"]}
    assert value("expect_compound_columns_to_be_unique", {"column_list": ["x", "t"]}, twice) == pytest.approx(
        1 / 3
    )


def test_what_has_no_value_keeps_to_no_bound() -> None:
    bounds = {"column": "x", "min_value": -1e9, "max_value": 1e9}
    assert not within(math.nan, bounds)
    assert not holds("expect_column_mean_to_be_between", bounds, {"x": []})
    assert not holds("expect_column_mean_to_be_between", bounds, {"x": ["1"]})
    assert not holds("expect_column_mean_to_be_between", bounds, {"y": [1]})
    assert holds("expect_column_values_to_be_between", {**bounds, "mostly": 1.0}, {"x": []})


def test_a_report_without_a_figure_is_all_wrong() -> None:
    day = {
        "dep_delay": [1.0, 3.0],
        "distance": [10, 20],
        "dep_time": [5.0, None],
        "tailnum": ["N1", None],
        "origin": ["A", "A"],
        "dest": ["B", "B"],
    }
    true = report(day)
    assert true == {
        "flights": 2,
        "mean departure delay": 2,
        "miles": 30,
        "flights that did not leave": 1,
        "aircraft": 1,
        "routes": 1,
    }
    assert largest_error(true, true) == 0
    assert largest_error(report({**day, "dep_delay": [None, None]}), true) == 1
    assert largest_error(report({**day, "distance": [10, 50]}), true) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"train": 15}, "train"),
        ({"sizes": (0.3, 0.1)}, "ascending"),
        ({"sizes": (0.0, 0.1)}, "above 0"),
        ({"margin": 3.0}, "hold margin"),
        ({"margins": (0.5, 1.0)}, "begin with 0"),
        ({"cases": 2.5}, "cases"),
        ({"rows": 1}, "unknown parameter"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name(given: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        parse(Params, given)


def test_two_shares_whose_intervals_overlap_are_not_called_more_or_fewer() -> None:
    low, middle, high = (
        Metric("x", share, "", "", interval=(share - 0.05, share + 0.05)) for share in (0.1, 0.14, 0.3)
    )
    assert (compared(low, high), compared(high, low)) == ("fewer", "more")
    assert compared(low, middle) == compared(middle, low) == APART
