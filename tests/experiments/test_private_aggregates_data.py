"""Tables that the mechanism's author never saw: any type, size, kind of key, gap. Right, or refused and not charged."""

from __future__ import annotations

import datetime
import math
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import LabError
from lab.experiments.private_aggregates.measure.audit import audit
from lab.experiments.private_aggregates.mechanism.bounding import Unit, bound
from lab.experiments.private_aggregates.mechanism.budget import Budget
from lab.experiments.private_aggregates.mechanism.prepare import prepare
from lab.experiments.private_aggregates.mechanism.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sum,
)
from lab.experiments.private_aggregates.mechanism.release import release

SMALL = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "Int8", "UInt8", "Int64"]
SMALL += ["float32", "float64", "Float32", "object", "category", "int64[pyarrow]", "uint8[pyarrow]"]
SIZES = st.one_of(st.integers(-100, 100), st.integers(-(2**63), 2**63 - 1), st.integers(-(10**30), 10**30))
REALS = st.one_of(st.floats(allow_nan=False), SIZES.map(float), st.floats(-100, 100))
KEYS = [
    0,
    1,
    2,
    -1,
    2**53,
    2**53 + 1,
    0.5,
    "0",
    "1",
    "1.0",
    "a",
    "",
    "a b",
    datetime.date(1960, 2, 1),
    ("a", 1),
]


def people(**columns: Any) -> pd.DataFrame:
    """One row a person."""
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"person": range(size), **columns})


def answer(table: pd.DataFrame, query: Query, bounds: tuple[float, float] | None = None) -> Any:
    return prepare(table, query, bounds).answer


def grains(value: float, low: float, high: float, grain: float) -> int:
    """The oracle: clipped and in whole grains, in Python's integers."""
    return round(min(max(float(value), low), high) / grain)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(REALS, min_size=1, max_size=12),
    REALS,
    st.floats(1e-9, 1e18),
    st.sampled_from([1e-6, 0.5, 1.0, 1e6]),
)
def test_sums_means_and_groups_never_wrap(
    values: list[float], low: float, width: float, grain: float
) -> None:
    high = low + width
    table = people(v=values, k=["a"] * len(values))
    try:
        both = [
            answer(table, query, (low, high))
            for query in (Sum("v", grain), Grouped(Sum("v", grain), "k", ("a",)))
        ]
        mean = float(answer(table, Mean("v", grain), (low, high)))
    except LabError:
        assert not max(abs(low), abs(high)) / grain <= 2**53 or round(low / grain) == round(high / grain)
        return
    total = sum(grains(value, low, high, grain) for value in values)
    assert both[0] == both[1][0] == pytest.approx(float(total) * grain)
    assert mean == pytest.approx(float(Fraction(total, len(values))) * grain, rel=1e-9, abs=grain)


@pytest.mark.parametrize("bounds", [(0.0, 1e10), (-1e10, 1e10), (0.0, 9e9)])
@pytest.mark.parametrize("query", [Sum("v", 1e-6), Mean("v", 1e-6), Grouped(Sum("v", 1e-6), "k", ("a",))])
def test_many_large_values_are_summed_right_or_refused_uncharged(
    query: Query, bounds: tuple[float, float]
) -> None:
    table, budget = people(v=[bounds[1]] * 5_000, k=["a"] * 5_000), Budget(1.0)
    try:
        found = release(table, query, 1.0, bounds, budget=budget).value
    except LabError:
        assert budget.ledger == () and bounds[1] == 1e10
        return
    due = bounds[1] * (1 if isinstance(query, Mean) else 5_000)
    assert float(found["a"] if isinstance(found, dict) else found) == pytest.approx(due, rel=0.05)


