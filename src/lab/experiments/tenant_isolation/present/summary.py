"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.tenant_isolation.judge import medians, slug
from lab.experiments.tenant_isolation.measure.overhead import (
    ALONE,
    EACH,
    INDEXES,
    MEMBERS,
    NAMED,
    ONCE,
    WRITTEN,
)
from lab.experiments.tenant_isolation.params import Params
from lab.experiments.tenant_isolation.workload.arms import NOT_HARDENED, SESSION, SHARED, TREATMENT, VIEW

ALTERNATIVES = (
    Alternative(
        "A condition in every query",
        "What most frameworks do (a default scope, a filter); one query that forgets it shows all tenants.",
        "common practice; its time run beside the policies here",
    ),
    Alternative(
        "A schema or a database for each tenant",
        "Grants part the tenants, and tables multiply with them; a pool can't be shared between databases.",
        "PostgreSQL 15 documentation; not run here",
    ),
    Alternative(
        "A signed token in the session",
        "A definer function verifies it, so a shared login can't forge another tenant; who sees a token may replay it.",
        "PostgREST and others verify it before the database; not run here",
    ),
    Alternative(
        "Keys for each tenant",
        "What a tenant's own key encrypts stays closed even to an operator; no search, no join.",
        "not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    table = treatment.tables["attempts"]
    own = table[(table["arm"] == TREATMENT.name) & (table["gives"] == "")]
    closed, left = own[~own["open"]], own[own["open"]]
    by = {model: _count(closed[closed["model"] == model]) for model in ("api", "sql")}
    got, sent = int((~closed["held"]).sum()), int(treatment.metric("audited").value)
    answer = "Not" if got == 0 else "Yes"
    return Summary(
        answer=(
            f"{answer} in any attack that was tried here, with forced policies, a login for each tenant that sends SQL, and a "
            f"setting local to each transaction: {by['api']} attacks by request and {by['sql']} by SQL were blocked. "
            f"{_told(left)} of {len(left)} kinds of metadata stay visible to whoever sends SQL. All of {sent:,} accesses, "
            "refused ones too, were in the audit."
        ),
        conditions=(
            "logins are taken as proven: a stolen password or a superuser is outside of both threat models",
            "the application sends no SQL that a caller wrote; who can inject SQL can set any tenant",
            f"PostgreSQL {treatment.versions.get('PostgreSQL', '15')}; a census of attacks, no proof that there are no others",
        ),
        headline=Metric(
            "attacks_blocked",
            100 * float(closed["held"].mean()),
            "%",
            f"of {len(closed)} attacks blocked, and {_allowed(table)} actions allowed",
            better="higher",
        ),
        figure="installations",
        decisions=(
            _setting(table),
            _login(table),
            _hardening(treatment, table),
            _form(treatment),
            _partitions(treatment),
            _metadata(left),
        ),
        alternatives=ALTERNATIVES,
    )


def _count(rows: pd.DataFrame) -> str:
    return f"{int(rows['held'].sum())} of {len(rows)}"


def _told(left: pd.DataFrame) -> int:
    return int((~left["held"]).sum())


def _allowed(table: pd.DataFrame) -> str:
    return _count(table[table["gives"] != ""])


def _succeeded(table: pd.DataFrame, arm: str, model: str) -> str:
    rows = table[(table["arm"] == arm) & (table["model"] == model) & (table["gives"] == "") & ~table["open"]]
    return f"{int((~rows['held']).sum())} of {len(rows)}"


def _setting(table: pd.DataFrame) -> Decision:
    return Decision(
        "How does an application behind a pool tell PostgreSQL its tenant?",
        "By set_config(..., true) in the transaction that does the work. Set once for a connection, behind such a pool, "
        f"{_succeeded(table, SESSION.name, 'api')} attacks by request reach another tenant's rows.",
        "measured",
        ("api_blocked", slug("blocked", "api", SESSION.name)),
        figure="matrix",
    )


def _login(table: pd.DataFrame) -> Decision:
    return Decision(
        "May tenants send SQL through the application's login?",
        f"No: who can write the setting is every tenant, and {_succeeded(table, SHARED.name, 'sql')} attacks succeed. Give each "
        "a login of its own, and let the policy ask session_user.",
        "measured",
        ("sql_blocked", slug("blocked", "sql", SHARED.name)),
        figure="matrix",
    )


def _hardening(treatment: Result, table: pd.DataFrame) -> Decision:
    findings = treatment.tables["findings"]
    named = findings[findings["arm"] == NOT_HARDENED.name]["code"].nunique()
    return Decision(
        "Is ENABLE ROW LEVEL SECURITY enough?",
        f"No: with policies on, {_succeeded(table, NOT_HARDENED.name, 'sql')} attacks succeed by grants, keys, functions, "
        f"partitions and the owner, and {_succeeded(table, VIEW.name, 'sql')} by one view of a superuser's. "
        f"The lint names {named} kinds of fault there.",
        "measured",
        (
            "sql_blocked",
            "lint_finds",
            slug("blocked", "sql", NOT_HARDENED.name),
            slug("blocked", "sql", VIEW.name),
        ),
        figure="matrix",
    )


def _form(treatment: Result) -> Decision:
    ms = medians(treatment.tables["forms"])
    (with_, without), cell = INDEXES, lambda form, index: f"{float(ms[form, index]):.2f}"
    return Decision(
        "How do I write a policy that is not slow?",
        f"With an index that begins with the tenant, and the function in a sub-select: {cell(ONCE, with_)} ms against "
        f"{cell(WRITTEN, with_)} ms for a condition in the query, {cell(MEMBERS, with_)} ms for a sub-query on a table. "
        f"Without an index {cell(ONCE, without)} ms, and {cell(EACH, without)} ms if it is asked for each row.",
        "measured",
        ("once_not_per_row", "policy_costs_little", slug("ms", ONCE, with_), slug("ms", MEMBERS, with_)),
        figure="forms",
    )


def _partitions(treatment: Result) -> Decision:
    ms, last = medians(treatment.tables["planning"]), treatment.of(Params).partitions[-1]
    return Decision(
        "Should each tenant have a partition?",
        f"Not if there are many: a policy is no constant to the planner. It takes {ms[last, ALONE]:.1f} ms with {last} of them, "
        f"and {ms[last, NAMED]:.2g} ms if the query names the tenant too.",
        "measured",
        ("planning_predicted", slug("ms", last, ALONE), slug("ms", last, NAMED)),
        figure="planning",
    )


def _metadata(left: pd.DataFrame) -> Decision:
    names = "; ".join(left[~left["held"]]["name"].head(4))
    return Decision(
        "What can a tenant with SQL still learn of others?",
        f"That they are there and how much they do, in {_told(left)} of {len(left)} ways: {names} and others. If that is too "
        "much, give them requests instead of SQL, or a server: databases of one server share roles, sessions, transactions.",
        "measured",
        (slug("metadata", "sql", TREATMENT.name),),
        figure="matrix",
    )
