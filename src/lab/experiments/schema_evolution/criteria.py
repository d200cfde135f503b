"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "versions_handled",
        "The consumer application reads orders of at least three schema versions from one topic, every value equal to what "
        "the specification gives, none missing or read twice; versions.",
        at_least(3),
        "invariant",
        "versions",
        acceptance=True,
    ),
    Criterion(
        "no_silent_corruption",
        "No order on the topic and no random message (of all fuzzed pairs) is decoded by the consumer's own decoder, Reader, on "
        "either library, to a value that the specification does not give; messages on the topic plus pairs.",
        exactly(0),
        "invariant",
        acceptance=True,
    ),
    Criterion(
        "files_read_right",
        "Parquet files of all versions read together as the latest one: cells that are not what the specification gives.",
        exactly(0),
        "invariant",
        "cells",
        acceptance=True,
    ),
    Criterion(
        "no_missed_break",
        "Of the random pairs that the checker lets pass without a finding, those of which a message is refused by the "
        "specification or by Reader on fastavro, or has lost something.",
        exactly(0),
        "invariant",
        "pairs",
        acceptance=True,
    ),
    Criterion(
        "changes_caught",
        "Changes of the order in a mode under which decoding shows a message refused: those that our check does not refuse.",
        exactly(0),
        "invariant",
        "changes in a mode",
    ),
    Criterion(
        "false_alarms",
        "Of the random pairs that the checker calls breaking, the share of which every message was readable (our threshold).",
        at_most(0.05),
        "absolute",
    ),
    Criterion(
        "truth_holds",
        "What our reading of the specification calls readable is read so by a decoder, and what it calls refused is refused by "
        "a library; random pairs that contradict it.",
        exactly(0),
        "invariant",
        "pairs",
        precondition=True,
    ),
    Criterion(
        "fuzz_reaches_both",
        "The random pairs are worth judging by: the smaller of the shares that decoding shows to break, and not to "
        "(our threshold).",
        at_least(0.15),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "migration_exact",
        "An order carried a version up or down and back is what it was, or is refused; orders that come back changed.",
        exactly(0),
        "invariant",
        "orders",
    ),
    Criterion(
        "gate_refuses",
        "A registry at the mode under test refuses the bad version of the drill.",
        exactly(True),
        "invariant",
    ),
    Criterion(
        "rolled_back",
        "After each drill every order, bad ones repaired, was read once by each application, with its right value; orders "
        "lost, doubled or wrong.",
        exactly(0),
        "invariant",
        "orders",
    ),
    Criterion(
        "model_predicts",
        "The time of a check, fitted to shorter histories, predicts that of the longest; relative error (our threshold).",
        at_most(0.5),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "the writer's schema skipped",
        "A consumer that decodes every message with its own schema, as if nobody had another.",
        breaks="no_silent_corruption",
    ),
    Control(
        "names and types only",
        "A checker that compares the types of fields of the same name, and nothing else.",
        breaks="no_missed_break",
    ),
)
