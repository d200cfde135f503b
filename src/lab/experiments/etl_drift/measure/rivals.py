"""dlt and valentine on the same drifts, each as a program in its own environment; the truth is the generator's."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import psycopg

from lab import environments
from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.measure.loads import rows
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import flights
from lab.experiments.etl_drift.workload.drifts import KM, Case, cases
from lab.services.commands import run

ENVIRONMENT = "loaders"
LIMIT_S = 180
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "PROGRESS": "log"}
SEEN = 300  # rows of each side that a matcher is given: its time grows with the square of different values
EVERY = 6
LOADED = 200  # rows that dlt is given
FLIGHTS = ["year", "month", "day", "carrier", "flight", "origin", "dest", "dep_delay", "distance", "hour"]


def matchers(params: Params, full: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Scores of valentine's matchers for every sixth drift. Columns: kind, case, matcher, source, target, score, right."""
    shared = min(params.shared, SEEN // 2)
    source, examples = flights.overlapping(full, SEEN, shared, params.seed)
    chosen = cases(source)[::EVERY]
    examples.to_csv(folder / "examples.csv", index=False)
    for place, case in enumerate(chosen):
        case.frame.to_csv(folder / f"case-{place:03}.csv", index=False)
    _call("valentine_matches.py", folder)
    found = json.loads((folder / "scores.json").read_text())
    return pd.DataFrame(
        [
            (
                chosen[place].kind,
                chosen[place].name,
                matcher,
                column,
                target,
                score,
                _right(chosen[place], column, target),
            )
            for place, matcher, column, target, score in found
        ],
        columns=["kind", "case", "matcher", "source", "target", "score", "right"],
    )


def _right(case: Case, source: str, target: str) -> bool:
    return case.same.get(target) == source


def drifts(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Deliveries of `frame` by what is changed in them."""
    return {
        "none": frame,
        "reorder": frame.iloc[:, ::-1],
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
    first, second = drawn.iloc[:LOADED], drawn.iloc[LOADED // 2 :].reset_index(drop=True)
    schema = f"dlt_{uuid.uuid4().hex[:12]}"
    first.to_json(folder / "first.json", orient="records")
    for name, frame in drifts(second).items():
        frame.to_json(folder / f"{name}.drift.json", orient="records")
    try:
        _call("dlt_loads.py", folder, _with_password(dsn), schema, *flights.KEY)
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


def _call(script: str, folder: Path, *arguments: str) -> None:
    program = environments.program(ENVIRONMENT, "python")
    command = [str(program), str(Path(__file__).with_name(script)), str(folder), *arguments]
    run(command, script, LIMIT_S, environments.variables(ENVIRONMENT) | QUIET | {"HOME": str(folder)})


def versions() -> dict[str, str]:
    return {name: environments.version(ENVIRONMENT, name) for name in ("dlt", "valentine")}
