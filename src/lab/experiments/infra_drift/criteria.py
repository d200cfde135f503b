"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

TOLERANCE = 0.15

CRITERIA = (
    Criterion(
        "detected_in_time",
        "Changes by hand that are not told to the receiver within T + the run time of the look that tells them, by the "
        "receiver's clock.",
        exactly(0),
        "invariant",
        "changes",
        acceptance=True,
    ),
    Criterion(
        "answered",
        "Changes that are neither restored, as the server itself shows, nor have a ticket both as file and over the webhook.",
        exactly(0),
        "invariant",
        "changes",
        acceptance=True,
    ),
    Criterion(
        "remediation_succeeds",
        "Share of the changes that the policy lets restore after which the server is as declared.",
        at_least(1.0),
        "invariant",
    ),
    Criterion(
        "nothing_destroyed",
        "Databases, schemas, roles and buckets that are gone, or others by their identity, without a hand or an approval.",
        exactly(0),
        "invariant",
        "objects",
    ),
    Criterion(
        "approval_carried_out",
        "Approved tickets of a replacement that is not made, or of which the ticket stays open.",
        exactly(0),
        "invariant",
        "tickets",
    ),
    Criterion(
        "silent_without_change",
        "Reports of what nobody changed, or of changes that change nothing (a policy in other words, 30s for 30000 ms, a "
        "grant made twice), in any look.",
        exactly(0),
        "invariant",
        "reports",
    ),
    Criterion(
        "one_apply_at_a_time",
        "Applies beyond the first that reach the server while one is at work, by PostgreSQL's own list of locks.",
        exactly(0),
        "invariant",
        "applies",
    ),
    Criterion(
        "schedule_kept",
        "Share of looks that begin within a tenth of T of their time while changes are made.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "mean_predicted",
        "Mean detection time against T/2 + R - r, R and r from OpenTofu's own times of all looks; difference / prediction.",
        at_most(TOLERANCE),
        "ratio",
    ),
    Criterion(
        "run_time_predicted",
        "Run time of a look at the largest state, predicted by the line through the smaller ones; difference / measured.",
        at_most(0.25),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "no refresh",
        "The same detector with `-refresh=false`, which compares the configuration with the state alone.",
        breaks="detected_in_time",
    ),
    Control(
        "word by word",
        "The same changes that change nothing, compared with what was declared as text.",
        breaks="silent_without_change",
    ),
    Control(
        "apply everything",
        "`tofu apply -auto-approve` in place of policy and tickets.",
        breaks="nothing_destroyed",
    ),
    Control("no lock", "The second apply with `-lock=false`.", breaks="one_apply_at_a_time"),
)
