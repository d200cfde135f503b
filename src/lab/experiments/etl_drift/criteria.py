"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

AUTOMATIC = 0.8  # of the columns need no person: our threshold
POSITION, INSERT, NAMES = "by position", "plain INSERT", "by exact name"

CRITERIA = (
    Criterion(
        "no_data_lost",
        "After all batches of a source whose columns drift, the table holds what was sent: rows that differ from a "
        "replay of the batches outside of the database, all columns compared.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "drifts_loaded",
        "Kinds of change of the source's columns that were loaded in that.",
        at_least(3),
        "invariant",
        "kinds",
        acceptance=True,
    ),
    Criterion(
        "accepted_is_right",
        "What is mapped without asking is right, on every simulated drift and on the real pair: columns that were mapped, "
        "dropped or added wrongly.",
        exactly(0),
        "invariant",
        "columns",
    ),
    Criterion(
        "meaning_is_asked",
        "Of the real pair exactly the columns that mean something else under the same name are asked: columns treated "
        "otherwise.",
        exactly(0),
        "invariant",
        "columns",
    ),
    Criterion(
        "mapped_automatically",
        f"Of the simulated drifts' columns at least {AUTOMATIC:.0%} are decided without a person (our threshold).",
        at_least(AUTOMATIC),
        "ratio",
    ),
    Criterion(
        "rerun_changes_nothing",
        "Every batch again, in another order: rows of the table that differ from before.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "other_source_kept",
        "A batch of equal content from another source is no repetition: its rows that are not in the table.",
        exactly(0),
        "invariant",
        "rows",
    ),
    Criterion(
        "killed_load_is_whole",
        "A load killed at any of its stages leaves the table as it was before or as it should be, and run again as it "
        "should be: kills after which it was not.",
        exactly(0),
        "invariant",
        "kills",
    ),
    Criterion(
        "history_rebuilds",
        "The migration log, read from its first row on, gives the table's columns and types: columns that differ.",
        exactly(0),
        "invariant",
        "columns",
    ),
    Criterion(
        "tests_pass",
        "The kit's own tests, in an environment without this project: tests that did not pass.",
        exactly(0),
        "invariant",
        "tests",
        acceptance=True,
    ),
    Criterion(
        "coverage",
        "They cover at least 80 % of the mapping layer's lines, counted in this run.",
        at_least(0.8),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "expand_waits_less",
        "Beside a change of type in place, expand and contract makes a reader wait at most half as long; ratio of the longest "
        "waits in a round, median of the rounds, the largest table.",
        at_most(0.5),
        "ratio",
    ),
    Criterion(
        "lock_predicted",
        "How long a change of type locks the largest table, predicted from the smaller ones: difference / measured.",
        at_most(0.3),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        POSITION,
        "The same loader; the n-th column of a batch is the n-th of the table.",
        breaks="no_data_lost",
    ),
    Control(
        INSERT, "Rows are inserted, with no batch's identity and no key.", breaks="rerun_changes_nothing"
    ),
    Control(NAMES, "A column of the same name is the same column.", breaks="accepted_is_right"),
)
