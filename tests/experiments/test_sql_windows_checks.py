"""Checks of sql_windows on what is known to be wrong: rows, slopes, customers, spill points."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import ParameterError, ServiceError
from lab.evidence.params import parse
from lab.experiments.sql_windows.criteria import SMALL_ROWS
from lab.experiments.sql_windows.judge.observations import (
    customers_that_differ,
    slopes_agree,
    widths_matter,
)
from lab.experiments.sql_windows.judge.slopes import (
    disturbances,
    growths,
    remainder,
    sizes_that_count,
    slope,
    width_slopes,
)
from lab.experiments.sql_windows.measure import sort_memory
from lab.experiments.sql_windows.measure.processor import usage
from lab.experiments.sql_windows.measure.rows import compare
from lab.experiments.sql_windows.measure.timing import Cost, Plan, repeatedly
from lab.experiments.sql_windows.mechanism.complexity import Bound
from lab.experiments.sql_windows.mechanism.queries import queries
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.present.model import Curve
from lab.experiments.sql_windows.workload import cdnow
from lab.experiments.sql_windows.workload.purchases import transactions

SIZES = (10_000, 100_000, 1_000_000)


def test_comparison_sees_every_kind_of_difference() -> None:
    rows = [(1, 2.0), (2, 3.0), (3, None)]
    assert compare(rows, [(1, 2.0), (2, 3.0), (3, float("nan"))]).rows == 0
    assert compare(rows[:2], rows).rows == 1
    assert compare([*rows, (4, 1.0)], rows).rows == 1
    assert compare([rows[1], rows[0], rows[2]], rows).rows == 2
    assert compare([(1, 2.0), (2, 3.00001), (3, None)], rows).rows == 1
    assert compare([(1, 2.0), (2, 3.0), (3, 0)], rows).rows == 1
    assert compare([(1, 2.0, 9), *rows[1:]], rows).rows == 1
    assert compare([], []).rows == 0


def test_comparison_forgives_only_what_is_stated() -> None:
    assert compare([(1.0 + 1e-12,)], [(1.0,)]).rows == 0
    assert compare([(1.0 + 1e-8,)], [(1.0,)]).rows == 1
    assert compare([(Decimal("2.5"),)], [(2.5,)]).rows == 0
    assert compare([(10**15 + 1,)], [(10**15,)]).rows == 1  # integers are never close, only equal
    found = compare([(1,), (5,)], [(1,), (6,)])
    assert found.first == (1, (5,), (6,))


@given(st.integers(1, 400), st.integers(2, 30), st.integers(0, 5))
def test_purchases_have_the_declared_shape(rows: int, per_customer: int, seed: int) -> None:
    data = transactions(rows, per_customer, seed)
    assert len(data) == rows
    assert sorted(data["transaction_id"]) == list(range(1, rows + 1))
    counts = data["customer_id"].value_counts().sort_index()
    assert (counts.iloc[:-1] == per_customer).all()
    assert data.sort_values("transaction_id")["epoch_s"].is_monotonic_increasing
    assert (data["day"] == data["epoch_s"] // 86_400).all()
    at = pd.to_datetime(data["epoch_s"], unit="s")
    assert (data["month"] == 12 * (at.dt.year - 1970) + at.dt.month - 1).all()
    pd.testing.assert_frame_equal(data, transactions(rows, per_customer, seed))


def test_purchases_have_ties_and_lie_in_no_order() -> None:
    data = transactions(10_000, 20, seed=1)
    assert data.duplicated(["customer_id", "epoch_s"]).sum() > 500
    assert abs(np.corrcoef(data.index, data["epoch_s"])[0, 1]) < 0.05


def timed(
    power: float, fixed_s: float = 0.001, engine: str = "PostgreSQL", noise: float = 1.0
) -> pd.DataFrame:
    """Timings of T = fixed + n^power; `noise` disturbs the single timing of the top size."""
    cells = [
        (rows, repeat, fixed_s + (rows / 1e5) ** power * 0.1 * (noise if rows == SIZES[-1] else 1))
        for rows in (SMALL_ROWS, *SIZES)
        for repeat in range(1 if rows == SIZES[-1] else 3)
    ]
    made = pd.DataFrame(cells, columns=["rows", "repeat", "seconds"])
    return made.assign(engine=engine, query="running_total", processor_s=made["seconds"])


@pytest.mark.parametrize("fixed_s", [0.0, 0.001, 0.003])
def test_a_fixed_cost_does_not_bend_the_slope(fixed_s: float) -> None:
    (growth,) = growths(timed(1.0, fixed_s), queries())
    assert growth.apart < 0.12
    assert growth.conclusive


@pytest.mark.parametrize("power", [0.5, 1.5, 2.0])
def test_other_growth_than_declared_is_seen(power: float) -> None:
    (growth,) = growths(timed(power), queries())
    assert growth.apart > 0.2
    assert growth.conclusive


def test_what_noise_could_explain_is_inconclusive_and_not_a_failure() -> None:
    disturbed = timed(1.1, noise=3.0)
    (certain,) = growths(disturbed, queries())
    assert certain.apart > 0.2
    assert certain.conclusive  # repeated timings were quiet, so noise is no excuse
    low = disturbed["rows"] < SIZES[-1]
    shaken = disturbed.assign(
        processor_s=disturbed["seconds"].where(~low, disturbed["seconds"] * (1 + 2 * disturbed["repeat"]))
    )
    assert disturbances(shaken)[1] == pytest.approx(5.0)
    (doubtful,) = growths(shaken, queries())
    assert not doubtful.conclusive


def test_the_least_of_two_is_less_sure_than_the_least_of_six() -> None:
    cells = [
        (rows, repeat, (0.001 + (rows / 1e5) ** 1.3 * 0.1) * (1 + 0.2 * repeat))
        for rows in (SMALL_ROWS, *SIZES)
        for repeat in range(2 if rows == SIZES[-1] else 6)
    ]
    few = pd.DataFrame(cells, columns=["rows", "repeat", "processor_s"])
    few = few.assign(engine="DuckDB", query="running_total", seconds=few["processor_s"])
    assert disturbances(few) == pytest.approx({2: 1.8, 6: 1.0})
    (doubtful,) = growths(few, queries())
    assert doubtful.apart > 0.2
    assert not doubtful.conclusive
    (certain,) = growths(few[few["repeat"] < 2], queries())  # all sizes as often
    assert certain.apart > 0.2
    assert certain.conclusive


def test_a_least_value_that_is_still_disturbed_at_the_small_end_is_inconclusive_too() -> None:
    quiet = timed(0.85)
    (certain,) = growths(quiet, queries())
    assert certain.apart > 0.2
    assert certain.conclusive
    unsteady = quiet.assign(processor_s=quiet["processor_s"] * (1 + 0.2 * quiet["repeat"]))
    assert remainder(unsteady) == pytest.approx(1.2)
    (doubtful,) = growths(unsteady, queries())
    assert doubtful.apart > 0.2
    assert not doubtful.conclusive


def test_a_small_size_timed_twice_is_as_unsure_as_two_timings_are() -> None:
    # The two agree, but two of the often timed table can both be five times too long.
    cells = [
        (rows, repeat, 0.001 + (rows / 1e5) ** 0.85 * 0.1, 1.0) for rows in SIZES for repeat in range(2)
    ] + [(SMALL_ROWS, repeat, 0.001, factor) for repeat, factor in enumerate((1, 1, 1, 1, 5, 6))]
    few = pd.DataFrame(cells, columns=["rows", "repeat", "seconds", "factor"])
    few = few.assign(engine="DuckDB", query="running_total", processor_s=few["seconds"] * few["factor"])
    assert (remainder(few), disturbances(few)[2]) == (1.0, pytest.approx(5.0))
    (doubtful,) = growths(few, queries())
    assert doubtful.apart > 0.2
    assert not doubtful.conclusive


def test_sizes_that_are_all_fixed_cost_do_not_count() -> None:
    assert sizes_that_count(timed(1.0, fixed_s=0.0)) == SIZES
    assert sizes_that_count(timed(1.0, fixed_s=0.02)) == SIZES[1:]
    (growth,) = growths(timed(1.0, fixed_s=10.0), queries())
    assert growth.sizes == ()
    assert not growth.conclusive
    assert growth.apart == float("inf")


def test_what_has_no_slope_is_told_and_never_written_as_infinity() -> None:
    some = growths(pd.concat([timed(1.1), timed(1.1, fixed_s=10.0, engine="DuckDB")]), queries())
    seen = slopes_agree(some)
    assert not seen.conclusive
    assert seen.value < 0.2
    assert "DuckDB" in seen.detail
    nothing = slopes_agree(growths(timed(1.1, fixed_s=10.0), queries()))
    assert (nothing.value, nothing.conclusive) == (0.0, False)


def test_the_declared_slope_of_n_log_n_is_a_little_above_one() -> None:
    for order, exponent in (("n log n", 1.088), ("n w", 1.0)):
        work = [Bound(order, "").work(rows) for rows in SIZES]
        assert slope(SIZES, work) == pytest.approx(exponent, abs=0.001)
    kit = queries()["sliding_max"].complexity
    assert kit.on("PostgreSQL").order == "n w"
    assert kit.on("DuckDB").order == "n log n"


def test_cells_are_timed_by_the_clock_and_not_by_the_result() -> None:
    names = ("running_total", "streaks")
    rounds = list(Plan({name: queries()[name] for name in names}, (1_000, 2_000), 3, 1.0, seed=1).rounds())
    assert len(rounds) == 3
    assert {len(set(cells)) for cells in rounds} == {12}
    for cells in rounds:
        # The sizes of a query side by side, and of each size the engines.
        assert len({name for _, name, _ in cells[:6]}) == 1
        assert [rows for *_, rows in cells] == [1_000] * 3 + [2_000] * 3 + [1_000] * 3 + [2_000] * 3
        assert {engine for engine, *_ in cells[:3]} == {"PostgreSQL", "DuckDB", "SQLite"}


def test_the_slope_in_the_width_is_told_by_engine_and_aggregate() -> None:
    rows = [
        (engine, name, width, 0, width**power / 1e4)
        for (engine, name, power) in [("PostgreSQL", "max", 1.0), ("DuckDB", "max", 0.0)]
        for width in (10, 100, 1_000)
    ]
    found = width_slopes(
        pd.DataFrame(rows, columns=["engine", "aggregate", "width", "repeat", "processor_s"])
    )
    assert found["PostgreSQL", "max"].value == pytest.approx(1)
    assert found["PostgreSQL", "max"].steps == pytest.approx((1, 1))
    assert found["DuckDB", "max"].value == pytest.approx(0)


def sliding(growing: float, flat: float, noise: float = 1.0) -> pd.DataFrame:
    """Timings of a fixed 15 ms and one of w^growing or w^flat; those of the widest frame were taken once.

    noise: by how much the second of two timings is above the first.
    """
    return pd.DataFrame(
        {"engine": engine, "aggregate": name, "width": width, "repeat": repeat}
        | {"processor_s": (15 + width**power) / 1e3 * (noise if repeat else 1)}
        for engine in ("PostgreSQL", "DuckDB", "SQLite")
        for name in ("max", "sum of floats", "sum of integers")
        for power in [growing if engine == "PostgreSQL" and name != "sum of integers" else flat]
        for width in (10, 30, 100, 300, 1_000)
        for repeat in range(1 if width == 1_000 else 2)
    )


def test_a_fixed_cost_that_bends_the_line_is_no_doubt_about_the_slope_in_the_width() -> None:
    found = widths_matter(sliding(1.0, 0.0))
    for name in ("sliding_max_counterexample", "float_sum_counterexample", "others_stay_flat"):
        assert found[name].conclusive and found[name].interval is None, name
    assert 0.7 <= found["sliding_max_counterexample"].value < 0.9
    assert "from width to width 0.54, 0.78" in found["sliding_max_counterexample"].detail


def test_a_slope_in_the_width_that_noise_could_take_across_the_limit_is_inconclusive() -> None:
    for power in (0.85, 1.0):  # below its limit, and above it
        found = widths_matter(sliding(power, 0.0, noise=4.0))["sliding_max_counterexample"]
        assert (found.value >= 0.7) == (power == 1.0) and not found.conclusive
    assert widths_matter(sliding(0.4, 0.0))["sliding_max_counterexample"].conclusive
    assert widths_matter(sliding(1.0, 1.0))["others_stay_flat"].conclusive
    assert not widths_matter(sliding(1.0, 0.4, noise=4.0))["others_stay_flat"].conclusive


def test_postgresqls_reports_of_its_own_usage_are_added_up() -> None:
    report = (
        "! system usage stats:\n!\t{} s user, {} s system, 9.9 s elapsed\n!\t[7.0 s user, 7.0 s system total]"
    )
    parse_and_execute = [report.format("0.001000", "0.000500"), "something else", report.format("0.5", "0.1")]
    assert usage(parse_and_execute) == pytest.approx(0.6015)
    assert np.isnan(usage(["something else"]))


@pytest.mark.parametrize(("least", "slow"), [(1, 1), (2, 2)])
def test_a_cell_that_took_long_is_not_timed_again(least: int, slow: int) -> None:
    cells = [("DuckDB", "slow", 1), ("DuckDB", "fast", 1)]
    found = repeatedly([cells] * 3, 1.0, lambda cell: Cost(2.0 if cell[1] == "slow" else 0.1, 0.1), least)
    assert found.groupby("query").size().to_dict() == {"fast": 3, "slow": slow}


@given(st.integers(1_001, 99_999))
def test_the_first_size_that_spills_is_found(threshold: int) -> None:
    found = sort_memory.first_that_spills(lambda rows: rows >= threshold, 1_000, 100_000)
    assert threshold <= found <= threshold * 1.01 + 1


@given(st.floats(0, 1), st.floats(1e-9, 1e-6), st.floats(2, 1_000))
def test_a_curve_inverts(fixed: float, per_unit: float, patience: float) -> None:
    curve = Curve(fixed, per_unit, Bound("n log n", ""))
    rows = curve.rows_in(patience)
    assert curve.seconds(rows) <= patience < curve.seconds(rows + 1)


PUBLISHED = pd.DataFrame(
    {"customer_id": [1, 2], "frequency": [2, 0], "recency": [3043, 0], "T": [3886, 3886]}
)


def test_customers_are_compared_one_by_one() -> None:
    right = [(1, 2, 213, 272, "more"), (2, 0, 0, 272, "more")]
    assert customers_that_differ(right, PUBLISHED) == 0
    assert customers_that_differ(right[:1], PUBLISHED) == 1
    assert customers_that_differ([*right, (3, 0, 0, 1)], PUBLISHED) == 1
    assert customers_that_differ([(1, 2, 214, 272), right[1]], PUBLISHED) == 1
    assert customers_that_differ([(1, 3, 213, 272), (2, 0, 0, 271)], PUBLISHED) == 2


def test_cdnow_is_the_published_sample() -> None:
    bought, published = cdnow.purchases(), cdnow.published()
    assert len(bought) == 6_919
    assert bought["customer_id"].nunique() == len(published) == cdnow.CUSTOMERS
    assert set(bought["customer_id"]) == set(published["customer_id"])


def test_without_cdnow_the_message_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path))
    with pytest.raises(ServiceError, match="Run: lab setup sql_windows"):
        cdnow.purchases()


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ({"sizes": (10_000, 100_000)}, "sizes"),
        ({"sizes": (10_000, 10_000, 100_000)}, "sizes"),
        ({"sizes": (10, 100, 1_000)}, "sizes"),
        ({"widths": (100, 10, 1_000)}, "widths"),
        ({"work_mem_mb": 0}, "work_mem_mb"),
        ({"size": 1}, "size"),
    ],
)
def test_wrong_parameters_are_named(given_: dict, name: str) -> None:
    with pytest.raises(ParameterError, match=name):
        parse(Params, given_)


def test_disturbance_of_quiet_timings_is_one() -> None:
    for noise in (1.0, 2.0):
        assert disturbances(timed(1.0, noise=noise)) == pytest.approx({1: 1.0, 3: 1.0})
