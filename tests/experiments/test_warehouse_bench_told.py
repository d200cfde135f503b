"""What is told about a run of the warehouse benchmark, from timings whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.errors import ServiceError
from lab.evidence.criteria import judge_all
from lab.evidence.params import parse
from lab.evidence.result import Result
from lab.experiments import warehouse_bench as experiment
from lab.experiments.warehouse_bench import observations
from lab.experiments.warehouse_bench.bench import Cell, Timing
from lab.experiments.warehouse_bench.data import Files
from lab.experiments.warehouse_bench.datasets import OWN, SAME, Dataset
from lab.experiments.warehouse_bench.lake import Lake
from lab.experiments.warehouse_bench.observations import Found
from lab.experiments.warehouse_bench.session import engines
from lab.progress import steps

PARAMS = parse(experiment.Params, {"queries": (1, 6)})
LINES = {"DuckDB": (0.005, 0.2e-9), "Trino": (0.1, 2e-9), "Spark": (0.2, 4e-9)}  # seconds, seconds per byte
STORED = {0.1: 24_000_000, 0.01: 2_400_000, 0.3: 72_000_000}


def _lake() -> Lake:
    lake = Lake(Path("nowhere"), ("lineitem",))
    for size, held in STORED.items():
        lake.files[size] = Files(size, Path("nowhere"), {}, {"lineitem": held}, {"lineitem": 1}, {})
    for engine in LINES:
        for size in STORED:
            lake._note(engine, Dataset(SAME, "parquet", size), 1.0)
        for layout, name in ((SAME, "iceberg"), (SAME, "delta"), (OWN, "parquet"), (OWN, "iceberg")):
            lake._note(engine, Dataset(layout, name, PARAMS.scale_factor), 1.0)
    return lake


def _found() -> Found:
    lake, random = _lake(), np.random.default_rng(1)
    rows = [
        _timing(Cell(engine, name, query), number, dataset.scale_factor, random.uniform(0.99, 1.01))
        for engine, datasets in lake.datasets.items()
        for name, dataset in datasets.items()
        for query in ("1", "6")
        for number in range(PARAMS.repeats + 1)
    ]
    answers = pd.DataFrame([("DuckDB", "same_parquet_0p1", "1", 40, 0, "")])
    answers.columns = pd.Index(["engine", "dataset", "query", "values", "differing", "first"])
    starts = pd.DataFrame([(engine, "start", 1.0) for engine in LINES], columns=["engine", "what", "seconds"])
    return Found(pd.DataFrame(rows), answers, lake, starts, differing_files=0, seconds=60.0)


def _timing(cell: Cell, number: int, size: float, noise: float) -> Timing:
    fixed, per_byte = LINES[cell.engine]
    seconds = (fixed + per_byte * STORED[size]) * noise
    return Timing(*cell, number, seconds, 2 * seconds, 0.2 * STORED[size], seconds, 0.1 * STORED[size])


@pytest.fixture(scope="module")
def treatment() -> Result:
    return observations.result(PARAMS, _found(), {})


def _outcomes(result: Result) -> dict[str, str]:
    return {item.criterion.name: item.outcome for item in judge_all(experiment.CRITERIA, result.observed)}


def test_a_clean_run_passes_every_criterion(treatment: Result) -> None:
    assert set(_outcomes(treatment).values()) == {"pass"}


def test_a_missing_execution_is_seen() -> None:
    found = _found()
    result = observations.result(PARAMS, replace(found, timings=found.timings.drop(index=7)), {})
    assert result.observed["nothing_left_out"].value == 1
    assert _outcomes(result)["nothing_left_out"] == "fail"


def test_an_answer_from_a_cache_of_results_is_seen() -> None:
    found = _found()
    found.timings.loc[3, "read_bytes"] = 100
    assert observations.result(PARAMS, found, {}).observed["bytes_were_read"].value == 1


def test_a_time_that_does_not_grow_with_the_bytes_breaks_the_law() -> None:
    found = _found()
    found.timings.loc[found.timings["dataset"] == "same_parquet_0p1", "seconds"] *= 2
    assert _outcomes(observations.result(PARAMS, found, {}))["law_holds"] == "fail"


def test_the_lines_are_found_again(treatment: Result) -> None:
    lines = treatment.tables["lines"].set_index("engine")
    for engine, (fixed, per_byte) in LINES.items():
        assert lines.loc[engine, "fixed_s"] == pytest.approx(fixed, rel=0.1)
        assert lines.loc[engine, "per_byte_s"] == pytest.approx(per_byte, rel=0.1)


def test_figures_law_and_summary_come_from_the_run(treatment: Result) -> None:
    for figure in experiment.figures(treatment, {}).values():
        assert figure.title
        assert figure.alt
        assert not figure.data.empty
        for width in (600, 270):
            figure.chart(width).to_dict()
    law, summary = experiment.scale(treatment, {}), experiment.summary(treatment, {})
    assert len(law.projection) == 4
    assert abs(law.check.error) < 0.05
    assert "DuckDB" in summary.decisions[0].answer
    assert "workers of Trino answer sooner" in summary.answer
    assert summary.headline.value == pytest.approx(0.296 / 0.0098, rel=0.05)


def test_the_lines_are_held_against_the_full_run(treatment: Result) -> None:
    size = STORED[0.1] * 10
    full = replace(
        experiment.recorded(),
        queries=pd.DataFrame(
            [
                (engine, query, factor * (fixed + per_byte * size))
                for engine, (fixed, per_byte) in LINES.items()
                for query, factor in (("1", 1), ("6", 3), ("22", 100))
            ],
            columns=["engine", "query", "seconds"],
        ),
    )
    found = experiment.extrapolated(treatment, full)
    assert list(found["error"]) == pytest.approx([-0.5] * 3, abs=0.05)


def test_the_full_run_that_is_kept_is_a_whole_one() -> None:
    full = experiment.recorded()
    params = parse(experiment.Params, full.record["params"])
    assert (params.scale_factor, len(params.numbers)) == (1.0, 22)
    assert sorted(map(int, full.queries["query"].unique())) == list(range(1, 23))
    assert len(full.queries) == 22 * len(params.engines)
    assert full.criterion("answers_published")["observed"] == 0
    assert full.record["control"]["outcome"] == "fail"


def test_one_engine_alone_is_no_ranking() -> None:
    found = _found()
    alone = found.timings[found.timings["engine"] == "DuckDB"]
    outcomes = _outcomes(observations.result(PARAMS, replace(found, timings=alone), {}))
    assert outcomes["ranking_reproducible"] == "inconclusive"


def test_an_attached_trino_needs_the_catalog_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("ICEBERG_REST_URI", raising=False)
    with pytest.raises(ServiceError, match="ICEBERG_REST_URI"), steps(9) as work, engines(PARAMS, work):
        pass
