"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "breaks_found",
        "When the publisher changes names, types or rules for values and a consumer's own dbt project then fails, or gives a "
        "wrong result, that consumer's expectation fails; changes, by consumer, that it misses.",
        exactly(0),
        "invariant",
        "breaks",
        acceptance=True,
    ),
    Criterion(
        "merges_right",
        "The repository refuses exactly the commits that break a deployed consumer by names, types or values, and those that "
        "were not verified, in words that name consumer and field; pushes that end otherwise, changes of meaning apart.",
        exactly(0),
        "invariant",
        "pushes",
        acceptance=True,
    ),
    Criterion(
        "compatible_blocked",
        "No consumer's expectation fails on a change after which its own result is right; cases (a change, for one consumer) "
        "of which that is not so.",
        exactly(0),
        "invariant",
        "cases",
    ),
    Criterion(
        "different_answers",
        "Consumers with different needs answer the same change differently; changes of which that is so.",
        at_least(1),
        "invariant",
        "changes",
    ),
    Criterion(
        "unchanged_right",
        "Without a change each consumer's result is the oracle's and its expectation holds; rows and needs that differ.",
        exactly(0),
        "invariant",
        "",
    ),
    Criterion(
        "roles_apart",
        "A consumer's role can't read the publisher's private schema, a field that it has not stated or another domain's "
        "tables, nor write to what it reads; attempts that succeed.",
        exactly(0),
        "invariant",
        "attempts",
    ),
    Criterion(
        "decisions_right",
        "Over a history of deployments, publisher and consumers get leave to deploy exactly when every pair that would then run "
        "together was verified and gives right results; decisions that differ.",
        exactly(0),
        "invariant",
        "decisions",
    ),
    Criterion(
        "removal_right",
        "A deprecated field may go exactly when its announced time is over and no deployed consumer's result needs it; "
        "answers that differ.",
        exactly(0),
        "invariant",
        "answers",
    ),
    Criterion(
        "time_predicted",
        "A line through the fewest and the most consumers predicts the time to verify the number between: difference / measured, "
        "our threshold.",
        at_most(0.3),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "publisher's own tests",
        "No expectations: the tests of the publisher's own dbt project, which go with its changes.",
        breaks="breaks_found",
    ),
    Control(
        "whole schema",
        "Each consumer expects every column of today, with its type, beside what it needs.",
        breaks="compatible_blocked",
    ),
)
