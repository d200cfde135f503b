"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

LEVEL = 0.95  # our threshold

CRITERIA = (
    Criterion(
        "mart_columns_shown",
        "For any column of any mart, as the database's catalog lists them, command line, REST and the page in a real "
        "browser show the same upstream fields, and at least one: columns for which they do not.",
        exactly(0),
        "invariant",
        "columns",
        acceptance=True,
    ),
    Criterion(
        "assets_covered",
        "Every table and view of the database's catalog has been read or written by a run that told of it: assets "
        "without lineage.",
        exactly(0),
        "invariant",
        "assets",
    ),
    Criterion(
        "columns_covered",
        "Of every column in the catalog that a task made, a run told what it was made from: columns without lineage.",
        exactly(0),
        "invariant",
        "columns",
    ),
    Criterion(
        "no_influence_missed",
        "Recall on the pipeline: each raw column whose change was seen to change a mart column (and each raw table "
        "whose rows did) is upstream of it, direct or indirect: influences seen and not told.",
        exactly(0),
        "invariant",
        "pairs",
    ),
    Criterion(
        "precision",
        "Direct sources of generated SQL: of those told, the share that is true (our threshold).",
        at_least(LEVEL),
        "ratio",
    ),
    Criterion(
        "recall",
        "Direct sources of generated SQL: of the true ones, the share that is told (our threshold).",
        at_least(LEVEL),
        "ratio",
    ),
    Criterion(
        "statements_exact",
        "Generated statements of which every column's direct sources, indirect ones and tables counted are all true "
        "and all told (our threshold).",
        at_least(LEVEL),
        "ratio",
    ),
    Criterion(
        "truth_holds",
        "What the generator takes for the truth is not refuted by its statements' own execution: influences seen in "
        "DuckDB, by perturbation, that the truth does not have.",
        exactly(0),
        "invariant",
        "pairs",
        precondition=True,
    ),
    Criterion(
        "refusals_name_it",
        "A statement that can't be read is refused with the name of what it has; statements that get an answer, "
        "or no name.",
        exactly(0),
        "invariant",
        "statements",
    ),
    Criterion(
        "events_kept",
        "Each task's run is in the store as OpenLineage's client sent it: START and COMPLETE; tasks without either.",
        exactly(0),
        "invariant",
        "tasks",
    ),
    Criterion(
        "model_predicts",
        "The model, fitted to the smaller graphs, predicts the median time of an upstream query in the largest: "
        "relative error (our threshold).",
        at_most(0.5),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "table-level lineage",
        "Which tables a statement reads is all that is known: each column comes from every column of each.",
        breaks="precision",
    ),
    Control(
        "direct sources only",
        "The store's direct edges, without those by which filters, joins, groups, windows and conditions decide.",
        breaks="no_influence_missed",
    ),
    Control(
        "a task that sends nothing",
        "The same pipeline, where the task of one mart sends no events: the catalog has a table that no run tells of.",
        breaks="assets_covered",
    ),
)
