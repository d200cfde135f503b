"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.contract_gate.judge.kinds import CLI, DBT_ENDED, RIGHT, WRONG
from lab.experiments.contract_gate.judge.metrics import slug
from lab.experiments.contract_gate.measure.seen import CSV, DUCKDB, PARQUET
from lab.experiments.contract_gate.measure.times import CLI as CLI_STEP
from lab.experiments.contract_gate.measure.times import GATE
from lab.experiments.contract_gate.present.findings import Findings, findings
from lab.experiments.contract_gate.workload.mutants import GOOD, OUTSIDE, PRESENCE, SEMANTICS, TYPES

ALTERNATIVES = (
    Alternative(
        "datacontract-cli",
        "Checks ODCS documents on many servers by one command, `datacontract test`, and compares two versions by "
        "`datacontract breaking`.",
        "version 1.2.8; its test was run beside the gate here, the comparison was not",
    ),
    Alternative(
        "dbt model contracts and tests",
        "Check inside the build: a failure stops what is downstream, after the source was read.",
        "dbt documentation, 1.11; measured in the experiment dbt_contracts",
    ),
    Alternative(
        "Great Expectations, Soda",
        "Check data before a build too, by suites of their own; datacontract-cli exports a contract to both.",
        "their documentation, 2025; Great Expectations is measured in data_quality",
    ),
    Alternative(
        "Protected branches with required checks",
        "On GitHub and GitLab.com a required job does what a hook of one's own does elsewhere. It runs after the push "
        "to a branch and before the merge.",
        "GitHub documentation, 2025; the workflow file was checked, not run there",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    refused, good = found.pushes(good=False), found.ended("with", RIGHT, GOOD)
    beyond = found.ended("with", WRONG, OUTSIDE)
    return Summary(
        answer=(
            f"Of {found.prevented.of} changes that break a rule and that dbt alone turns into a wrong mart with status 0, a "
            f"contract gate before dbt stops {found.prevented.count}; {good} good changes pass. A server-side hook refuses "
            f"{refused} pushes that break a contract, and names what is wrong. Neither sees a change that keeps every rule: "
            f"{beyond} of those still give a wrong mart."
        ),
        conditions=(
            f"{len(found.fates)} systematic changes of 15 columns, most in one row; how often they happen is not known",
            "the contract states a rule for nearly every column; what it does not state is not checked",
            "one shop of three tables; dbt without tests of its own",
        ),
        headline=Metric(
            "violations_prevented",
            100 * found.prevented.count / max(1, found.prevented.of),
            "%",
            "of the rule breaks that end in a wrong mart are stopped before dbt",
            better="higher",
        ),
        figure="reached",
        decisions=(_needed(found), _which(found), _pushes(found), _beyond(found), _cost(found)),
        alternatives=ALTERNATIVES,
    )


def _needed(found: Findings) -> Decision:
    by_dbt, wrong, right = (found.ended("without", fate) for fate in (DBT_ENDED, WRONG, RIGHT))
    return Decision(
        "Do I need a gate, if dbt fails on bad data anyway?",
        f"Yes: dbt without tests fails on {by_dbt} changes that break a rule, mostly on a missing column, and ends with status 0 "
        f"and a wrong mart after {wrong.count}; with the gate after {found.ended('with', WRONG).count}. The gate also stops "
        f"{right.count} that these two marts would not have felt.",
        "measured",
        ("wrong_marts", *(slug("wrong", "without", group) for group in (PRESENCE, TYPES, SEMANTICS))),
        figure="reached",
    )


def _which(found: Findings) -> Decision:
    silent = ", ".join(found.silent(CLI, DUCKDB)) or "nothing more"
    files = sorted(set(found.silent(CLI, PARQUET)) & set(found.silent(CLI, CSV)))
    return Decision(
        "Is datacontract-cli enough as the gate?",
        f"In a database nearly: it names {found.caught(CLI)} broken rules and agrees wherever both have an opinion; "
        f"it has none on {silent}. On Parquet and CSV files it has none on {', '.join(files)}.",
        "measured",
        ("validators_agree", *(slug("caught", kind, CLI) for kind in ("presence", "type", "required"))),
        figure="kinds",
    )


def _pushes(found: Findings) -> Decision:
    return Decision(
        "What can a hook judge, when data are not in git?",
        f"The contract against the one before it, samples against the contract, and the columns that dbt's sources name: "
        f"{found.pushes(good=False)} bad pushes were refused and {found.pushes(good=True)} good ones accepted. "
        "Live data need the gate before dbt.",
        "measured",
        ("merges_blocked", "good_pushes_pass", "pushes_refused"),
    )


def _beyond(found: Findings) -> Decision:
    beyond = found.ended("with", WRONG, OUTSIDE)
    rows = found.fates[(found.fates["group"] == OUTSIDE) & (found.fates["with"] == WRONG)]
    names = "; ".join(list(rows["change"])[:3])
    return Decision(
        "What still gets through a contract?",
        f"Whatever keeps the stated rules: {beyond} such changes end in a wrong mart ({names}). Agree on a rule that they break, "
        "such as a total by day.",
        "measured",
        (slug("wrong", "with", OUTSIDE),),
        figure="reached",
    )


def _cost(found: Findings) -> Decision:
    small, large = found.params.sizes[0], found.params.sizes[-1]
    gate, cli, on_few = (found.seconds(*cell) for cell in ((GATE, large), (CLI_STEP, large), (GATE, small)))
    command = found.treatment.metric("command_s").value
    cells = ((GATE, large), (GATE, small), (CLI_STEP, large))
    return Decision(
        "What does the gate add to a run?",
        f"{gate:.2f} s at {large:,} orders ({on_few:.2f} s at {small:,}), datacontract-cli {cli:.2f} s; a call of the command "
        f"that judges few rows takes {command:.2f} s.",
        "measured",
        (*(slug(step, "s_at", size) for step, size in cells), "command_s"),
        figure="times",
    )