def test_one_persons_leave_can_not_turn_a_sum_over() -> None:
    # 1,025 times 9e15 grains is more than 64 bits hold.
    tables = [people(v=[9e9] * size) for size in (1_025, 1_024)]
    ready = tuple(prepare(table, Sum("v", 1e-6), (0.0, 9e9)) for table in tables)
    assert audit(lambda one, n: one.draw(1.0, n), ready, 4_000, confidence=0.999).epsilon <= 1


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(SMALL), st.lists(st.integers(0, 127), min_size=1, max_size=30), st.integers(-300, 100))
def test_the_type_of_a_column_does_not_change_the_answer(dtype: str, values: list[int], low: int) -> None:
    bounds, edges = (float(low), float(low + 150)), tuple(range(low, low + 150, 30))
    typed, plain = people(v=pd.Series(values, dtype=dtype)), people(v=pd.Series(values, dtype=object))
    queries: list[tuple[Query, Any]] = [(Quantile("v", q, 1.0), bounds) for q in (0.1, 0.5)]
    queries += [(Mean("v"), bounds), (Sum("v"), bounds), (Histogram("v", edges), None)]
    for query, limits in queries:
        assert np.array_equal(answer(typed, query, limits), answer(plain, query, limits))
    clipped = sorted(min(max(value, low), low + 150) for value in values)
    assert answer(typed, Mean("v"), bounds) == pytest.approx(sum(clipped) / len(clipped))
    middle = answer(typed, Quantile("v", 0.5, 1.0), bounds)
    assert clipped[(len(values) - 1) // 2] <= middle <= clipped[len(values) // 2]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3)), min_size=2, max_size=30),
    st.sampled_from(["float64", "Int64", "object", "int8", "float32", "Float64", "int64[pyarrow]"]),
)
def test_the_type_of_a_column_does_not_decide_whose_rows_count(
    rows: list[tuple[int, int]], dtype: str
) -> None:
    # A stranger's missing value or text changes the type of everybody's column.
    table = pd.DataFrame(rows, columns=["person", "v"])
    unit = Unit("person", rows=1)
    kept = bound(table, unit).index
    assert kept.equals(bound(table.astype({"v": dtype}), unit).index)
    for strange in (None, "text", 0.5):
        more = pd.concat([table, pd.DataFrame({"person": [99], "v": [strange]})], ignore_index=True)
        assert set(bound(more, unit).index) == {*kept, len(table)}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*KEYS, None]), min_size=1, max_size=40), st.booleans())
def test_every_key_is_counted_as_itself(keys: list[Any], persons: bool) -> None:
    table = people(k=pd.Series(keys, dtype=object), v=[2.0] * len(keys))
    due = Counter(key for key in keys if key is not None)
    unknown = prepare(table, Grouped(Count(persons=persons), "k"), None, delta=1e-9)
    assert unknown.answer == due
    assert all(one.keys() <= due.keys() for one in unknown.draw(50.0, 3))
    if due:
        known = Grouped(Count(persons=persons), "k", tuple(due))
        assert release(table, known, 600.0).value == due
        sums = release(table, Grouped(Sum("v"), "k", tuple(due)), 600.0, (0.0, 2.0)).value
        assert sums == {key: 2 * count for key, count in due.items()}


def test_keys_that_are_equal_as_text_stay_apart() -> None:
    table = people(k=[1] * 60 + ["1"] * 40)
    assert release(table, Grouped(Count(), "k"), 600.0, delta=1e-9).value == {1: 60, "1": 40}
    assert release(table, Grouped(Count(), "k", (1, "1")), 600.0).value == {1: 60, "1": 40}


@pytest.mark.parametrize(
    "dtype", ["int8", "uint64", "float64", "Int64", "category", "object", "int64[pyarrow]"]
)
def test_number_keys_are_found_in_any_column_of_numbers(dtype: str) -> None:
    table = people(k=pd.Series([1, 2, 2], dtype=dtype))
    assert release(table, Grouped(Count(), "k", (2, 1.0, 7)), 600.0).value == {2: 2, 1.0: 1, 7: 0}


@pytest.mark.parametrize(
    ("column", "key"),
    [([1, 2], "1"), ([1.5, 2], "a"), (["1", "2"], 1), ([True, False], "True"), (["a", None], ("a",))],
)
def test_keys_of_another_kind_than_the_column_are_refused(column: list[Any], key: Any) -> None:
    budget = Budget(1.0)
    with pytest.raises(LabError, match="the column 'k' has"):
        release(people(k=column), Grouped(Count(), "k", (key,)), 1.0, budget=budget)
    assert budget.ledger == ()


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, pd.NaT, np.float64("nan")])
def test_a_missing_value_is_no_key(missing: Any) -> None:
    with pytest.raises(LabError, match="missing value is no key"):
        Grouped(Count(), "k", ("a", missing))


