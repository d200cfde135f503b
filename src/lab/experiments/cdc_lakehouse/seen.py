"""What the source and its clients say while the pipeline runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import psycopg

from lab.experiments.cdc_lakehouse import workload
from lab.experiments.cdc_lakehouse.bench import Bench

_CHANGING = """SELECT DISTINCT xid FROM oracle.history
WHERE xid <> (SELECT xid FROM oracle.history ORDER BY seq LIMIT 1)"""


def logs(own: Bench) -> list[Path]:
    """Where each writer logs its transactions."""
    return [own.folder / f"writer-{number}.jsonl" for number in range(own.params.writers)]


def done(places: Sequence[Path]) -> list[workload.Done]:
    """What the writers have logged so far; a line of which only a part is written does not count yet."""
    whole = [place.read_text().rpartition("\n")[0] for place in places]
    return [workload.Done(*json.loads(line)) for text in whole for line in text.splitlines()]


def changing(own: Bench) -> set[int]:
    """Transactions that changed the table, by the source's own log, but the one that wrote the seed."""
    with psycopg.connect(own.database.dsn) as connection:
        return {int(xid) for (xid,) in connection.execute(_CHANGING)}
