"""Each contract against its samples, or against the data that CONTRACT_DATA names (of the one contract there is).

A test for each rule: what fails is named by table, column and kind. Run before dbt: `pytest tests && dbt run`.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract_gate import check, load

ROOT = Path(__file__).parents[1]
CONTRACTS = {path.name.removesuffix(".odcs.yaml"): load(path) for path in ROOT.glob("contracts/*.odcs.yaml")}


def _now(name):
    clock = ROOT / "samples" / name / "now.txt"
    if "CONTRACT_DATA" in os.environ or not clock.exists():
        return datetime.now(UTC)
    return datetime.fromisoformat(clock.read_text().strip())


REPORTS = {
    name: check(contract, os.environ.get("CONTRACT_DATA") or ROOT / "samples" / name, _now(name))
    for name, contract in CONTRACTS.items()
}
RULES = [
    pytest.param(name, rule, id=f"{name}:{rule.place}:{rule.kind}:{number}")
    for name, contract in CONTRACTS.items()
    for number, rule in enumerate(contract.rules)
]


@pytest.mark.parametrize(("name", "rule"), RULES)
def test_rule(name, rule):
    report = REPORTS[name]
    if rule in report.skipped:
        pytest.skip("what it needs is missing or of another type")
    broken = [one for one in report.violations if one.rule == rule]
    assert not broken, "; ".join(map(str, broken))


def test_there_is_a_contract():
    assert CONTRACTS
