"""Orders, intervals, lines and costs of the warehouse benchmark, from figures whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.warehouse_bench.judge import cost, fairness, ranking
from lab.experiments.warehouse_bench.judge import linear_law as lines
from lab.experiments.warehouse_bench.judge.median_interval import label, spread
from lab.experiments.warehouse_bench.judge.reproducibility import (
    CONTRADICTION,
    ORDERED,
    TIE,
    UNCLEAR,
    in_words,
    standing,
    worst,
)
from lab.experiments.warehouse_bench.mechanism.engine_duckdb import mebibytes
from lab.experiments.warehouse_bench.present.crossover import crossing, crossover_bytes, least_workers


def _timings(factors: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (engine, "same", "parquet", 0.1, str(query), number, factor * query, 1.0, 1.0, 1.0, 1.0)
        for engine, rounds in factors.items()
        for number, factor in enumerate(rounds)
        for query in (1, 2, 4)
    ]
    columns = [*ranking.GROUP, "scale_factor", "query", "round", "seconds", "cpu_s", "read_bytes"]
    return pd.DataFrame(rows, columns=[*columns, "reported_cpu_s", "reported_bytes"])


def test_geometric_means_and_ratios() -> None:
    rounds = ranking.Rounds(_timings({"a": [9, 1, 1, 1, 1, 1, 1], "b": [9, 3, 3, 3, 3, 3, 3]}))
    assert rounds.mean(("a", "same", "parquet")).median == pytest.approx(2.0)
    (pair,) = ranking.engine_pairs(rounds).to_dict("records")
    assert pair["ratio"] == pytest.approx(1 / 3)
    assert pair["apart"]
    assert pair["standing"] == ORDERED
    assert pair["factor"] == pytest.approx(1)


def test_five_rounds_tell_nothing_apart() -> None:
    rounds = ranking.Rounds(_timings({"a": [9, 1, 1, 1, 1, 1], "b": [9, 3, 3, 3, 3, 3]}))
    assert not ranking.engine_pairs(rounds)["apart"].any()


def test_halves_that_disagree_are_seen() -> None:
    timings = _timings({"a": [9, 1, 2, 1, 2, 1, 2], "b": [9, 2, 1, 2, 1, 2, 1]})
    (pair,) = ranking.engine_pairs(ranking.Rounds(timings)).to_dict("records")
    assert pair["odd"] == pytest.approx(0.5)
    assert pair["even"] == pytest.approx(2)
    assert pair["factor"] == pytest.approx(4)
    assert pair["standing"] == CONTRADICTION
    assert not pair["apart"]


def test_a_drift_shows_in_early_and_late_rounds_only() -> None:
    timings = _timings({"a": [9, 1, 1, 1, 4, 4, 4], "b": [9, 2, 2, 2, 2, 2, 2]})
    (pair,) = ranking.engine_pairs(ranking.Rounds(timings)).to_dict("records")
    assert (pair["early"], pair["late"]) == (pytest.approx(0.5), pytest.approx(2))
    assert pair["standing"] == CONTRADICTION


@pytest.mark.parametrize(
    ("one", "other", "stands"),
    [
        (2.0, 1.3, ORDERED),
        (0.5, 0.8, ORDERED),
        (1.2, 0.9, TIE),
        (1.3, 1.1, TIE),
        (1.3, 0.95, UNCLEAR),
        (0.7, 1.01, UNCLEAR),
        (1.25, 0.8, CONTRADICTION),
        (0.1, 9.0, CONTRADICTION),
    ],
)
def test_how_two_engines_stand(one: float, other: float, stands: str) -> None:
    assert standing(one, other) == standing(other, one) == standing(1 / one, 1 / other) == stands


def test_the_worst_standing_counts_and_ties_are_shown() -> None:
    assert worst([ORDERED, TIE]) == TIE
    assert worst([TIE, UNCLEAR, CONTRADICTION]) == CONTRADICTION
    assert in_words(["a", "b", "c"], [ORDERED, TIE]) == "a < b = c"
    assert in_words(["a", "c", "b"], [ORDERED, UNCLEAR]) == "a < b = c"
    assert in_words(["c", "b", "a"], [TIE, ORDERED]) == "b = c < a"
    assert in_words(["a", "b"], [CONTRADICTION]) == "a ! b"
    assert in_words(["a"], []) == "a"


def test_intervals_are_called_what_they_are() -> None:
    assert label(3) == "range of 3 rounds"
    assert label(6) == "range of 6 rounds (holds the median with 96.9%)"
    assert label(20).startswith("inner range of 20 rounds (holds the median with 95.9%")
    five, six = spread(range(2, 7)), spread(range(2, 8))
    assert (five.enough, five.excludes(1)) == (False, False)
    assert (six.low, six.high, six.excludes(1), six.excludes(2)) == (2, 7, True, False)


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    for rounds in (6, 12, 20):
        found = [spread(random.exponential(size=rounds)) for _ in range(4000)]
        held = np.mean([one.low <= np.log(2) <= one.high for one in found])
        assert held == pytest.approx(found[0].coverage, abs=0.015)


def test_an_interleave_is_told_from_blocks() -> None:
    names, random = np.repeat(["a", "b", "c"], 40), np.random.default_rng(1)
    rows = [(name, f"d{name}", 1) for name in names]
    blocks = pd.DataFrame(rows, columns=["engine", "dataset", "round"])
    assert fairness.mixed(blocks) < 0.05
    assert fairness.mixed(blocks.iloc[random.permutation(len(rows))]) == pytest.approx(1, abs=0.1)
    assert np.isnan(fairness.mixed(blocks[blocks["engine"] == "a"]))


def test_memory_as_duckdb_tells_it() -> None:
    assert (mebibytes("2.0 GiB"), mebibytes("512.0 MiB")) == (2048, 512)
    with pytest.raises(ValueError, match="no amount"):
        mebibytes("plenty")


@given(st.floats(0.01, 10), st.floats(1e-9, 1e-6))
def test_a_straight_line_is_found_again(fixed: float, slope: float) -> None:
    stored = {0.01: 1_000_000, 0.04: 4_000_000, 0.1: 10_000_000}
    medians = pd.DataFrame(
        [("a", "same", "parquet", size, "1", fixed + slope * held) for size, held in stored.items()],
        columns=[*ranking.GROUP, "scale_factor", "query", "seconds"],
    )
    line = lines.line(lines.growth(medians, stored), 0.04)
    assert line.fixed_s == pytest.approx(fixed, rel=1e-6)
    assert line.error == pytest.approx(0, abs=1e-6)


def _by_round(fixed: list[float], slope: float = 1.0) -> pd.DataFrame:
    """Rounds of `one` with these fixed seconds, beside a cluster that is always the same."""
    rows = [("one", number, value, slope) for number, value in enumerate(fixed, 1)]
    rows += [("many", number, 10.0, 4.0) for number in range(1, len(fixed) + 1)]
    return pd.DataFrame(rows, columns=["engine", "round", "fixed_s", "per_byte_s"])


def test_where_a_cluster_pays() -> None:
    single = lines.Line("one", 0.0, 1.0, 1, 1)
    cluster = lines.Line("many", 10.0, 4.0, 1, 1)
    assert least_workers(cluster, single) == 5
    size = crossover_bytes(cluster, single, 8)
    assert size == pytest.approx(20)
    assert single.at(size) == pytest.approx(cluster.at(size, 8))
    assert np.isinf(crossover_bytes(cluster, single, 4))
    found = crossing(cluster, single, _by_round([0.0] * 6))
    assert found is not None
    assert (found.workers, found.told) == (10, True)
    assert (found.size, found.low, found.high) == pytest.approx((10 / 0.6,) * 3)
    assert crossing(replace(cluster, per_byte_s=-1.0), single, _by_round([0.0] * 6)) is None


def test_a_crossing_that_the_rounds_do_not_agree_on_is_not_told() -> None:
    single, cluster = lines.Line("one", 0.0, 1.0, 1, 1), lines.Line("many", 10.0, 4.0, 1, 1)
    found = crossing(cluster, single, _by_round([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 / 0.6, 10 / 0.6))
    assert not found.told
    never = crossing(cluster, single, _by_round([0.0] * 6, slope=0.4))
    assert never is not None
    assert np.isinf(never.high)
    assert not never.told


def test_costs_by_hand() -> None:
    at = cost.Prices("m", 2, 0.5, 1e-6, 1000, cost.prices().sources)
    medians = pd.DataFrame(
        [("a", "same", "parquet", "1", 2.0, 4.0, 10.0)],
        columns=[*ranking.GROUP, "query", "seconds", "cpu_s", "read_bytes"],
    )
    (row,) = cost.table(medians, at).to_dict("records")
    assert (row["usd_cpu"], row["usd_machine"], row["usd_scanned"]) == pytest.approx((1000, 1000, 1))
    assert all(source.url.startswith("https://") and source.as_of for source in cost.prices().sources)


def test_cost_as_a_multiple_of_the_cheapest_does_not_depend_on_the_price() -> None:
    timings = _timings({"a": [9, 1, 1, 1, 1, 1, 1], "b": [9, 3, 3, 3, 3, 3, 6]})
    at = cost.prices()
    found = cost.ratios(timings, at).set_index("engine")
    assert list(found.loc["b", ["machine", "machine_low", "machine_high"]]) == pytest.approx([3, 3, 6])
    assert list(found.loc["a", ["machine", "cpu", "scanned"]]) == pytest.approx([1, 1, 1])
    dearer = replace(at, usd_per_machine_s=7 * at.usd_per_machine_s)
    assert cost.ratios(timings, dearer).equals(cost.ratios(timings, at))
