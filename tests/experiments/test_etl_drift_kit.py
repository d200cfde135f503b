"""The kit as its user takes it: by its README, from an empty folder, in an environment without this project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from lab import environments
from lab.experiments.etl_drift import KIT
from lab.services.postgres import postgres

pytestmark = pytest.mark.service
README = (KIT / "README.md").read_text()


def ran(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    python = str(environments.program("loaders", "python"))
    known = environments.variables("loaders") | variables
    return subprocess.run(
        [python, *command], cwd=folder, env=known, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(KIT / "etl", tmp_path / "etl", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_readmes_example_maps_a_renamed_column(folder: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = ran(folder, "-c", example)
    assert "('amount', 'cents'" in done.stdout, done.stderr


def test_the_readmes_commands_load_hold_and_take_an_answer(folder: Path) -> None:
    (schema,) = re.findall(r"<<'JSON'\n(.*?)JSON\n", README, re.DOTALL)
    (folder / "schema.json").write_text(schema)
    monday = pd.DataFrame(
        {
            "id": range(400),
            "placed": "2026-01-05",
            "cents": [n * 7 % 1_000 for n in range(400)],
            "customer": "Zoë",
        }
    )
    monday.to_csv(folder / "monday.csv", index=False)
    monday.assign(cents=monday["cents"] / 100).rename(columns={"cents": "sum"}).to_csv(
        folder / "tuesday.csv", index=False
    )
    (folder / "answers.json").write_text(
        json.dumps([{"source": "sum", "target": "cents", "scale": 100, "by": "Dana"}])
    )
    commands = re.findall(r"^python (-m etl \S+\.csv .*?)(?:\s+#.*)?$", README, re.MULTILINE)
    with postgres() as server:
        told = [ran(folder, *command.split(), DATABASE_URL=server.dsn) for command in commands]
        assert [one.returncode for one in told] == [0, 0, 3, 0], [one.stdout + one.stderr for one in told]
        assert "already loaded" in told[1].stdout and "another unit?" in told[2].stdout
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT count(*), sum(cents) FROM orders").fetchone() == (
                400,
                int(monday["cents"].sum()),
            )
            (query,) = re.findall(r"psql .* -c '(.*)'", README)
            assert "Dana" in {row[-1] for row in connection.execute(query).fetchall()}  # type: ignore[arg-type]


def test_without_a_database_the_command_says_so(folder: Path) -> None:
    (folder / "a.csv").write_text("id\n1\n")
    (folder / "schema.json").write_text('{"table": "t", "columns": [{"name": "id", "key": true}]}')
    command = ["-m", "etl", "a.csv", "--source", "a", "--schema", "schema.json"]
    done = ran(folder, *command, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 2 and done.stderr.startswith("not loaded: ")
