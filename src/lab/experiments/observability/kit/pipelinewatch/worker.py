"""The example pipeline: reads rows from a log, checks them against the release in service, commits them to SQLite.

A folder per pipeline: `log.jsonl` (rows as they come), `current` and `previous` (links to releases), `sink.db`,
`worker.pid`. Rows, rejected rows and the place in the log are committed together, so that a kill loses and doubles none.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from prometheus_client import start_http_server

from .metrics import Watch

PAUSE_S = 0.05
PATIENCE_S = 600  # for a lock on the sink
FAR_S = 1e12  # s since 1970 that are no time any more
_KINDS: dict[str, Any] = {"integer": int, "number": (int, float)}
_TABLES = """
CREATE TABLE IF NOT EXISTS written (id INTEGER PRIMARY KEY, amount REAL);
CREATE TABLE IF NOT EXISTS rejected (line TEXT, reason TEXT);
CREATE TABLE IF NOT EXISTS place (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), offset INTEGER);
INSERT OR IGNORE INTO place VALUES (1, 0);
"""
RELEASES = {1: {"id": "integer", "amount": "number"}, 2: {"id": "integer", "amount": "integer"}}


def prepare(home: Path) -> None:
    """A folder with two releases, the first one in service. Leaves one alone that is there already."""
    (home / "releases").mkdir(parents=True, exist_ok=True)
    for number, fields in RELEASES.items():
        (home / "releases" / f"{number}.json").write_text(json.dumps(fields))
    (home / "log.jsonl").touch()
    for name in ("current", "previous"):
        if not (home / name).is_symlink():
            (home / name).symlink_to("releases/1.json")
    with closing(sqlite3.connect(home / "sink.db", timeout=PATIENCE_S)) as sink:
        sink.executescript(_TABLES)


def deploy(home: Path, number: int) -> None:
    """Take another release into service; the one before is what `previous` names."""
    before = str((home / "current").readlink())
    for name, target in (("previous", before), ("current", f"releases/{number}.json")):
        (home / f".{name}").symlink_to(target)
        (home / f".{name}").rename(home / name)


def parsed(line: bytes) -> Any:
    """The row of a line; None if it is no JSON object."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def reason(row: Any, fields: dict[str, str]) -> str:
    """Why a row is rejected; empty if it is not."""
    if row is None:
        return "no JSON object"
    wrong = [name for name, kind in fields.items() if not _is(row.get(name), kind)]
    return f"not as the release says: {', '.join(wrong)}" if wrong else ""


def _is(value: Any, kind: str) -> bool:
    """JSON has no NaN and no infinity, though Python reads them."""
    finite = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, _KINDS[kind]) and not isinstance(value, bool) and finite


def write(sink: sqlite3.Connection, row: dict[str, Any]) -> str:
    """Why the sink refuses a row; empty if it has it now. One that stopped the worker would stop the next worker too."""
    try:
        sink.execute("INSERT INTO written VALUES (?, ?)", (row["id"], row["amount"]))
    except (
        sqlite3.IntegrityError,
        OverflowError,
    ) as error:  # the id is there already; a number beyond 64 bits
        return f"not taken by the sink: {error}"
    return ""


def late_s(row: Any, now: float) -> float:
    """How long ago a row was due; 0 where it does not say."""
    due = (row or {}).get("due", now)
    return now - due if _is(due, "number") and abs(due) < FAR_S else 0.0


def step(home: Path, sink: sqlite3.Connection, watch: Watch) -> int:
    """Process what has come in; how many rows that were."""
    fields = json.loads((home / "current").read_text())
    sink.execute("BEGIN IMMEDIATE")  # waits for whoever holds the lock
    (offset,) = sink.execute("SELECT offset FROM place").fetchone()
    with (home / "log.jsonl").open("rb") as log:
        log.seek(offset)
        lines = [line for line in log.readlines() if line.endswith(b"\n")]
    rows = [parsed(line) for line in lines]
    why = [reason(row, fields) or write(sink, row) for row in rows]
    bad = [(line.decode(errors="replace"), wrong) for line, wrong in zip(lines, why, strict=True) if wrong]
    sink.executemany("INSERT INTO rejected VALUES (?, ?)", bad)
    sink.execute("UPDATE place SET offset = ?", (offset + sum(map(len, lines)),))
    sink.execute("COMMIT")
    now = time.time()
    watch.processed(len(rows) - len(bad), len(bad), [late_s(row, now) for row in rows])
    return len(rows)


def main(home: Path, name: str, port: int) -> None:
    (home / "worker.pid").write_text(str(os.getpid()))
    start_http_server(port, addr="127.0.0.1")
    watch = Watch(name)
    sink = sqlite3.connect(home / "sink.db", timeout=PATIENCE_S, isolation_level=None)
    sink.execute("PRAGMA synchronous = OFF")  # a kill loses nothing; only a power cut could
    while True:
        step(home, sink, watch)
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
