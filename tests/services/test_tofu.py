"""OpenTofu as set-up built it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab.errors import ServiceError
from lab.services import tofu
from lab.services.commands import run

pytestmark = pytest.mark.service


def test_it_is_the_version_that_is_pinned_and_a_release(tmp_path: Path) -> None:
    (tmp_path / "tofu.rc").write_text("")
    variables = tofu.variables(tmp_path / "tofu.rc", tmp_path)
    told = json.loads(
        run([str(tofu.program()), "version", "-json"], "tofu version", environment=variables).stdout
    )
    assert told["terraform_version"] == tofu.version()


def test_it_reads_no_configuration_but_the_one_it_is_given(tmp_path: Path) -> None:
    (tmp_path / ".tofurc").write_text("this is no configuration")
    (tmp_path / "tofu.rc").write_text("")
    variables = tofu.variables(tmp_path / "tofu.rc", tmp_path)
    assert run([str(tofu.program()), "version"], "tofu version", environment=variables).returncode == 0


def test_the_framework_is_in_an_environment_of_its_own() -> None:
    code = "import tf.runner, psycopg, importlib.util; print(importlib.util.find_spec('lab'))"
    done = subprocess.run(
        [str(tofu.python()), "-c", code], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.strip() == "None" and tofu.framework()


def test_where_it_is_missing_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path))
    for asked in (tofu.program, tofu.python):
        with pytest.raises(ServiceError, match="Run: lab setup"):
            asked()
