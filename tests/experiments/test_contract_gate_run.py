"""The kit from an empty folder; what parameters are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import environments
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments import contract_gate as package
from lab.experiments.contract_gate import (
    EXAMPLE,
    KIT,
    Params,
)
from lab.services.commands import run as command
from lab.services.datacontract import schemas
from lab.setup import golang

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def taken_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with the package in it, outside of the project, as the README says."""
    home = tmp_path_factory.mktemp("home") / "my repository"
    shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        KIT / "contract_gate", home / "contract_gate", ignore=shutil.ignore_patterns("__pycache__")
    )
    return home


def at_home(home: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """(status, output) of Python in that folder, with nothing of the project on its path."""
    own = os.environ | {
        "PYTHONPATH": "",
        "ODCS_SCHEMAS": str(schemas()),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    own |= variables
    done = subprocess.run(
        [sys.executable, *arguments], cwd=home, env=own, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_kits_command_and_checks_work_by_the_readme_alone(taken_home: Path) -> None:
    contract = "contracts/shop.odcs.yaml"
    status, said = at_home(taken_home, "-m", "contract_gate", contract, "samples/shop", "--now", "2026-01-13")
    assert status == 0 and "0 broken" in said
    status, said = at_home(taken_home, "-m", "contract_gate", contract, "samples/shop")
    assert status == 1 and "orders.ordered_at: freshness" in said
    assert at_home(taken_home, "-m", "contract_gate.repository", ".", ".")[0] == 0
    assert at_home(taken_home, "-m", "contract_gate.repository", "nowhere")[0] == 2


def test_the_kits_test_suite_has_a_test_for_each_rule_and_fails_by_its_name(
    taken_home: Path, tmp_path: Path
) -> None:
    # The project's own pytest settings must not reach it.
    pytest_ = ("-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", "--rootdir", ".")
    status, said = at_home(taken_home, *pytest_)
    assert status == 0 and "70 passed" in said
    bad = Path(shutil.copytree(taken_home / "samples" / "shop", tmp_path / "bad"))
    orders = bad / "orders.csv"
    orders.write_text(orders.read_text().replace("paid", "lost"))
    status, said = at_home(taken_home, *pytest_, CONTRACT_DATA=str(bad))
    assert status == 1 and "FAILED tests/test_contracts.py::test_rule[shop:orders.status:set" in said


def test_the_experiments_command_is_the_kits(tmp_path: Path) -> None:
    def call(*arguments: str) -> int:
        line = [sys.executable, "-m", "lab.experiments.contract_gate", *arguments]
        return subprocess.run(line, capture_output=True, check=False).returncode

    assert call(str(package.CONTRACT), str(EXAMPLE / "samples" / "shop"), "--now", "2026-01-13") == 0
    assert call(str(package.CONTRACT), str(tmp_path / "nowhere")) == 2


def test_the_workflow_has_no_fault_that_actionlint_knows() -> None:
    workflow = EXAMPLE / ".github" / "workflows" / "contracts.yml"
    command([str(golang.program("actionlint")), str(workflow)], "actionlint")


def test_the_command_of_datacontract_cli_finds_the_contract_valid() -> None:
    program = str(environments.program("datacontract", "datacontract"))
    said = command(
        [program, "lint", str(package.CONTRACT)], "lint", environment=environments.variables("datacontract")
    )
    assert "valid" in said.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        {"mutants": 7},
        {"elsewhere": 0},
        {"orders": 9},
        {"sizes": (1_000, 2_000)},
        {"sizes": (9, 10_000, 20_000)},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
