"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly

CRITERIA = (
    Criterion(
        "merges_blocked",
        "A push to the protected branch that breaks a contract is refused by the repository, and what the committer reads names "
        "what is wrong; pushes of which that is not so.",
        exactly(0),
        "invariant",
        "pushes",
        acceptance=True,
    ),
    Criterion(
        "good_pushes_pass",
        "A push that breaks no contract is accepted; pushes that were not.",
        exactly(0),
        "invariant",
        "pushes",
        acceptance=True,
    ),
    Criterion(
        "wrong_marts",
        "Data that break a rule lead to no mart that is wrong after dbt ended with status 0; changes after which there is one.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "rules_named",
        "The gate names exactly the rules, tables and columns that the generator broke; changes of which that is not so.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "good_blocked",
        "The gate stops no good change: a new column, another order, a wider type, more rows, an allowed NULL.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "validators_agree",
        "The gate and datacontract-cli say the same of every rule of which both say anything; rules of which that is not so.",
        exactly(0),
        "invariant",
        "rules",
    ),
    Criterion(
        "formats_agree",
        "Parquet, CSV and PostgreSQL give what DuckDB gives, but for types in CSV, which has none; changes of which that is "
        "not so.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "statuses",
        "The command ends with 0 on good data, 1 on a violation, 2 on a broken contract or without data; other endings.",
        exactly(0),
        "invariant",
        "commands",
    ),
    Criterion(
        "census_agrees",
        "What this run tried came out as in the sweep over all changes that is kept with the project; changes that did not.",
        exactly(0),
        "invariant",
        "changes",
    ),
    Criterion(
        "marts_right",
        "On data that keep to the contract dbt's marts are those of the oracle; rows that differ.",
        exactly(0),
        "invariant",
        "rows",
    ),
    Criterion(
        "gate_predicted",
        "A line through the smallest and the largest data predicts the gate's time between: difference / measured, our limit.",
        at_most(0.3),
        "absolute",
    ),
    Criterion(
        "gate_seconds",
        "What the gate adds before dbt on the largest data, our limit.",
        at_most(5),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control("no gate", "dbt runs on whatever data there are.", breaks="wrong_marts"),
    Control("no hook", "The same pushes to a repository without the hook.", breaks="merges_blocked"),
)