def test_the_order_of_published_groups_does_not_tell_that_of_their_counts() -> None:
    orders = {
        tuple(release(people(k=list(keys)), Grouped(Count(), "k"), 600.0, delta=1e-9).value)
        for keys in ("a" * 90 + "b" * 50, "b" * 90 + "a" * 50)
    }
    assert orders == {("a", "b")}


FAULTY: dict[str, Any] = {
    "negative grain": lambda: (Sum("v", -1.0), 1.0, (0.0, 9.0)),
    "infinite grain": lambda: (Sum("v", math.inf), 1.0, (0.0, 9.0)),
    "no grain": lambda: (Mean("v", math.nan), 1.0, (0.0, 9.0)),
    "grain of nothing": lambda: (Sum("v", 1e-300), 1.0, (0.0, 9.0)),
    "grain over the bounds": lambda: (Sum("v", 100.0), 1.0, (0.0, 9.0)),
    "infinite step": lambda: (Quantile("v", 0.5, math.inf), 1.0, (0.0, 9.0)),
    "tiny step": lambda: (Quantile("v", 0.5, 1e-9), 1.0, (0.0, 9.0)),
    "step over the bounds": lambda: (Quantile("v", 0.5, 10.0), 1.0, (0.0, 9.0)),
    "share that rounds to nothing": lambda: (Quantile("v", 1e-9, 1.0), 1.0, (0.0, 9.0)),
    "tiny epsilon": lambda: (Count(), 1e-17, None),
    "tiny epsilon of a quantile": lambda: (Quantile("v", 0.5, 1.0), 1e-17, (0.0, 9.0)),
    "tiny epsilon of groups": lambda: (Grouped(Count(), "v", (1, 2)), 1e-17, None),
    "huge epsilon": lambda: (Count(), 1e300, None),
    "no epsilon": lambda: (Count(), math.nan, None),
    "infinite bound": lambda: (Sum("v"), 1.0, (0.0, math.inf)),
    "missing bound": lambda: (Mean("v"), 1.0, (math.nan, 1.0)),
    "edges without an order": lambda: (Histogram("v", (0.0, math.nan, 2.0)), 1.0, None),
    "infinite edges": lambda: (Histogram("v", (-math.inf, 0.0)), 1.0, None),
    "text for an epsilon": lambda: (Count(), "1", None),
    "nothing for an epsilon": lambda: (Count(), None, None),
    "text for bounds": lambda: (Sum("v"), 1.0, ("0", "9")),
    "half of the bounds": lambda: (Sum("v"), 1.0, (0.0, None)),
    "one number for bounds": lambda: (Sum("v"), 1.0, 9.0),
    "three bounds": lambda: (Sum("v"), 1.0, (0.0, 5.0, 9.0)),
    "text for a grain": lambda: (Sum("v", "1"), 1.0, (0.0, 9.0)),  # type: ignore[arg-type]
    "nothing for a share": lambda: (Quantile("v", None, 1.0), 1.0, (0.0, 9.0)),  # type: ignore[arg-type]
    "text for edges": lambda: (Histogram("v", ("0", "1")), 1.0, None),  # type: ignore[arg-type]
    "keys that may change": lambda: (Grouped(Count(), "t", (["1"],)), 1.0, None),  # type: ignore[arg-type]
    "a class for a query": lambda: (Count, 1.0, None),
    "no such column": lambda: (Sum("w"), 1.0, (0.0, 9.0)),
    "text for numbers": lambda: (Sum("t"), 1.0, (0.0, 9.0)),
    "days for numbers": lambda: (Mean("d"), 1.0, (0.0, 9.0)),
    "numbers for a condition": lambda: (Count("v"), 1.0, None),
    "lists for keys": lambda: (Grouped(Count(), "l", ("a",)), 1.0, None),
    "groups of means": lambda: (Grouped(Mean("v"), "t", ("1",)), 1.0, (0.0, 9.0)),  # type: ignore[arg-type]
}
ODD = people(v=[1.0, 2.0], t=["1", "2"], d=pd.to_datetime(["1960-01-01", "2024-03-31"]), l=[["a"], ["b"]])


