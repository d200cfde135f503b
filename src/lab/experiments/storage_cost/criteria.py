"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

SAVING, TOLERANCE = 0.30, 0.05

CRITERIA = (
    Criterion(
        "trace_has_room",
        "On the test trace the offline optimum, which knows the future, saves at least 30 % against all hot without any wait "
        "above `max_wait_s`: else the next criteria could not hold for any policy.",
        at_least(SAVING),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "saves_on_unseen_trace",
        "Saving against all hot on MovieLens of the policy that was chosen on CDNOW.",
        at_least(SAVING),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "latency_acceptable",
        "Longest wait for a first byte under that policy on MovieLens / `max_wait_s` (1 s, our threshold), by published times.",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "cold_reads_bounded",
        "Share of reads that pay for retrieval under that policy on MovieLens / `cold_share` (our threshold).",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "never_dearer_than_hot",
        "That policy's bill / the bill of all hot.",
        at_most(1.0),
        "ratio",
    ),
    Criterion(
        "none_beats_the_optimum",
        "Policies that keep everything and are billed below the offline optimum, on any trace of the run.",
        exactly(0),
        "invariant",
        "policies",
    ),
    Criterion(
        "optimum_is_the_least",
        "Small random traces on which the dynamic program does not give the least cost of all schedules, each tried.",
        exactly(0),
        "invariant",
        "traces",
    ),
    Criterion(
        "bill_equals_hand",
        "Bills that differ from the sum worked out by hand by a millionth of a dollar or more.",
        exactly(0),
        "invariant",
        "bills",
    ),
    Criterion(
        "bill_equals_meter",
        "Bills on MovieLens that differ from a day-by-day meter in SQL by a millionth of a dollar or more.",
        exactly(0),
        "invariant",
        "bills",
    ),
    Criterion(
        "spreadsheet_recalculates",
        "Cells of the spreadsheet whose formula, recalculated by other code, differs from the model by a millionth.",
        exactly(0),
        "invariant",
        "cells",
    ),
    Criterion(
        "break_even_within_two",
        "Where the bound is a theorem (two classes, no minimum duration or size, every idle time ends with a read): "
        "break-even's cost / the optimum's, of the object that fares worst.",
        at_most(2.0),
        "invariant",
    ),
    Criterion(
        "rules_reach_the_store",
        "Sample objects in the object store that are not where expiry rule and transition script must have them, or whose "
        "content changed.",
        exactly(0),
        "invariant",
        "objects",
    ),
    Criterion(
        "model_predicts",
        "The law, fitted on the trace as it is, predicts its bill for `copies` times the objects at a `copies`-th of "
        "their size; difference / bill, our threshold 5 %.",
        at_most(TOLERANCE),
        "ratio",
    ),
)

CONTROLS = (
    Control(
        "re-heating trace",
        "The aggressive rule (same class, `aggressive_age`) on objects that are read again every `reheat_days`.",
        breaks="never_dearer_than_hot",
    ),
    Control(
        "minimum durations forgotten",
        "The same bill without minimum durations, as many calculators make it.",
        breaks="bill_equals_hand",
    ),
    Control(
        "waiting allowed",
        "The cheapest candidate on CDNOW, archives that must be restored among them.",
        breaks="latency_acceptable",
    ),
)
