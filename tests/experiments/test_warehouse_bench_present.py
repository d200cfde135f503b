"""What is told about a run of the warehouse benchmark, from timings whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from lab.errors import ServiceError
from lab.evidence.params import parse
from lab.evidence.result import Result
from lab.experiments import warehouse_bench as experiment
from lab.experiments.warehouse_bench.measure.engines import engines
from lab.experiments.warehouse_bench.present import findings
from lab.experiments.warehouse_bench.present import full_run_agreement as agreement
from lab.experiments.warehouse_bench.present.full_run import Full
from lab.progress import steps
from warehouserun import LINES, PARAMS, STORED, found, judge_run, outcomes


@pytest.fixture(scope="module")
def treatment() -> Result:
    return judge_run(found())


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
    law, summary = experiment.model(treatment, {}), experiment.summary(treatment, {})
    assert len(law.projection) == 4
    assert abs(law.check.error) < 0.05
    assert "DuckDB" in summary.decisions[0].answer
    assert "workers of Trino answer sooner" in summary.answer
    assert "can't be told" not in summary.answer
    assert summary.headline.value == pytest.approx(0.296 / 0.0098, rel=0.05)


def test_the_tables_of_the_page_come_from_the_run(treatment: Result) -> None:
    full = experiment.recorded()
    ranking = findings.rankings(treatment)
    assert "DuckDB < Trino < Spark" in ranking
    assert "holds the median with 96.9%" in ranking
    assert ranking.count("\n|") > len(LINES)
    for table in (findings.formats, findings.engines, findings.cost_ratios, findings.dollars):
        lines = table(treatment).splitlines()
        columns = {line.count("|") for line in lines if line.startswith("|")}
        assert len(columns) == 1, table
    assert "as of 2026-06-17" in findings.dollars(treatment)
    assert "range of 2 rounds" in findings.kept(full)
    assert findings.by_query(full).count("\n| Q") == 22
    assert findings.agreements(treatment, full).count("**no**") == _disagreements(treatment)
    # A head without a word is silent to a screen reader.
    assert "|  |" not in findings.agreements(treatment, full)


def _disagreements(treatment: Result) -> int:
    return int((~agreement.format_effects(treatment, experiment.recorded())["agree"]).sum())


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


def _full_means(factor: float) -> Full:
    """A full run in which Iceberg takes `factor` times as long as Parquet."""
    rows = [
        (engine, "same", name, value, 0.99 * value, 1.01 * value)
        for engine in LINES
        for name, value in (("parquet", 1.0), ("iceberg", factor))
    ]
    columns = ["engine", "layout", "format", "seconds", "low", "high"]
    return replace(experiment.recorded(), means=pd.DataFrame(rows, columns=columns))


def test_what_the_full_run_contradicts_is_told() -> None:
    run = found()
    iceberg = run.timings["dataset"].str.contains("same_iceberg")
    run.timings.loc[iceberg & (run.timings["engine"] == "Trino"), "seconds"] *= 1.5
    result = judge_run(run)
    against = agreement.format_effects(result, _full_means(0.7)).set_index(["engine", "format"])
    assert list(against.loc[("Trino", "iceberg"), ["here_says", "full_says"]]) == ["slower", "faster"]
    assert not against.loc[("Trino", "iceberg"), "agree"]
    assert "disagree" in agreement.in_words(against.reset_index(), 0.1, 1.0)
    same = agreement.format_effects(result, _full_means(1.4)).set_index(["engine", "format"])
    assert same.loc[("Trino", "iceberg"), "agree"]


def test_only_a_ranked_pair_can_be_contradicted_by_the_full_run(treatment: Result) -> None:
    full = experiment.recorded()
    turned = full.means.assign(seconds=1 / full.means["seconds"])
    pairs = treatment.tables["pairs"]
    assert agreement.reversed_pairs(pairs, full) == []
    against = agreement.reversed_pairs(pairs, replace(full, means=turned))
    assert sorted(against) == ["DuckDB and Spark", "DuckDB and Trino", "Spark and Trino"]
    assert agreement.reversed_pairs(pairs.assign(standing="tie"), replace(full, means=turned)) == []


def test_one_engine_alone_is_no_ranking() -> None:
    run = found()
    alone = run.timings[run.timings["engine"] == "DuckDB"]
    judged = outcomes(judge_run(replace(run, timings=alone)))
    assert judged["ranking_reproducible"] == "inconclusive"


def test_an_attached_trino_needs_the_catalog_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("ICEBERG_REST_URI", raising=False)
    with pytest.raises(ServiceError, match="ICEBERG_REST_URI"), steps(9) as work, engines(PARAMS, work):
        pass
