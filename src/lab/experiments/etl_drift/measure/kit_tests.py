"""The kit's own tests, run from an empty folder in an environment that does not have this project, with their coverage."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from lab import environments
from lab.errors import ServiceError
from lab.experiments.etl_drift.kit import FOLDER
from lab.experiments.etl_drift.measure.seen import TestsRun
from lab.services.session import session

ENVIRONMENT = "loaders"
LIMIT_S = 120


def tests(dsn: str) -> TestsRun:
    """ServiceError if they can't be run at all."""
    with tempfile.TemporaryDirectory(dir=session().folder) as name:
        folder = Path(name)
        for part in ("etl", "tests"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(FOLDER / part, folder / part, ignore=ignored)
        told = _run(folder, dsn)
        report, lines = folder / "report.xml", folder / "lines.json"
        if not report.exists() or not lines.exists():
            raise ServiceError(f"the kit's tests did not run:\n{told[-1_000:]}")
        return _read(report, lines)


def _run(folder: Path, dsn: str) -> str:
    command = [
        str(environments.program(ENVIRONMENT, "python")),
        "-m",
        "pytest",
        "tests",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    command += ["--cov=etl", "--cov-report=json:lines.json", "--junitxml=report.xml"]
    variables = environments.variables(ENVIRONMENT) | {"PYTHONPATH": str(folder), "DATABASE_URL": dsn}
    done = subprocess.run(
        command,
        cwd=folder,
        env=session().environment(variables),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout + done.stderr


def _read(report: Path, lines: Path) -> TestsRun:
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    total = int(suite.get("tests", 0))
    wrong = sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    covered = {
        Path(name).stem: (found["summary"]["covered_lines"], found["summary"]["num_statements"])
        for name, found in json.loads(lines.read_text())["files"].items()
    }
    return TestsRun(total - wrong, wrong, covered)
