"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "cases_covered",
        "The playbook covers every section in scope of five published frameworks, whose numbers were frozen before it was "
        "written, computed from the files; sections that it does not cover, or claims wrongly.",
        exactly(0),
        "invariant",
        "sections",
        acceptance=True,
    ),
    Criterion(
        "mock_audit_passes",
        "The audit of a database without a fault, but with harmless changes that look like some, finds nothing; findings.",
        exactly(0),
        "invariant",
        "findings",
        acceptance=True,
    ),
    Criterion(
        "faults_found",
        "The audit fails on every seeded fault, each variant of all eight classes and those drawn at random, and names the "
        "object; faults that it misses.",
        exactly(0),
        "invariant",
        "faults",
        acceptance=True,
    ),
    Criterion(
        "documents_complete",
        "Each section of the playbook says who, when, steps and evidence; each question of the checklist has a check, a field or "
        "a person; templates keep to their schemas; what is missing.",
        exactly(0),
        "invariant",
        "gaps",
        acceptance=True,
    ),
    Criterion(
        "findings_right",
        "Findings in databases with faults that name a fault which was seeded; share of all findings.",
        at_least(0.95),
        "ratio",
    ),
    Criterion(
        "each_check_needed",
        "With one check removed its class of faults is missed, and no other; classes that differ from that.",
        exactly(0),
        "invariant",
        "classes",
    ),
    Criterion(
        "classifier_recall",
        "Of columns with identifiers that it never saw, without a telling name and with dirt, the classifier labels at least 90 "
        "% (our threshold); share.",
        at_least(0.9),
        "ratio",
    ),
    Criterion(
        "classifier_precision",
        "Of columns that it labels at least 90 % hold that (our threshold), numbers with check digits of other things among "
        "them; share.",
        at_least(0.9),
        "ratio",
    ),
    Criterion(
        "onboarding_holds",
        "A dataset that was onboarded has no finding; one whose file is wrong is refused, and neither database nor folder "
        "differ afterwards; cases that went wrong.",
        exactly(0),
        "invariant",
        "cases",
    ),
    Criterion(
        "model_predicts",
        "The time of an audit of twice as many tables as the line was fitted to, the fastest of five: difference / measured, our "
        "threshold.",
        at_most(0.25),
        "ratio",
    ),
)

CONTROLS = (
    Control(
        "one check removed",
        "The audit with each of its eight checks left out in turn, on every variant; fewest faults that are missed.",
        breaks="faults_found",
    ),
    Control(
        "grants as they are stored",
        "The audit reads grants without those that PostgreSQL makes by default and does not store.",
        breaks="faults_found",
    ),
    Control(
        "names only", "The classifier looks at columns' names and not at values.", breaks="classifier_recall"
    ),
    Control(
        "no section on incidents",
        "The playbook without that section.",
        breaks="cases_covered",
    ),
)