@pytest.mark.parametrize("name", FAULTY)
def test_what_is_refused_is_not_charged(name: str) -> None:
    budget = Budget(2e300)
    with pytest.raises(LabError) as refusal:
        query, epsilon, bounds = FAULTY[name]()
        release(ODD, query, epsilon, bounds, budget=budget)
    assert budget.ledger == () and " " in str(refusal.value)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [Count(), Sum("v", 0.5), Mean("v", 0.5), Quantile("v", 0.5, 0.5), Grouped(Count(), "t", ("1",))]
    ),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_epsilon_is_answered_and_charged_or_refused_and_not_charged(query: Query, epsilon: float) -> None:
    budget = Budget(1.7e308)
    try:
        released = release(ODD, query, epsilon, (0.0, 9.0), budget=budget)
    except LabError:
        assert budget.ledger == ()
    else:
        assert [entry.cost for entry in budget.ledger] == [released.spent]


def test_a_table_of_another_library_is_refused() -> None:
    budget = Budget(1.0)
    with pytest.raises(LabError, match="must be a pandas data frame"):
        release({"person": [1]}, Count(), 1.0, budget=budget)  # type: ignore[arg-type]
    assert budget.ledger == ()


def test_a_draw_that_fails_is_not_charged() -> None:
    budget = Budget(1.0)

    class Broken:
        answer = 0

        def release(self, epsilon: float) -> Any:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        release(ODD, Count(), 1.0, budget=budget, prepare=lambda *_: Broken())  # type: ignore[arg-type, return-value]
    assert budget.ledger == ()


def test_a_delta_that_is_not_needed_is_not_charged() -> None:
    budget = Budget(1.0, 1e-6)
    with pytest.raises(LabError, match="Leave it out"):
        release(ODD, Count(), 0.5, delta=1e-7, budget=budget)
    assert budget.ledger == ()


GAPS: list[Any] = [
    pd.Series([1.0, math.nan, 3.0]),
    pd.Series([1, None, 3], dtype="Int64"),
    pd.Series([1, pd.NA, 3], dtype=object),
    pd.Series([1, None, 3.0], dtype=object),
    pd.Series([Decimal(1), None, Decimal(3)], dtype=object),
    pd.Series([1, None, 3], dtype="int8[pyarrow]"),
]


@pytest.mark.parametrize("column", GAPS, ids=lambda column: str(column.dtype))
def test_missing_values_are_left_out_by_every_statistic(column: pd.Series) -> None:
    table, bounds = people(v=column), (-5.0, 10.0)
    assert answer(table, Sum("v"), bounds) == 4
    assert answer(table, Mean("v"), bounds) == 2
    assert answer(table, Histogram("v", (0, 2, 4))).tolist() == [1, 1]
    assert answer(table, Quantile("v", 0.9, 1.0), bounds) == 3
    assert answer(table, Grouped(Count(), "v", (1, 3))).tolist() == [1, 1]
    assert answer(table, Count()) == 3


def test_rows_where_a_condition_is_missing_do_not_count() -> None:
    for dtype in ("object", "boolean", "bool[pyarrow]"):
        assert answer(people(c=pd.Series([True, None, False], dtype=dtype)), Count("c")) == 1


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e308, -(10**400), Decimal("1e999")])
def test_values_beyond_the_bounds_are_clipped_however_far(value: Any) -> None:
    table = people(v=pd.Series([value, 0], dtype=object))
    assert answer(table, Sum("v"), (-1.0, 1.0)) == (1 if value > 0 else -1)
    assert answer(table, Histogram("v", (-2, 0, 2))).tolist() == ([0, 2] if value > 0 else [1, 1])


def test_an_empty_table_has_answers_too() -> None:
    empty = people(v=[1.0], k=["a"]).iloc[:0]
    for query in (
        Count(),
        Sum("v"),
        Mean("v"),
        Quantile("v", 0.5, 1.0),
        Histogram("v", (0, 1)),
        Grouped(Count(), "k", ("a",)),
    ):
        release(empty, query, 1.0, (0.0, 1.0))
    assert release(empty, Grouped(Count(), "k"), 1.0, delta=1e-9).value == {}


def test_rows_without_a_person_are_refused() -> None:
    for nobody in ([1, None], ["a", math.nan]):
        with pytest.raises(LabError, match="say whose"):
            release(pd.DataFrame({"person": nobody}), Count(), 1.0)


