"""Rules and parameters that are refused; the README's lines; kills."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import readmes
from killing import Runner
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.observability import KIT, Arm, Params, run

pytestmark = pytest.mark.service
SMALL = Params(**yaml.safe_load(Path(__file__).with_name("observability.small.yaml").read_text()))
KILLS, RUN_S = 3, 24.0  # about as long as a small run takes


@pytest.mark.parametrize("expressions", [{}, {"reject": "vector(1)"}, {"late": "x", "Late": "x"}])
def test_a_rule_for_a_kind_that_there_is_none_of_is_refused(expressions: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="the kinds are rejected, late, missing"):
        Arm("mine", expressions)


@pytest.mark.drill
def test_a_rule_that_does_not_say_whose_alert_it_is_is_refused() -> None:
    with pytest.raises(ValueError, match="no label `pipeline`"):
        run(SMALL, Arm("mine", {"late": "sum(pipeline:late:ratio_rate5m) > -1"}))


@pytest.mark.parametrize(
    "wrong", [{"pipelines": 1}, {"days": 22}, {"rarer": 0.5}, {"quiet_s": 4}, {"seed": True}, {"raet": 1}]
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)


def _typed(folder: Path, lines: str) -> tuple[int, str]:
    """Status and output of a README's lines in a shell; nothing of the project is on its path."""
    script = f'python() {{ "{sys.executable}" "$@"; }}\n{lines}'
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = ["bash", "-euc", script]
    done = subprocess.run(
        command, cwd=folder, env=bare, capture_output=True, text=True, check=False, timeout=240
    )
    return done.returncode, done.stdout + done.stderr


def test_the_readmes_example_and_checks_run_from_an_empty_folder(tmp_path: Path) -> None:
    home = Path(
        shutil.copytree(KIT, tmp_path / "home", ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    )
    example = readmes.block(home / "README.md", "from pipelinewatch.evaluate")
    status, said = _typed(home, f"python - <<'END'\n{example}END\n")
    assert status == 0 and said.startswith("0.5 ("), said
    status, said = _typed(home, readmes.block(home / "README.md", "promtool test rules"))
    assert status == 0 and "SUCCESS" in said, said


def test_the_dashboard_is_one_that_grafana_can_import() -> None:
    told = json.loads((KIT / "dashboard.json").read_text())
    assert {
        "title",
        "uid",
        "schemaVersion",
        "time",
        "templating",
        "panels",
    } <= told.keys() and "id" not in told
    assert len({panel["id"] for panel in told["panels"]}) == len(told["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in told["panels"]:
        assert {"type", "title", "datasource", "gridPos", "targets"} <= panel.keys()
        assert panel["datasource"]["uid"] == "${datasource}" and all(
            each["expr"] for each in panel["targets"]
        )
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken
        taken |= cells


@pytest.mark.drill
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_moment_it_leaves_nothing(tmp_path: Path, number: int) -> None:
    runner = Runner(tmp_path, "observability")
    time.sleep((number + random.random()) / KILLS * RUN_S)
    runner.process.kill()
    runner.process.wait()
    runner.assert_clean()
