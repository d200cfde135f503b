"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

PLANNING_LIMIT = 0.3  # off, at most

CRITERIA = (
    Criterion(
        "api_blocked",
        "Who has a token and sends requests reads and changes no other tenant's row; attacks that did, of those that were tried.",
        exactly(0),
        "invariant",
        "attacks",
        acceptance=True,
    ),
    Criterion(
        "sql_blocked",
        "Who has a login and sends any SQL reads and changes no other tenant's row; attacks that did, of those that were tried "
        "(metadata that no policy reaches apart).",
        exactly(0),
        "invariant",
        "attacks",
        acceptance=True,
    ),
    Criterion(
        "legitimate_allowed",
        "What a tenant may do works, with exactly its own rows; actions that did not.",
        exactly(0),
        "invariant",
        "actions",
        acceptance=True,
    ),
    Criterion(
        "accesses_audited",
        "Each statement and request is in the audit with who, when and what, as done or as refused; those that are not.",
        exactly(0),
        "invariant",
        "accesses",
        acceptance=True,
    ),
    Criterion(
        "audit_page_answers",
        "The audit page names all who read the asked tenant's rows, and nobody who did not; entries missing or too many.",
        exactly(0),
        "invariant",
        "accesses",
    ),
    Criterion(
        "attacks_are_real",
        "Each attack succeeds where what stops it is taken away; attacks that succeed nowhere.",
        exactly(0),
        "invariant",
        "attacks",
    ),
    Criterion(
        "random_agrees",
        "In random sequences of two tenants and an operator every answer is that of a model in plain Python; those that differ.",
        exactly(0),
        "invariant",
        "sequences",
    ),
    Criterion(
        "lint_finds",
        "The lint names each fault that is put in, one at a time, and finds nothing before; faults missed and findings too many.",
        exactly(0),
        "invariant",
        "faults",
    ),
    Criterion(
        "once_not_per_row",
        "Without an index, a function that is asked for each row takes at least twice as long as one in a sub-select.",
        at_least(2.0),
        "ratio",
    ),
    Criterion(
        "policy_costs_little",
        "With an index, the policy takes at most twice the time of the condition written into the query (our threshold).",
        at_most(2.0),
        "absolute",
    ),
    Criterion(
        "planning_predicted",
        "A constant and a square of partitions, through the fewest and the most, predict planning between: difference / "
        "measured, our threshold.",
        at_most(PLANNING_LIMIT),
        "absolute",
    ),
)

CONTROLS = (
    Control("policies off", "Row-level security disabled, all else as it was.", breaks="sql_blocked"),
    Control(
        "view of its owner",
        "One view without security_invoker, owned by the role that deployed it.",
        breaks="sql_blocked",
    ),
    Control(
        "session-level SET",
        "The application sets the tenant for its connection, not for the transaction.",
        breaks="api_blocked",
    ),
    Control(
        "one shared login",
        "Who sends SQL has the application's login, with the tenant in a setting.",
        breaks="sql_blocked",
    ),
    Control(
        "not hardened",
        "Policies are on; keys, grants, functions, owner and partitions are as they often are.",
        breaks="sql_blocked",
    ),
    Control(
        "careless application",
        "It reads tokens without checking them, puts a caller's words into its SQL, and its keys are shared by all tenants.",
        breaks="api_blocked",
    ),
)
