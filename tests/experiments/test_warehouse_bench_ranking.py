"""Orders, intervals, lines and costs of the warehouse benchmark, from figures whose answer is known beforehand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.warehouse_bench.judge import cost, linear_model, observations, ranking
from lab.experiments.warehouse_bench.judge.median_interval import label, spread
from lab.experiments.warehouse_bench.judge.ranking import CONTRADICTION, ORDERED, TIE, UNCLEAR, standing
from lab.experiments.warehouse_bench.mechanism.engine_duckdb import mebibytes


def _timings(factors: dict[str, list[float]]) -> pd.DataFrame:
    rows = [
        (engine, "parquet", 0.1, str(query), number, factor * query, factor, 1.0, 1.0, 1.0, 3.0 * factor)
        for engine, rounds in factors.items()
        for number, factor in enumerate(rounds)
        for query in (1, 2, 4)
    ]
    columns = [*ranking.GROUP, "scale_factor", "query", "round", "seconds", "cpu_s", "read_bytes"]
    return pd.DataFrame(rows, columns=[*columns, "reported_cpu_s", "reported_bytes", "machine_s"])


def test_geometric_means_and_ratios() -> None:
    rounds = ranking.Rounds(_timings({"a": [9, 1, 1, 1, 1, 1, 1], "b": [9, 3, 3, 3, 3, 3, 3]}))
    assert rounds.mean(("a", "parquet")).median == pytest.approx(2.0)
    assert ranking.fastest(rounds) == "a"
    assert ranking.times_fastest(rounds)["b"].median == pytest.approx(3)
    (pair,) = ranking.engine_pairs(rounds).to_dict("records")
    assert pair["ratio"] == pytest.approx(1 / 3)
    assert pair["standing"] == ORDERED
    assert pair["factor"] == pytest.approx(1)


def _formats(rounds: int) -> pd.DataFrame:
    """Iceberg takes 4 s longer than Parquet, whose geometric mean is 2 s."""
    plain = _timings({"a": [9] + rounds * [1]})
    return pd.concat([plain, plain.assign(format="iceberg", seconds=3 * plain["seconds"])])


def test_what_a_format_adds_is_told_in_seconds() -> None:
    (row,) = ranking.added(ranking.Rounds(_formats(6))).to_dict("records")
    assert (row["engine"], row["format"], row["distinguishable"]) == ("a", "iceberg", True)
    assert [row[name] for name in ("parquet_s", "seconds", "low", "high")] == pytest.approx([2, 4, 4, 4])


def test_five_rounds_distinguish_nothing() -> None:
    assert not ranking.added(ranking.Rounds(_formats(5)))["distinguishable"].any()


def test_halves_that_disagree_are_seen() -> None:
    timings = _timings({"a": [9, 1, 2, 1, 2, 1, 2], "b": [9, 2, 1, 2, 1, 2, 1]})
    (pair,) = ranking.engine_pairs(ranking.Rounds(timings)).to_dict("records")
    assert pair["odd"] == pytest.approx(0.5)
    assert pair["even"] == pytest.approx(2)
    assert pair["factor"] == pytest.approx(4)
    assert pair["standing"] == CONTRADICTION


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
    assert observations.interleaved(blocks).value < 0.05
    shuffled = blocks.iloc[random.permutation(len(rows))]
    assert observations.interleaved(shuffled).value == pytest.approx(1, abs=0.1)
    assert not observations.interleaved(blocks[blocks["engine"] == "a"]).conclusive


def test_memory_as_duckdb_tells_it() -> None:
    assert (mebibytes("2.0 GiB"), mebibytes("512.0 MiB")) == (2048, 512)
    with pytest.raises(ValueError, match="no amount"):
        mebibytes("plenty")


STORED = {0.1: 10_000_000, 0.3: 30_000_000, 1.0: 100_000_000}


def _grown(lines: dict[str, tuple[float, float]]) -> dict[str, linear_model.Growth]:
    """From nine rounds, the last one a second longer; a query that is not of the model takes long."""
    rows = [
        (engine, "parquet", size, query, number, fixed + slope * held + (number == 9) + 50 * (query == "2"))
        for engine, (fixed, slope) in lines.items()
        for size, held in STORED.items()
        for query in ("1", "2")
        for number in range(10)
    ]
    columns = ["engine", "format", "scale_factor", "query", "round", "seconds"]
    rounds = linear_model.growth_by_round(pd.DataFrame(rows, columns=columns), ["1"], STORED)
    return linear_model.by_engine(linear_model.lines(rounds))


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 10), st.floats(1e-9, 1e-6))
def test_a_straight_line_is_found_again(fixed: float, slope: float) -> None:
    own = _grown({"a": (fixed, slope)})["a"]
    assert own.line.fixed_s == pytest.approx(fixed, rel=1e-6)
    assert own.line.error == pytest.approx(0, abs=1e-6)
    assert own.at(2e8) == pytest.approx((fixed + 2e8 * slope,) * 2)


def test_how_much_longer_a_byte_takes() -> None:
    ((ratio, interval),) = linear_model.slopes_to(_grown({"a": (1, 1e-8), "b": (2, 4e-8)}), "a").values()
    assert (ratio, *interval) == pytest.approx((4, 4, 4))


def test_costs_by_hand() -> None:
    found = cost.table(_timings({"a": [9, 1, 1, 1, 1, 1, 1], "b": [9, 3, 3, 3, 3, 3, 6]})).set_index("engine")
    assert list(found.loc["b", ["busy", "busy_low", "busy_high"]]) == pytest.approx([3, 3, 6])
    assert found.loc["a", "busy"] == pytest.approx(1)
    # Three queries of 1, 2 and 4 s; the processor takes a second for each.
    assert list(found.loc["a", ["seconds", "cpu_s", "read_bytes"]]) == pytest.approx([7 / 3, 1, 1])
