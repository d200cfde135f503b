"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly

CRITERIA = (
    Criterion(
        "clean_passes",
        "On the source as it was agreed all models, tests and unit tests pass, on both engines; nodes that do not.",
        exactly(0),
        "invariant",
        "nodes",
        acceptance=True,
    ),
    Criterion(
        "violations_named",
        "Every change that breaks agreed names, types or rules for values fails in a contract, constraint or test whose words "
        "name model and column; changes of which that is not so.",
        exactly(0),
        "invariant",
        "changes",
        acceptance=True,
    ),
    Criterion(
        "benign_blocked",
        "Nothing stops benign changes: a new column, another order, a wider type, more rows, an allowed NULL.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "marts_right",
        "The marts of the source as agreed are those of the oracle, on both engines; rows that differ.",
        exactly(0),
        "invariant",
        "rows",
    ),
    Criterion(
        "engines_agree",
        "DuckDB and PostgreSQL notice the same changes by the same layer; changes of which that is not so.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "census_agrees",
        "What this run tried came out as in the sweep over all changes that is kept with the project; builds that did not.",
        exactly(0),
        "invariant",
        "builds",
    ),
    Criterion(
        "tests_predicted",
        "A line through the smallest and the largest source predicts the time of all data tests on the one between: "
        "difference / measured, our threshold.",
        at_most(0.3),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "neither",
        "The same models without contracts, constraints and tests.",
        breaks="violations_named",
    ),
    Control(
        "all layers, casts in staging",
        "Everything on, but staging casts each column to its agreed type, as is usual.",
        breaks="violations_named",
    ),
)
