"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

# Chance that a correct mechanism breaks one of the statistical criteria below in one run.
FALSE_ALARM = 1e-3

CRITERIA = (
    Criterion(
        "utility_kept",
        "With all six statistics inside one budget of epsilon, each errs by at most `target` (5 %, our threshold) of "
        "the true answer, clipping bias included, in 95 % of its releases; the worst of the six / target.",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "audit_within_claim",
        "No audit's lower bound on epsilon exceeds the epsilon that is claimed; largest bound / claim "
        "(all bounds together err with a chance of at most 0.1 %).",
        at_most(1.0),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "library_agrees",
        "OpenDP's own privacy map charges no release more than its claim; largest loss / claim.",
        at_most(1.0),
        "invariant",
        acceptance=True,
    ),
    Criterion(
        "error_equals_theory",
        "At every epsilon of the grid the measured mean absolute error is what theory says; largest "
        "deviation / half-width of its interval (all intervals together err with a chance of 0.1 %).",
        at_most(1.0),
        "ratio",
    ),
    Criterion(
        "model_predicts",
        "With ten times the people, each of them copied, the sum's 95th percentile of error is what the model makes of "
        "this table's; difference / measured, our threshold 10 %.",
        at_most(0.10),
        "ratio",
    ),
    Criterion(
        "audit_has_power",
        "The audit is sharp enough to matter (our threshold): on the count it finds at least 70 % of the claimed epsilon.",
        at_least(0.7),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "interval_covers",
        "Intervals that are published with count, sum and mean cover the answer in 95 % of the releases; "
        "upper end of the share's interval at 99.9 %, the worst of the three.",
        at_least(0.95),
        "ratio",
    ),
    Criterion(
        "budget_refuses",
        "The accountant admits what fits and refuses what does not, and a refusal leaves no trace; decisions "
        "that differ from integer arithmetic.",
        exactly(0),
        "invariant",
        "decisions",
    ),
    Criterion(
        "no_key_leaks",
        "A group that only one person has is never published, and with keys given beforehand the same keys "
        "are published with and without that person.",
        exactly(0),
        "invariant",
        "releases",
    ),
    Criterion(
        "exact_before_noise",
        "Before noise each statistic equals a plain recomputation, and nobody has more rows than allowed.",
        exactly(0),
        "invariant",
        "differences",
    ),
    Criterion(
        "agrees_with_diffprivlib",
        "For the same count, sum and histogram at the same loss per person, our error and diffprivlib's "
        "differ by at most 10 %.",
        at_most(0.10),
        "ratio",
    ),
    Criterion(
        "naive_noise_identifies",
        "Numpy's Laplace noise on doubles gives neighbours away: share of outputs that, by their low-order "
        "bits, only the true one can have produced; minus the share of wrong verdicts.",
        at_least(0.5),
        "ratio",
    ),
    Criterion(
        "opendp_bits_are_clean",
        "OpenDP's Laplace noise on doubles lands on one grid for both neighbours, whatever their low-order "
        "bits; outputs off the grid.",
        exactly(0),
        "invariant",
        "outputs",
    ),
)

CONTROLS = (
    Control(
        "half the sensitivity",
        "Noise for half of what one person can change.",
        breaks="audit_within_claim",
    ),
    Control(
        "unbounded contributions",
        "Noise for one row per person, while nobody limits how many rows a person has.",
        breaks="audit_within_claim",
    ),
    Control(
        "no threshold",
        "Noise on every group that is in the data, without a threshold.",
        breaks="no_key_leaks",
    ),
)
