"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.dbt_contracts.judge import growth
from lab.experiments.dbt_contracts.judge.layers import BUILD, NAMING, NOBODY
from lab.experiments.dbt_contracts.judge.metrics import slug
from lab.experiments.dbt_contracts.present.findings import BENIGN, MEANING, NAMES, RULES, Findings, findings
from lab.experiments.dbt_contracts.workload.arms import CASTS, CONTRACTS, LAYERS, NEITHER, TESTS

ALTERNATIVES = (
    Alternative(
        "Casts in staging",
        "dbt's own guide has staging models rename and cast; a cast turns a changed type into the agreed one.",
        "dbt style guide, 2025; run beside it here",
    ),
    Alternative(
        "dbt_utils, dbt_expectations",
        "Packages with more generic tests, such as ranges and row counts; the four of dbt itself know none.",
        "dbt package hub, 2025; not run here",
    ),
    Alternative(
        "on_schema_change, model versions",
        "What an incremental model does when its own columns change, and how a contract is replaced; neither looks at sources.",
        "dbt documentation, 1.11; not run here",
    ),
    Alternative(
        "Checks before dbt",
        "Data contracts (ODCS), Great Expectations or Soda judge the source before a model reads it.",
        "their documentation, 2025; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run and the kept sweep."""
    found = findings(treatment, controls)
    names, rules = (found.noticed(LAYERS, group, *NAMING) for group in (NAMES, RULES))
    meaning, benign = found.noticed(LAYERS, MEANING), found.noticed(LAYERS, BENIGN)
    return Summary(
        answer=(
            f"Contracts and tests notice {names} changes of names and types and {rules} that break a rule for values, and each "
            f"failure names model and column; {benign.count} of {benign.of} benign changes are stopped. Of changes that keep the "
            f"rules but alter the meaning (time zone, truncation, encoding) {meaning} are noticed. With neither, dbt ends "
            f"with status 0 and wrong marts after {found.wrong(NEITHER)}."
        ),
        conditions=(
            f"a census: every change of {len(found.changes(LAYERS))} that applies to 20 columns; rules are tested as agreed",
            "changes of values hit one row; staging widens types and casts nothing else",
            "dbt 1.11; DuckDB, and a part of the changes on PostgreSQL too",
        ),
        headline=Metric(
            "changes_noticed",
            100 * found.named.count / found.named.of,
            "%",
            "of breaking changes end in a failure that names them",
            better="higher",
        ),
        figure="matrix",
        decisions=(_both(found), _casts(found), _misses(found), _cost(found)),
        alternatives=ALTERNATIVES,
    )


def _both(found: Findings) -> Decision:
    tests, by_build = found.noticed(TESTS, NAMES), found.noticed(TESTS, NAMES, BUILD)
    contracts = found.noticed(CONTRACTS, RULES)
    return Decision(
        "Do I need contracts if I have tests, or tests if I have contracts?",
        f"Both. Tests alone leave {tests.of - tests.count} of {tests.of} changes of names and types unnoticed, {by_build.count} "
        f"to an error of SQL; contracts with constraints alone notice {contracts} that break a rule for values.",
        "measured",
        (slug("noticed", NAMES, TESTS.name), slug("noticed", RULES, CONTRACTS.name), "census_agrees"),
        figure="alone",
    )


def _casts(found: Findings) -> Decision:
    kinds = [found.changes(arm, NAMES) for arm in (CASTS, LAYERS)]
    casts, widened = (rows[(rows["kind"] == "type")] for rows in kinds)
    hidden = int((casts["layer"] == NOBODY).sum())
    passed = int((widened["layer"] == NOBODY).sum())
    return Decision(
        "Should staging cast every column to its type?",
        f"Not before a contract has seen it: casts hide {hidden} of {len(casts)} changes of types, widening alone hides {passed} "
        "and still lets wider types pass.",
        "measured",
        (slug("noticed", NAMES, CASTS.name), slug("noticed", NAMES, LAYERS.name), "benign_blocked"),
        figure="alone",
    )


def _misses(found: Findings) -> Decision:
    names = [f"{row.column} ({row.kind})" for row in found.missed.itertuples()]
    wrong = int(found.missed["wrong"].astype(bool).sum())
    return Decision(
        "What still goes unnoticed?",
        f"{len(names)} changes of meaning, such as {', '.join(names[:4])}, of which {wrong} made a mart wrong here: no rule was "
        "agreed that they break. Agree on one, such as an order between two times or a sum over parts.",
        "measured",
        (slug("noticed", MEANING, LAYERS.name), slug("wrong_mart", MEANING, LAYERS.name)),
        figure="matrix",
    )


def _cost(found: Findings) -> Decision:
    small, large = found.params.sizes[0], found.params.sizes[-1]
    with_, without = (
        found.seconds(part, large) for part in ("models, contracts, constraints", "models alone")
    )
    tests = [found.seconds(growth.TESTS, size) for size in (small, large)]
    return Decision(
        "What do the layers cost?",
        f"At {large:,} orders models take {with_:.2f} s with contracts and constraints and {without:.2f} s without, one thread; "
        f"the data tests add {tests[1]:.2f} s ({tests[0]:.2f} s at {small:,} orders).",
        "measured",
        tuple(
            slug(part, "s_at", str(size))
            for part, size in (
                ("models, contracts, constraints", large),
                ("models alone", large),
                (growth.TESTS, large),
                (growth.TESTS, small),
            )
        ),
        figure="times",
    )
