"""What is told about a run of the warehouse benchmark, from timings whose answer is known beforehand."""

from __future__ import annotations

import pytest

from lab.charts.figure import flaws as figure_flaws
from lab.errors import ServiceError
from lab.evidence import record
from lab.evidence.criteria import conclude, judge_all
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import warehouse_bench as experiment
from lab.experiments.warehouse_bench.judge import metrics
from lab.experiments.warehouse_bench.measure.engines import engines
from lab.experiments.warehouse_bench.measure.kept_run import kept
from lab.experiments.warehouse_bench.present import findings
from lab.experiments.warehouse_bench.present.findings import Findings
from lab.progress import steps
from warehouserun import LINES, PARAMS, found, judge_run, outcomes


@pytest.fixture(scope="module")
def treatment() -> Result:
    return judge_run(found())


def test_the_lines_are_found_again(treatment: Result) -> None:
    for engine, own in Findings(treatment).growth.items():
        assert (own.line.fixed_s, own.line.per_byte_s) == pytest.approx(LINES[engine], rel=0.1)
        assert abs(own.line.error) < 0.05


def test_what_is_told_says_how_strong_it_is(treatment: Result) -> None:
    result = treatment
    drawn = experiment.figures(result, {})
    for figure in drawn.values():
        assert figure_flaws(figure) == []
        for width in (600, 270):
            figure.chart(width).to_dict()
    told, model = experiment.summary(result, {}), experiment.model(result, {})
    judged = judge_all(experiment.CRITERIA, result.observed)
    made = record.compose(
        "warehouse_bench", result, judged, {}, conclude(judged, {}), 1.0, _provenance(), told, model
    )
    assert flaws(made, list(drawn)) == []
    assert "No cluster was run" in told.answer


def _provenance() -> dict:
    return kept().record["provenance"]


def test_a_run_of_the_whole_benchmark_tells_of_itself(treatment: Result) -> None:
    assert not PARAMS.whole
    assert PARAMS.model_copy(
        update={"queries": "all", "scale_factor": 1.0, "model_scale_factors": (0.1, 0.3)}
    ).whole
    own = [metric for metric in treatment.metrics if not metric.name.startswith(metrics.WHOLE)]
    told = {metric.name: metric for metric in metrics.as_whole(own)}
    assert told["whole.Trino.times"].value == treatment.metric("Trino.times").value
    assert set(told) == {metric.name for metric in kept().metrics(metrics.WHOLE)}


def test_every_run_tells_of_the_one_that_is_kept(treatment: Result) -> None:
    run, told = kept(), experiment.summary(treatment, {})
    of_record = {metric["name"]: metric["value"] for metric in run.record["metrics"]}
    assert told.headline.value == of_record["whole.Spark.times"]
    assert Findings(treatment).wins.sum() == 22
    assert run.record["finished"][:10] in findings.kept(treatment)


def test_the_tables_of_the_page_come_from_the_run(treatment: Result) -> None:
    rows, head = findings.rankings(treatment)
    assert [row[1] for row in rows if row[0] == "delta"] == [
        "Spark / DuckDB",
        "Trino / DuckDB",
        "Spark / Trino",
    ]
    assert {row[3] for row in rows} == {"ordered"}
    assert {len(row) for row in rows} == {len(head)}
    rows, head = findings.costs(treatment)
    assert {len(row) for row in rows} == {len(head)}
    assert len(rows) == 9
    assert "Trino 50% of the bytes and 50% of the processor time" in findings.reported(treatment)


def test_where_another_engine_becomes_the_first_is_told(treatment: Result) -> None:
    assert "DuckDB stays first" in experiment.model(treatment, {}).changes_at
    run = found()
    run.timings.loc[
        (run.timings["engine"] == "DuckDB") & (run.timings["dataset"] == "parquet_0p5"), "seconds"
    ] *= 50
    assert experiment.model(judge_run(run), {}).changes_at == "0.12 GB stored, from where Trino is first"


def test_the_run_that_is_kept_is_a_whole_one() -> None:
    run = kept()
    assert (run.record["params"]["queries"], run.record["params"]["scale_factor"]) == ("all", 1.0)
    engines_of_it = run.record["params"]["engines"]
    assert sorted(map(int, run.queries["query"].unique())) == list(range(1, 23))
    assert len(run.queries) == 22 * len(engines_of_it)
    assert run.about["differing"] == 0
    failed = [item["name"] for item in run.record["criteria"] if item["outcome"] == "fail"]
    assert not failed
    assert run.record["control"]["outcome"] == "fail"


def test_how_many_machines_at_least_is_what_the_whole_benchmark_measured_and_no_slope_of_small_sizes(
    treatment: Result,
) -> None:
    told = {item.question: item for item in experiment.summary(treatment, {}).decisions}
    cluster, whole = (
        told["From which size on does a cluster pay?"],
        {metric.name: metric for metric in kept().metrics(metrics.WHOLE)},
    )
    for name in ("Trino", "Spark"):
        assert findings.multiple(whole[f"whole.{name}.times"]) in cluster.answer
        assert f"whole.{name}.times" in cluster.rests_on
        assert f"{treatment.metric(f'{name}.slope').value:.1f}" not in cluster.answer


def test_a_model_of_one_query_is_not_told_as_one_of_the_mean_query() -> None:
    one = PARAMS.model_copy(update={"model_queries": (12,)})
    told = experiment.model(judge_run(found(one), one), {})
    seconds = kept().queries.set_index(["engine", "query"])["seconds"]
    assert "Q12 takes" in told.statement and "mean" not in told.statement
    for engine in LINES:
        column = told.projection.set_index("factor")[f"{engine}, Q12 (s)"]
        assert column[10].endswith(f"whole benchmark: {seconds[engine, '12']:.3g}")
        assert "whole" not in column[1] + column[100]
    assert "0 of 3 lie within" in told.advice[0].text


def test_one_engine_alone_is_no_ranking() -> None:
    run = found()
    run.timings.drop(run.timings.index[run.timings["engine"] != "DuckDB"], inplace=True)
    assert outcomes(judge_run(run))["ranking_reproducible"] == "inconclusive"


def test_an_attached_trino_needs_the_catalog_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINO_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("ICEBERG_REST_URI", raising=False)
    with pytest.raises(ServiceError, match="ICEBERG_REST_URI"), steps(9) as work, engines(PARAMS, work):
        pass


def test_the_title_on_formats_names_the_run_that_it_counts(treatment: Result) -> None:
    added = [one for one in kept().metrics(metrics.WHOLE) if one.name.endswith(".added") and one.interval]
    slower = sum(one.interval[0] > 0 for one in added if one.interval)
    title = experiment.figures(treatment, {})["formats"].title
    assert title.endswith(f"at scale factor 1: {slower} of {len(added)} combinations")


def test_what_a_format_adds_is_told_only_where_all_rounds_agree(treatment: Result) -> None:
    (answer,) = [
        one.answer
        for one in experiment.summary(treatment, {}).decisions
        if one.question.startswith("What does a table format")
    ]
    for metric in kept().metrics(metrics.WHOLE):
        if metric.name.endswith(".added") and metric.interval:
            _, engine, kind, _ = metric.name.split(".")
            low, high = metric.interval
            assert (f"{kind.capitalize()} on {engine} " in answer) == (low > 0 or high < 0)
    assert "hold 0 (by median " in answer
