"""Oracle and judgement, on histories of which the outcome is known."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.criteria import Observation, judge
from lab.evidence.result import Metric, Result
from lab.experiments.etl_drift import CRITERIA, Params
from lab.experiments.etl_drift.judge import metrics, observations
from lab.experiments.etl_drift.measure.mapped import COLUMNS
from lab.experiments.etl_drift.measure.seen import KitRun, Seen, Story
from lab.experiments.etl_drift.mechanism import wilson_low
from lab.experiments.etl_drift.oracle import (
    Difference,
    Sent,
    clock_of,
    columns_by_log,
    difference,
    plain,
    replay,
)
from lab.experiments.etl_drift.present.figures import _history
from lab.experiments.etl_drift.present.findings import Findings, least_rows
from lab.experiments.etl_drift.present.model import _row


def outcome(name: str, observed: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: observed}).outcome


BATCHES = (
    Sent("a", [{"id": 1, "x": 1, "old": "kept"}, {"id": 2, "x": 2, "old": "kept"}]),
    Sent("a", [{"id": 2, "x": 5.0, "new": "n"}]),
    Sent("b", [{"id": 2, "x": 2}]),
)


def test_a_later_batch_replaces_what_it_has_and_another_source_is_apart() -> None:
    assert replay(BATCHES, ["id"]) == [
        {"_source": "a", "id": 1, "x": 1, "old": "kept"},
        {"_source": "a", "id": 2, "x": 5.0, "old": "kept", "new": "n"},
        {"_source": "b", "id": 2, "x": 2},
    ]


NAMES = ["id", "x", "old", "new"]
GOOD: list[dict[str, Any]] = [
    {"id": 2, "x": Decimal("5.0"), "old": "kept", "new": "n"},
    {"id": 1, "x": 1, "old": "kept", "new": None},
    {"id": 2, "x": 2, "old": None, "new": float("nan")},
]


@pytest.mark.parametrize(
    ("found", "rows"),
    [
        (GOOD, 0),
        (GOOD[::-1], 0),
        (GOOD[1:], 1),
        ([*GOOD, GOOD[0]], 1),
        ([GOOD[0] | {"old": None}, *GOOD[1:]], 1),
        ([GOOD[0] | {"x": "5"}, *GOOD[1:]], 0),
        ([GOOD[0] | {"x": 5.5}, *GOOD[1:]], 1),
        ([GOOD[0] | {"new": ""}, *GOOD[1:]], 1),
        ([], 3),
    ],
)
def test_known_bad_tables_differ_by_as_many_rows(found: list[dict[str, Any]], rows: int) -> None:
    seen = difference(replay(BATCHES, ["id"]), found, NAMES)
    assert seen.rows == rows and (seen.expected == seen.found) is (rows == 0)


@given(
    st.one_of(
        st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=3), st.floats(-1e9, 1e9)
    )
)
def test_numbers_that_are_equal_are_equal_as_text(value: Any) -> None:
    assert plain(value) == plain(Decimal(str(value))) and Decimal(plain(value)) == Decimal(str(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.int64(5), "5"), (5.0, "5"), (None, "\x00"), (math.nan, "\x00"), ("05", "05"), (True, "True")],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert plain(value) == text


def test_the_log_rebuilds_the_columns() -> None:
    log = [
        ("created", "a", "integer"),
        ("asked", "a", ""),
        ("added", "b", "text"),
        ("widened", "a", "bigint"),
    ]
    assert columns_by_log(log) == {"a": "bigint", "b": "text"}


def test_a_question_about_a_column_of_the_source_alone_is_drawn_too() -> None:
    rows = [
        ("first", "created", "tailnum", "", "text"),
        ("split", "asked", "tailnum", "tail_1", ""),
        ("split", "asked", "", "tail_2", ""),
    ]
    log = pd.DataFrame(rows, columns=["delivery", "change", "column_name", "was", "becomes"])
    steps = pd.DataFrame([("first", "loaded"), ("split", "held")], columns=["change", "first"])
    found = Findings(Params(), Result(Params(), {}, tables={"log": log, "steps": steps}), {})
    drawn = _history(found).data
    assert list(drawn.loc[drawn["change"] == "asked", "column_name"]) == ["tailnum", "tail_2"]


def test_whose_clock_it_is() -> None:
    rows = [
        {"dep_time": 517, "sched_dep_time": 515, "hour": 5, "minute": 15},
        {"dep_time": 600, "sched_dep_time": 600, "hour": 6, "minute": 0},
    ]
    assert clock_of(rows) == {"dep_time": 0.5, "sched_dep_time": 1.0} and clock_of([])["dep_time"] == 0


def mapped(*outcomes: tuple[str, str], kind: str = "unit") -> pd.DataFrame:
    rows = [(kind, "one", target, outcome, 0.5, "why", True) for target, outcome in outcomes]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize(
    ("pair", "asked_due", "right_due"),
    [
        (mapped(("hour", "asked"), ("minute", "asked"), ("year", "right")), "pass", "pass"),
        (mapped(("hour", "wrong"), ("minute", "asked"), ("year", "right")), "fail", "fail"),
        (mapped(("hour", "asked"), ("minute", "asked"), ("year", "asked")), "fail", "pass"),
        (mapped(("hour", "asked"), ("minute", "asked"), ("year", "wrong")), "fail", "fail"),
    ],
)
def test_the_real_pair(pair: pd.DataFrame, asked_due: str, right_due: str) -> None:
    seen = observations.observe(Seen(census=mapped(("a", "right")), pair=pair))
    assert outcome("meaning_is_asked", seen["meaning_is_asked"]) == asked_due
    assert outcome("accepted_is_right", seen["accepted_is_right"]) == right_due


@pytest.mark.parametrize(("asked", "due"), [(2, "pass"), (3, "fail")])
def test_the_share_that_is_asked(asked: int, due: str) -> None:
    table = mapped(*[(str(place), "asked" if place < asked else "right") for place in range(10)])
    assert outcome("mapped_automatically", observations.mapped_automatically(table)) == due


def story(
    lost: int = 0, rerun: int = 0, missing: int = 0, becomes: str = "integer", status: str = "loaded"
) -> Story:
    steps = pd.DataFrame(
        [
            ("first", "loaded", "loaded", 1, 0, 0),
            *((name, status, status, 1, 0, 0) for name in ("add", "rename", "drop")),
        ],
        columns=["change", "first", "status", "accepted", "asked", "unmapped"],
    )
    log = pd.DataFrame([("created", "a", becomes)], columns=["change", "column_name", "becomes"])
    sums = Difference(lost, "e" * 64, "f" * 64), Difference(rerun, "e" * 64, "f" * 64)
    return Story(steps, *sums, missing, log, ({"a": "integer"}, {"a": becomes}))


@pytest.mark.parametrize(
    ("seen", "broken"),
    [
        (story(), ""),
        (story(lost=1), "no_data_lost"),
        (story(rerun=1), "rerun_changes_nothing"),
        (story(missing=1), "other_source_kept"),
        (story(becomes="text"), "history_rebuilds"),
        (story(status="held"), "drifts_loaded"),
    ],
)
def test_what_a_history_breaks(seen: Story, broken: str) -> None:
    found = observations.of_story(seen)
    assert [name for name, item in found.items() if outcome(name, item) != "pass"] == (
        [broken] if broken else []
    )


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (("merged", True, "before", "after"), 0),
        (("committed", True, "after", "after"), 0),
        (("merged", True, "neither", "after"), 1),
        (("merged", True, "before", "before"), 1),
        (("merged", False, "after", "after"), 1),
    ],
)
def test_a_kill_leaves_the_table_as_before_or_after(row: tuple[str, bool, str, str], wrong: int) -> None:
    table = pd.DataFrame([row], columns=["stage", "killed", "then", "again"])
    assert observations.killed_load_is_whole(table).value == wrong


def test_coverage_is_that_of_the_mapping_layer_alone() -> None:
    tests = KitRun(
        5,
        0,
        {"mapping": (80, 100), "evidence": (0, 0), "values": (0, 0), "schema": (0, 0), "loader": (0, 900)},
    )
    seen = observations.of_tests(tests)
    assert seen["coverage"].value == 0.8 and outcome("tests_pass", seen["tests_pass"]) == "pass"
    assert outcome("tests_pass", observations.of_tests(KitRun(5, 1, tests.covered))["tests_pass"]) == "fail"


@pytest.mark.parametrize(
    ("expand", "due"),
    [
        ([10, 11, 12], "pass"),
        ([60, 70, 80], "fail"),
        ([10, 11, 200], "inconclusive"),
        ([300, 300, 300], "fail"),
    ],
)
def test_waits_whose_rounds_overlap_tell_nothing(expand: list[float], due: str) -> None:
    rows = [("in place", place, 0.1, 0.1) for place in range(3)]
    rows += [("expand and contract", place, one / 1e3, 1.0) for place, one in enumerate(expand)]
    waits = pd.DataFrame(rows, columns=["way", "round", "wait", "seconds"])
    assert outcome("expand_waits_less", observations.expand_waits_less(waits)) == due


def test_the_largest_table_is_predicted_from_the_others() -> None:
    rows = [
        (rows, place, "change a type", 0.01 + rows * 1e-6)
        for rows in (1_000, 2_000, 4_000)
        for place in range(3)
    ]
    locks = pd.DataFrame(
        [*rows, (8_000, 0, "change a type", 0.036)], columns=["rows", "round", "change", "seconds"]
    )
    law = observations.fitted(locks)
    assert (law.fixed, law.each) == (pytest.approx(0.01), pytest.approx(1e-6))
    assert observations.largest(locks) == (pytest.approx(0.018), 0.036)
    assert outcome("lock_predicted", observations.observe(Seen(locks=locks))["lock_predicted"]) == "fail"


def test_the_table_that_was_checked_is_told_as_measured_and_the_law_beyond_it_knows_it() -> None:
    seconds = {1_000: 0.011, 2_000: 0.012, 4_000: 0.014, 8_000: 0.024}
    locks = pd.DataFrame(
        [(rows, 0, "change a type", took) for rows, took in seconds.items()],
        columns=["rows", "round", "change", "seconds"],
    )
    told = [
        Metric("change_s_expand_and_contract", 1.0, "s", ""),
        Metric("lock_ms_change_a_type_8000", 24.0, "ms", ""),
    ]
    result = Result(Params(sizes=tuple(seconds)), {}, told, {"locks": locks})
    found = Findings(Params(sizes=tuple(seconds)), result, {})
    assert observations.largest(locks) == (pytest.approx(0.018), 0.024)
    assert _row(found, 1)["locked, s"] == 0.02 and found.checked.at(80_000) < found.law.at(80_000)
    assert _row(found, 1)["1,000 such tables, min locked"] == 0.4
    assert _row(found, 10)["locked, s"] == round(found.law.at(80_000), 2)


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.98, 0.995])
def test_with_fewer_rows_than_that_no_confidence_reaches_the_threshold(threshold: float) -> None:
    least = int(least_rows(threshold))
    assert wilson_low(least, least) >= threshold > wilson_low(least - 1, least - 1)
    assert math.isinf(least_rows(1.0))


def test_a_matchers_safe_share_ends_at_its_first_wrong_match() -> None:
    part = pd.DataFrame({"score": [0.9, 0.8, 0.7, 0.6], "right": [True, True, False, True]})
    assert metrics.safe_share(part, 10) == 0.2 and metrics.safe_share(part.assign(right=True), 10) == 0.4
    assert metrics.safe_share(part.assign(right=[False, True, True, True]), 10) == 0
    assert metrics.safe_share(part.assign(score=[0.9, 0.7, 0.7, 0.6]), 10) == 0.1


def test_nothing_seen_is_nothing_observed() -> None:
    assert (
        observations.observe(Seen()) == {} and metrics.metrics(Seen()) == [] and metrics.tables(Seen()) == {}
    )
