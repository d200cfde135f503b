"""Each criterion of the warehouse benchmark must see what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge import observations, ranking
from lab.experiments.warehouse_bench.judge import result as judge
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.workload.changed_cent import Change
from warehouserun import PARAMS, found, judge_run, judged, outcomes


def test_a_clean_run_passes_every_criterion() -> None:
    assert set(outcomes(judge_run(found())).values()) == {"pass"}


def test_a_missing_execution_is_seen() -> None:
    run = found()
    outcome, seen = judged(replace(run, timings=run.timings.drop(index=7)), "nothing_left_out")
    assert (outcome, seen.value) == ("fail", 1)


def test_a_dataset_that_no_engine_was_given_is_seen() -> None:
    """What the run itself knows of can't tell: the dataset is missing there, too."""
    run = found()
    gone = "iceberg_0p1"
    run.lake.datasets = [one for one in run.lake.datasets if one.name != gone]
    left = {name: getattr(run, name)[lambda t: t["dataset"] != gone] for name in ("timings", "answers")}
    outcome, seen = judged(replace(run, **left), "nothing_left_out")
    assert outcome == "fail"
    # Three queries on three engines in every round, neither executed nor compared.
    assert seen.value == 2 * 3 * 3 * (PARAMS.repeats + 1)


def test_an_engine_format_query_or_round_that_is_missing_is_seen() -> None:
    run = found()
    for column, value in (("engine", "Spark"), ("query", "6"), ("round", PARAMS.repeats)):
        outcome, _ = judged(
            replace(run, timings=run.timings[run.timings[column] != value]), "nothing_left_out"
        )
        assert outcome == "fail", column


def test_an_answer_that_nobody_compared_and_an_execution_that_nobody_asked_for_are_seen() -> None:
    run = found()
    assert judged(replace(run, answers=run.answers.iloc[1:]), "nothing_left_out")[1].value == 1
    surplus = pd.concat([run.timings, run.timings.tail(1).assign(round=99)])
    assert judged(replace(run, timings=surplus), "nothing_left_out")[1].value == 1


def _slowed(run: Seen, engine: str, rounds: Callable[[pd.Series], pd.Series], factor: float) -> Seen:
    timings = run.timings.copy()
    chosen = (timings["engine"] == engine) & rounds(timings["round"]) & (timings["round"] > 0)
    timings.loc[chosen, "seconds"] *= factor
    return replace(run, timings=timings)


HALVES = pytest.mark.parametrize("half", [lambda numbers: numbers % 2 == 1, lambda numbers: numbers <= 3])


@HALVES
def test_an_order_that_flips_between_halves_is_no_ranking(half: Callable[[pd.Series], pd.Series]) -> None:
    """Trino takes half as long as Spark; slowed down in one half of the rounds it changes places with it."""
    told, seen = judged(_slowed(found(), "Trino", half, 4.0), "ranking_reproducible")
    assert told == "fail"
    assert seen.value > 0
    assert "first: Spark / Trino" in seen.detail


@HALVES
def test_an_order_that_only_one_half_sees_is_not_ranked(half: Callable[[pd.Series], pd.Series]) -> None:
    result = judge_run(_slowed(found(), "Trino", half, 2.2))
    assert outcomes(result)["ranking_reproducible"] == "pass"
    assert "unclear" in result.observed["ranking_reproducible"].detail
    assert set(_standings(result)) == {"unclear"}


def test_a_run_in_which_most_pairs_are_unclear_can_not_tell() -> None:
    pairs = pd.DataFrame({"standing": ["unclear", "unclear", "ordered"]})
    pairs[["engine_one", "engine_other", "format"]] = "x"
    pairs[ranking.HALVES] = 1.0
    assert not observations.order(pairs, 6).conclusive
    assert observations.order(pairs.iloc[1:].replace("unclear", "tie"), 6).conclusive
    assert not observations.order(pairs.iloc[2:], 3).conclusive
    assert observations.order(pairs.replace("unclear", "contradiction"), 6).conclusive


def test_engines_that_can_not_be_told_apart_are_a_tie() -> None:
    run = _slowed(found(), "Trino", lambda numbers: numbers > 0, 2.0)
    result = judge_run(run)
    assert outcomes(result)["ranking_reproducible"] == "pass"
    assert set(_standings(result)) == {"tie"}


def _standings(result: Result) -> pd.Series:
    """Of Spark and Trino, by format."""
    pairs = result.tables["pairs"]
    return pairs.loc[(pairs["engine_one"] == "Spark") & (pairs["engine_other"] == "Trino"), "standing"]


def test_blocks_instead_of_turns_are_seen() -> None:
    run = found()
    blocks = run.timings.sort_values(["round", "engine", "dataset"], kind="stable")
    outcome, seen = judged(replace(run, timings=blocks), "interleaved")
    assert outcome == "fail"
    assert seen.value < 0.2
    by_dataset = run.timings.sort_values(["round", "dataset"], kind="stable")
    assert judged(replace(run, timings=by_dataset), "interleaved")[0] == "fail"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"threads": 99}, "cores"),
        ({"memory_mb": 4096.0}, "MiB"),
        ({"processes_now": 2}, "not counted"),
    ],
)
def test_an_engine_with_other_resources_is_seen(change: dict, word: str) -> None:
    run = found()
    resources = {**run.resources, "Trino": replace(run.resources["Trino"], **change)}
    outcome, seen = judged(replace(run, resources=resources), "equal_means")
    assert outcome == "fail"
    assert word in seen.detail.split("; ", 1)[1]


def test_a_control_whose_sound_twin_is_wrong_shows_nothing() -> None:
    wrong = pd.DataFrame([("DuckDB", "d", "1", 0, 40, 3, "row 1")])
    wrong.columns = pd.Index(["engine", "dataset", "query", "round", "values", "differing", "first"])
    right = wrong.assign(differing=0)
    change = Change(Path("lineitem/part-0.parquet"), 1)
    seen = judge.of_control(PARAMS, wrong, right, change).observed["answers_published"]
    assert (seen.value, seen.conclusive) == (3, True)
    assert "lineitem/part-0.parquet" in seen.detail
    for damaged, sound, bit in ((wrong, wrong, change), (wrong, right, replace(change, prices=2))):
        assert not judge.of_control(PARAMS, damaged, sound, bit).observed["answers_published"].conclusive


def test_an_answer_from_a_cache_of_results_is_seen() -> None:
    run = found()
    run.timings.loc[3, "read_bytes"] = 100
    run.timings.loc[4, "read_bytes"] = float("nan")
    assert judge_run(run).observed["bytes_were_read"].value == 2


@pytest.mark.parametrize("engine", ["DuckDB", "Trino", "Spark"])
def test_a_time_that_does_not_grow_with_the_bytes_breaks_the_model(engine: str) -> None:
    run = found()
    chosen = (run.timings["dataset"] == "parquet_0p5") & (run.timings["engine"] == engine)
    run.timings.loc[chosen, "seconds"] *= 2
    outcome, seen = judged(run, "model_predicts")
    assert outcome == "fail"
    assert f"{engine} -5" in seen.detail


def test_a_model_whose_error_lies_at_its_limit_can_not_be_told() -> None:
    """Half the rounds say so, half otherwise: whether the limit holds hangs on a single one."""
    run = found()
    numbers = run.timings["round"]
    run.timings.loc[
        (run.timings["dataset"] == "parquet_0p5") & (numbers > 2 * PARAMS.repeats), "seconds"
    ] *= 2
    assert judged(run, "model_predicts")[0] == "inconclusive"
