"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "rejected_and_named",
        "A batch that violates more than one expectation is rejected, with an error that names each of them, its column and "
        "sample rows that do fail; expectations and batches for which that is not so.",
        exactly(0),
        "invariant",
        acceptance=True,
    ),
    Criterion(
        "none_reaches_mart",
        "Rows in the mart that came in batches with more than one violated expectation.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "good_batches_load",
        "A batch that violates at most one expectation is in the mart once and whole; batches that are not.",
        exactly(0),
        "invariant",
        "batches",
        acceptance=True,
    ),
    Criterion(
        "repaired_released",
        "A rejected file lies in quarantine byte by byte, and after its repair in the mart, once and whole, and no longer in "
        "quarantine; batches for which that is not so.",
        exactly(0),
        "invariant",
        "batches",
    ),
    Criterion(
        "verdicts_agree",
        "Great Expectations and a plain evaluation of the same expectations say the same of each batch; verdicts that differ.",
        exactly(0),
        "invariant",
        "verdicts",
    ),
    Criterion(
        "false_alarms_bounded",
        "Where nothing drifts (the year's rows shuffled, a suite for each shuffle) and bounds lie at the "
        "extremes, a good batch violates on "
        "average at most bounds / (K + 1) expectations, K being the batches that the bounds come from; lower end of the mean's "
        "interval at 99.9 % / that.",
        at_most(1.0),
        "ratio",
    ),
    Criterion(
        "faults_tell",
        "Where nothing drifts the gate rejects faulty batches (largest size) more often than good ones, and no more is claimed: "
        "lower end of the one share's interval at 95 %, less the upper end of the other's.",
        at_least(0.0),
        "ratio",
    ),
    Criterion(
        "model_predicts",
        "Good batches that other tables' suites reject, predicted from half of the tables; difference / measured.",
        at_most(0.5),
        "absolute",
    ),
)

CONTROLS = (Control("gate off", "The same files, all taken in.", breaks="none_reaches_mart"),)
