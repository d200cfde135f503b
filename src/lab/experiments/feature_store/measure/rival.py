"""Feast on the same history and rows, as a program in its own environment."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lab import environments
from lab.experiments.feature_store import oracle
from lab.experiments.feature_store.measure.offline import Past, compared, features
from lab.experiments.feature_store.measure.seen import Joined
from lab.experiments.feature_store.workload.joins import FEAST_BOTH, FEAST_ONE
from lab.services.commands import run

ENVIRONMENT = "feast"
PROGRAM = Path(__file__).with_name("rival_program.py")
LIMIT_S = 120
QUIET = {"FEAST_USAGE": "False", "FEAST_TELEMETRY": "False", "IS_TEST": "True"}


def joined(past: Past, folder: Path) -> list[Joined]:
    """With its filter by created timestamp, and as it comes. seconds: of get_historical_features alone."""
    _write(past, folder)
    command = [str(environments.program(ENVIRONMENT, "python")), "-P", str(PROGRAM), str(folder)]
    known = environments.variables(ENVIRONMENT) | QUIET | {"HOME": str(folder)}
    run(command, "Feast", LIMIT_S, known)
    took = json.loads((folder / "seconds.json").read_text())
    made = []
    for name, filtered in ((FEAST_BOTH, "true"), (FEAST_ONE, "false")):
        rows = pq.read_table(folder / f"found-{filtered}.parquet").to_pylist()
        made.append(compared(past, name, [features(row) for row in rows], took[filtered]))
    return made


def version() -> str:
    return environments.version(ENVIRONMENT, "feast")


def _write(past: Past, folder: Path) -> None:
    """The updates with their features, computed by hand, and the rows to join."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = pa.timestamp("us", "UTC")
    values = list(zip(*(fact.features() for fact in past.facts), strict=True))
    source = {
        "card_id": pa.array([fact.entity for fact in past.facts]),
        "event_timestamp": pa.array([fact.event_time for fact in past.facts], stamp),
        "created": pa.array([fact.known_time for fact in past.facts], stamp),
        **{name: pa.array(column) for name, column in zip(oracle.NAMES, values, strict=True)},
    }
    pq.write_table(pa.table(source), folder / "updates.parquet")
    asked = {
        "position": range(len(past.asked)),
        "card_id": pa.array([row[0] for row in past.asked]),
        "event_timestamp": pa.array([row[1] for row in past.asked], stamp),
    }
    pq.write_table(pa.table(asked), folder / "asked.parquet")
