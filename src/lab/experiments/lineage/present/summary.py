"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.lineage.judge.influences import rows_told
from lab.experiments.lineage.judge.query_time import by_size
from lab.experiments.lineage.params import Params
from lab.experiments.lineage.workload.pipeline import TASKS

ALTERNATIVES = (
    Alternative(
        "sqlglot.lineage",
        "Traces a column to its leaves; conditions and windows count as sources. Run beside this one.",
        "sqlglot 30.30",
    ),
    Alternative(
        "openlineage-sql",
        "The parser behind OpenLineage's Airflow and dbt integrations; takes no schema, so a star stays one. Run here.",
        "OpenLineage 1.54",
    ),
    Alternative(
        "The engine's own plan",
        "OpenLineage for Spark reads the logical plan, so nothing is parsed a second time; covers that engine only.",
        "OpenLineage 1.54, Spark integration; not run here",
    ),
    Alternative(
        "Marquez",
        "OpenLineage's reference server: the same events and a graph on PostgreSQL. This store is a small stand-in.",
        "its documentation, 2025; not run here",
    ),
    Alternative(
        "DataHub, sqllineage",
        "DataHub reads SQL by sqlglot with its catalog's schemas, sqllineage by sqlfluff; both tell values, not conditions.",
        "their documentation, 2025; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline and the questions that practitioners ask; every figure from the run."""
    params = treatment.of(Params)
    return Summary(
        answer=_answer(treatment),
        headline=Metric(
            "asset_coverage",
            treatment.metric("asset_coverage").value,
            "%",
            "of the catalog's assets have lineage",
            better="higher",
        ),
        conditions=(
            "each task sends OpenLineage events; SQL is read with its inputs' columns, pandas is declared by its author",
            f"{params.statements:,} generated statements of up to {params.depth} nested constructs on tables of 3 or 4 columns, "
            "DuckDB's dialect",
            "UPDATE, MERGE, PIVOT, table functions and unnesting in a select list are refused",
        ),
        figure="readers",
        decisions=(
            _coarse(treatment),
            _indirect(treatment, controls),
            _parser(treatment),
            _denominator(controls),
            _closure(treatment),
        ),
        alternatives=ALTERNATIVES,
    )


def _answer(treatment: Result) -> str:
    seen, found = (treatment.metric(name).value for name in ("influences_seen", "influences_found"))
    precision, recall = (treatment.metric(f"{name}_this_one").value for name in ("precision", "recall"))
    shown = treatment.metric("mart_columns").value - treatment.observed["mart_columns_shown"].value
    declared = sum(task.function is not None for task in TASKS)
    least = min(
        (treatment.metric(f"{name}_this_one").interval or (0.0,))[0] for name in ("precision", "recall")
    )
    return (
        f"Where every task sends events {treatment.metric('asset_coverage').value:.0f} % of the catalog's assets have lineage "
        f"and {shown:.0f} of {treatment.metric('mart_columns').value:.0f} mart columns show upstream fields; those of SQL are "
        f"read, of {declared} pandas tasks declared by hand. Of {seen:,.0f} influences that changed data proved, it tells "
        f"{found:,.0f}. On SQL of known lineage precision is {precision:.1%} and recall {recall:.1%} (95 %: at least "
        f"{least:.1%}), table-level {treatment.metric('precision_table_level').value:.0%} and "
        f"{treatment.metric('recall_table_level').value:.0%}."
    )


def _coarse(treatment: Result) -> Decision:
    direct, any_kind = (
        treatment.metric(f"{what}_table_level").value for what in ("precision", "influence_precision")
    )
    return Decision(
        "Is table-level lineage enough to find what a change of a column breaks?",
        f"It misses nothing and cries wolf: of the columns it names {direct:.0%} go into the value and {any_kind:.0%} have any "
        f"influence, in tables of 3 or 4 columns; the wider they are, the fewer. Column lineage on the same statements: "
        f"{treatment.metric('precision_this_one').value:.0%} for values.",
        "measured",
        (
            "recall_table_level",
            "precision_table_level",
            "influence_precision_table_level",
            "precision_this_one",
        ),
        figure="readers",
    )


def _indirect(treatment: Result, controls: Mapping[str, Result]) -> Decision:
    lost = controls["direct sources only"].observed["no_influence_missed"].value
    seen, found = (treatment.metric(name).value for name in ("influences_seen", "influences_found"))
    rows = rows_told(found, treatment.tables["influences"])
    return Decision(
        "Do I need indirect lineage (filters, joins, groups, conditions)?",
        f"For impact, yes: direct sources alone miss {lost:,.0f} of {seen:,.0f} influences that were seen, where {rows:,} of a "
        "table's rows still count as told. To trace where a value comes from, no: show the direct ones, "
        f"{treatment.metric('direct_share').value:.0f} % of the columns told, apart.",
        "measured",
        ("no_influence_missed", "influences_seen", "influences_found", "direct_share"),
        figure="influences",
    )


def _parser(treatment: Result) -> Decision:
    told = ", ".join(
        f"{name} {treatment.metric(f'precision_{key}').value:.0%} and {treatment.metric(f'recall_{key}').value:.0%}"
        for name, key in (("sqlglot.lineage", "sqlglot_lineage"), ("openlineage-sql", "openlineage_sql"))
    )
    loose = [
        treatment.metric(f"influence_precision_{key}").value for key in ("sqlglot_lineage", "openlineage_sql")
    ]
    return Decision(
        "Which library reads column lineage from SQL?",
        f"Precision and recall of direct sources: {told}. Both take conditions and window keys for values; of all that they "
        f"tell, {loose[0]:.0%} and {loose[1]:.0%} has some influence.",
        "measured",
        (
            "precision_sqlglot_lineage",
            "recall_sqlglot_lineage",
            "influence_precision_sqlglot_lineage",
            "influence_precision_openlineage_sql",
            "precision_openlineage_sql",
            "recall_openlineage_sql",
        ),
        figure="readers",
    )


def _denominator(controls: Mapping[str, Result]) -> Decision:
    table = controls["a task that sends nothing"].tables["coverage"].set_index("what")
    assets, events = table.loc["assets, of the catalog"], table.loc["assets, of those in events"]
    return Decision(
        "Of what should coverage be a share?",
        f"Of the database's own catalog: with one silent task that gives {assets['covered']:.0f} of {assets['total']:.0f} "
        f"assets, and names the missing one. Counted by events the same run has {events['percent']:.0f} %.",
        "measured",
        ("assets_covered", "asset_coverage"),
        figure="coverage",
    )


def _closure(treatment: Result) -> Decision:
    last = by_size(treatment.tables["scaling"]).iloc[-1]
    return Decision(
        "Does the graph need a closure table or a graph database?",
        f"Not at this size: a recursive SQLite query finds {last['found']:,.0f} columns upstream in "
        f"{1e3 * last['recursive_s']:.2g} ms. A closure table answers in {1e3 * last['closure_s']:.2g} ms and has "
        f"{last['closure_rows'] / last['edges']:,.0f} rows per edge.",
        "measured",
        ("query_recursive", "query_closure", "closure_rows_per_edge"),
        figure="query_time",
    )