@pytest.mark.parametrize(
    "ids",
    [[17, "17"], [1.0, "1.0", None], [True, 1], [datetime.date(2024, 1, 1), pd.Timestamp("2024-01-01")]],
)
def test_a_person_who_could_go_by_two_names_is_refused_and_not_counted_twice(ids: list[Any]) -> None:
    # As pandas reads an id where one part of a file has numbers only and another has not.
    budget = Budget(1.0)
    table = pd.DataFrame({"person": pd.Series(ids, dtype=object)}).dropna()
    with pytest.raises(LabError, match="would count as two"):
        release(table, Count(), 1.0, budget=budget)
    assert budget.ledger == ()


@pytest.mark.parametrize(
    "dtype", ["Float64", "Float32", "double[pyarrow]", "float[pyarrow]", "float64", "object"]
)
def test_a_nan_that_the_column_does_not_call_missing_is_missing(dtype: str) -> None:
    # 0 / 0 leaves NaN, not NA, in masked and Arrow's columns.
    ratio = pd.Series([0.0, 0.0, 2.0], dtype=dtype)
    ratio = (ratio / ratio) if dtype != "object" else pd.Series([math.nan, np.nan, 1.0], dtype=object)
    assert prepare(people(k=ratio), Grouped(Count(), "k"), None, delta=1e-9).answer == {1: 1}
    assert answer(people(v=ratio), Sum("v"), (0.0, 5.0)) == 1
    with pytest.raises(LabError, match="say whose"):
        release(pd.DataFrame({"person": ratio}), Count(), 1.0)


FRACTIONS = [0.1, 1.5, 16.7]


@pytest.mark.parametrize(
    "dtype", ["float32", "Float32", "float16", "float[pyarrow]", "float64", "object", "category"]
)
def test_a_key_with_a_fraction_is_found_in_a_column_of_any_width(dtype: str) -> None:
    for key in FRACTIONS[: 2 if dtype == "float16" else 3]:
        table = people(k=pd.Series([key, key, 9.0], dtype=dtype))
        assert answer(table, Grouped(Count(), "k", (key, 9))).tolist() == [2, 1]


def test_a_decimal_key_is_the_double_that_is_written_alike() -> None:
    table = people(k=[Decimal("0.1"), Decimal("0.10"), 0.1, Decimal("0.10000000000000000001")])
    assert answer(table, Grouped(Count(), "k", (0.1,))).tolist() == [3]
    assert answer(
        table, Grouped(Count(), "k", (Decimal("0.1"), Decimal("0.10000000000000000001")))
    ).tolist() == [3, 1]


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kathmandu"])
def test_times_with_and_without_a_zone_are_keys_of_different_kinds(zone: str | None) -> None:
    moment, budget = pd.Timestamp("2024-03-31 02:30", tz=zone), Budget(1.0)
    table, other = people(k=[moment]), moment.tz_localize(None if zone else "UTC")
    assert answer(table, Grouped(Count(), "k", (moment.to_pydatetime(),))).tolist() == [1]
    with pytest.raises(LabError, match="Give keys as the column has them"):
        release(table, Grouped(Count(), "k", (other,)), 1.0, budget=budget)
    assert budget.ledger == ()


def test_odd_names_and_the_same_name_twice() -> None:
    table = people(**{"e-mail": [1.0], "o'clock": ["a"]})
    assert answer(table, Sum("e-mail"), (0.0, 1.0)) == 1
    assert answer(table, Grouped(Count(), "o'clock", ("a",))).tolist() == [1]
    twice = pd.concat([table, table[["e-mail"]]], axis=1)
    with pytest.raises(LabError, match="2 columns called 'e-mail'"):
        release(twice, Sum("e-mail"), 1.0, (0.0, 1.0))


def test_a_person_with_many_keys_counts_once_in_each() -> None:
    table = pd.DataFrame({"person": [1, 1, 1, 1], "k": [1, 1.0, "1", "1"]}, dtype=object)
    counts = defaultdict(
        int, prepare(table, Grouped(Count(persons=True), "k"), None, Unit("person", 4, 4), 1e-9).answer
    )
    assert counts == {1: 1, "1": 1}


@pytest.mark.parametrize(("values", "q", "due"), [([0] * 40 + [2] * 60, 0.5, 2), ([0] * 9 + [5], 0.5, 0)])
def test_a_quantile_among_equal_values_is_one_of_them(values: list[int], q: float, due: int) -> None:
    assert answer(people(v=values), Quantile("v", q, 1.0), (0.0, 10.0)) == due
