"""What parameters are refused; the kit from an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.feature_store import KIT, Params
from lab.experiments.feature_store.workload.traffic import plan

pytestmark = pytest.mark.service
SMALL = Params(**yaml.safe_load(Path(__file__).with_name("feature_store.small.yaml").read_text()))


def test_the_plan_has_late_and_repeated_updates_and_the_fresh_ones_in_order() -> None:
    due, sent = plan(Params())
    assert len(due) == len(sent) == 3_600
    assert 100 < len(sent) - len({message.id for message in sent}) < 220
    newest: dict[str, float] = {}
    older = 0
    for message in sent:
        older += message.event_s < newest.get(message.entity, float("-inf"))
        newest[message.entity] = max(message.event_s, newest.get(message.entity, float("-inf")))
    assert older > 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"entities": 10},
        {"delays": (0.5, 0.25, 1.0)},
        {"delays": (0.0, 0.25, 0.5)},
        {"late": 0.0},
        {"rate": "many"},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """In a Python that sees the folder and not this project."""
    known = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "REDIS", "KAFKA"))
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(KIT / "features", tmp_path / "features", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_readmes_example_joins_on_both_times_from_an_empty_folder(folder: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (KIT / "README.md").read_text(), re.DOTALL)
    done = ran(folder, "-c", example)
    assert done.returncode == 0, done.stderr
    assert re.search(r"09:00:00.*<NA>", done.stdout) and re.search(r"12:00:00.*887\.5", done.stdout), (
        done.stdout
    )
    assert not [path for path in (folder / "features").rglob("*.py") if "import lab" in path.read_text()]


def test_a_command_that_cant_do_its_work_says_so(folder: Path) -> None:
    done = ran(folder, "-m", "features", "reconcile", "cards")
    assert done.returncode == 2 and done.stderr == "features: no view 'cards'; the registry has: card\n"
    done = ran(folder, "-m", "features", "reconcile", "card")
    assert done.returncode == 2 and "no updates of card" in done.stderr
