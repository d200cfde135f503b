"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly

CI_LIMIT_S = 120.0
CARELESS, ONLY_TWICE = "careless notebook", "same environment only"

CRITERIA = (
    Criterion(
        "executes_in_ci",
        "The workflow's own steps (installation left out), run in an empty folder, end with status 0, and each expected artefact "
        "comes out equal by its class: steps that fail and artefacts that are missing or differ.",
        exactly(0),
        "invariant",
        acceptance=True,
    ),
    Criterion(
        "equal_everywhere",
        "Every artefact is equal in every environment, by its class: text and counts exactly, other numbers within `ulp` steps "
        "between doubles, the model's within its condition number times as many, a picture's pixels within one level of 255; "
        "artefacts that differ.",
        exactly(0),
        "invariant",
        "artefacts",
        acceptance=True,
    ),
    Criterion(
        "same_bytes_twice",
        "Executed twice in the same environment, every artefact has the same bytes; those that do not.",
        exactly(0),
        "invariant",
        "artefacts",
    ),
    Criterion(
        "causes_named",
        "Of the careless notebook's artefacts each that depends on clock, generator or hash seed is caught, with the change, "
        "the call and the cell that cause it, and no other is: artefacts missed, misnamed or wrongly accused.",
        exactly(0),
        "invariant",
        "artefacts",
    ),
    Criterion(
        "environments_differ",
        "The kernel itself tells, after the last cell, that what should be changed is changed: environments without effect.",
        exactly(0),
        "invariant",
        "environments",
        precondition=True,
    ),
    Criterion(
        "oracle_agrees",
        "Counts, means, slopes and the picture equal a recomputation in exact arithmetic and Python's own functions, by the "
        "same classes: values that do not.",
        exactly(0),
        "invariant",
        "values",
    ),
    Criterion(
        "baseline_holds",
        "An experiment of this project, run anew with fewer draws, has the outcomes of its committed baseline, exact values "
        "too: criteria and controls that do not.",
        exactly(0),
        "ratio",
        "criteria",
    ),
    Criterion(
        "model_predicts",
        "The time of all environments, predicted from the first two executions: relative error (our threshold).",
        at_most(0.5),
        "absolute",
    ),
    Criterion(
        "ci_time",
        "The workflow's steps, installation left out, beside other work (our threshold).",
        at_most(CI_LIMIT_S),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control(
        CARELESS,
        "A notebook with a clock, an unseeded generator and the order of a set, in three environments.",
        breaks="equal_everywhere",
    ),
    Control(
        ONLY_TWICE,
        "The careless notebook judged by two executions in the same environment, as a re-run on one machine does.",
        breaks="causes_named",
    ),
)
