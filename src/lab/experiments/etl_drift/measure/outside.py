"""What runs in an environment that does not have this project: the kit's tests, and dlt and valentine on the same drifts."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pandas as pd
import psycopg

from lab import environments
from lab.errors import ServiceError
from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.kit import FOLDER
from lab.experiments.etl_drift.measure.loads import rows
from lab.experiments.etl_drift.measure.seen import KitRun
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import flights
from lab.experiments.etl_drift.workload.drifts import KM, Case, cases, some
from lab.services.commands import run
from lab.services.session import session

ENVIRONMENT = "loaders"
PROGRAMS = Path(__file__).with_name("outside_programs.py")
LIMIT_S = 180
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "PROGRESS": "log"}
COMPARED = 150  # rows of each side for a matcher: its time grows with the square of different values
LOADED = 200  # rows of each batch that dlt is given
FLIGHTS = ["year", "month", "day", "carrier", "flight", "origin", "dest", "dep_delay", "distance", "hour"]


def tests(dsn: str, folder: Path) -> KitRun:
    """The kit's own tests, copied to the empty `folder`, with their coverage. ServiceError if they can't be run at all."""
    for part in ("etl", "tests"):
        shutil.copytree(FOLDER / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    command = [str(environments.program(ENVIRONMENT, "python")), "-m", "pytest", "tests", "-q"]
    command += [
        "-p",
        "no:cacheprovider",
        "--cov=etl",
        "--cov-report=json:lines.json",
        "--junitxml=report.xml",
    ]
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
    report, lines = folder / "report.xml", folder / "lines.json"
    if not report.exists() or not lines.exists():
        raise ServiceError(f"the kit's tests did not run:\n{(done.stdout + done.stderr)[-1_000:]}")
    return _read(report, lines)


def _read(report: Path, lines: Path) -> KitRun:
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    total = int(suite.get("tests", 0))
    wrong = sum(int(suite.get(kind, 0)) for kind in ("failures", "errors", "skipped"))
    covered = {
        Path(name).stem: (found["summary"]["covered_lines"], found["summary"]["num_statements"])
        for name, found in json.loads(lines.read_text())["files"].items()
    }
    return KitRun(total - wrong, wrong, covered)


def matchers(params: Params, full: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Scores of valentine's matchers for some drifts of each kind. Columns: kind, case, matcher, source, target, score, right."""
    source, examples = flights.overlapping(full, COMPARED, min(params.shared, COMPARED // 2), params.seed)
    chosen = some(cases(source))
    examples.to_csv(folder / "examples.csv", index=False)
    for place, case in enumerate(chosen):
        case.frame.to_csv(folder / f"case-{place:03}.csv", index=False)
    _call("valentine", folder)
    found = json.loads((folder / "scores.json").read_text())
    return pd.DataFrame(
        [
            (*_judged(chosen[place], column, target), matcher, score)
            for place, matcher, column, target, score in found
        ],
        columns=["kind", "case", "source", "target", "right", "matcher", "score"],
    )


def _judged(case: Case, source: str, target: str) -> tuple[str, str, str, str, bool]:
    return case.kind, case.name, source, target, case.same.get(target) == source


def drifts(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Deliveries of `frame` by what is changed in them."""
    return {
        "none": frame,
        "add": frame.assign(note="new"),
        "rename": frame.rename(columns={"distance": "miles"}),
        "drop": frame.drop(columns="dep_delay"),
        "widen": frame.assign(distance=frame["distance"] + 0.5),
        "unit": frame.assign(distance=(frame["distance"] * KM).round().astype(int)),
        "exchange": frame.rename(columns={"distance": "hour", "hour": "distance"}),
    }


def dlt(params: Params, full: pd.DataFrame, dsn: str, folder: Path) -> pd.DataFrame:
    """What dlt's merge makes of each drift. Columns: change, wrong, rows, extra (columns)."""
    drawn = full.sample(2 * LOADED, random_state=params.seed)[FLIGHTS].reset_index(drop=True)
    first, second = drawn.iloc[:LOADED], drawn.iloc[LOADED // 2 :].head(LOADED).reset_index(drop=True)
    schema = f"dlt_{uuid.uuid4().hex[:12]}"
    first.to_json(folder / "first.json", orient="records")
    for name, frame in drifts(second).items():
        frame.to_json(folder / f"{name}.drift.json", orient="records")
    try:
        _call("dlt", folder, _with_password(dsn), schema, *flights.KEY)
        loaded = json.loads((folder / "dlt.json").read_text())
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"SET search_path = {schema}")
            found = [(name, *_against(connection, name, first, _meant(name, second))) for name in loaded]
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for name in (schema, f"{schema}_staging"):
                connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
    return pd.DataFrame(found, columns=["change", "wrong", "rows", "extra"])


def _with_password(dsn: str) -> str:
    """As a URL with a password, which dlt asks for even where the server does not."""
    known = psycopg.conninfo.conninfo_to_dict(dsn)
    user, password = quote(str(known.get("user", ""))), quote(str(known.get("password", "none")))
    place = f"{known.get('host', 'localhost')}:{known.get('port', 5432)}/{known.get('dbname', '')}"
    return f"postgresql://{user}:{password}@{place}"


def _meant(name: str, second: pd.DataFrame) -> pd.DataFrame:
    """The delivery in the table's own columns and units."""
    frame = drifts(second)[name]
    if name == "drop":
        return frame
    return second.assign(distance=frame["distance"]) if name == "widen" else second


def _against(
    connection: psycopg.Connection, name: str, first: pd.DataFrame, meant: pd.DataFrame
) -> tuple[int, int, int]:
    """(rows that differ from the replay in the first delivery's columns, all rows, columns that the table got beside them)."""
    sent = [oracle.Sent("", frame.to_dict("records")) for frame in (first, meant)]  # type: ignore[arg-type]
    expected, found = oracle.replay(sent, flights.KEY), rows(connection, name)
    wrong = oracle.difference(expected, found, FLIGHTS).rows
    more = {column for row in found[:1] for column in row if not column.startswith("_dlt")} - set(FLIGHTS)
    return wrong, len(found), len(more)


def _call(program: str, folder: Path, *arguments: str) -> None:
    command = [
        str(environments.program(ENVIRONMENT, "python")),
        str(PROGRAMS),
        program,
        str(folder),
        *arguments,
    ]
    run(command, program, LIMIT_S, environments.variables(ENVIRONMENT) | QUIET | {"HOME": str(folder)})


def versions() -> dict[str, str]:
    """Of the rivals."""
    return {name: environments.version(ENVIRONMENT, name) for name in ("dlt", "valentine")}
