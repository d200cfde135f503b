"""Airflow seen from outside: its metadata read several times a second, which costs the components nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from lab.experiments.airflow_failures.measure.seen import Try

EVERY_S = 0.15
_RUNS = "SELECT run_id, state FROM dag_run"
_LOADS = "SELECT run_id, id, state, extract(epoch FROM last_heartbeat_at) FROM task_instance WHERE task_id = 'load'"
_TRIES = """
SELECT task_id, try_number, extract(epoch FROM start_date), extract(epoch FROM end_date), state FROM (
    SELECT task_id, try_number, start_date, end_date, state, run_id FROM task_instance
    UNION SELECT task_id, try_number, start_date, end_date, state, run_id FROM task_instance_history
) AS tries WHERE run_id = %s AND start_date IS NOT NULL ORDER BY start_date
"""


@dataclass(frozen=True)
class Load:
    """The newest try of a run's load. id: of the task instance; heartbeat_at: its last one, s since 1970."""

    id: str
    state: str
    heartbeat_at: float


@dataclass
class Board:
    """The newest look."""

    metadata: str
    runs: dict[str, str] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    failed: BaseException | None = None

    def state(self, run: str) -> str:
        """Of a run; "" before it is there."""
        if self.failed:
            raise self.failed
        return self.runs.get(run, "")

    def tries(self, run: str) -> list[Try]:
        """All tries of a run's tasks."""
        with psycopg.connect(self.metadata) as connection:
            rows = connection.execute(_TRIES, (run,)).fetchall()
        return [
            Try(task, number, float(start), float(end) if end is not None else float("nan"), str(state))
            for task, number, start, end, state in rows
        ]

    def look(self, connection: psycopg.Connection) -> None:
        self.runs = {run: str(state) for run, state in connection.execute(_RUNS)}
        self.loads = {
            run: Load(str(number), str(state), float(beat) if beat is not None else float("nan"))
            for run, number, state, beat in connection.execute(_LOADS)
        }


@contextmanager
def board(metadata: str) -> Iterator[Board]:
    """One that is kept up to date by a thread for the block."""
    found, stop = Board(metadata), threading.Event()

    def keep() -> None:
        try:
            with psycopg.connect(metadata, autocommit=True) as connection:
                while not stop.wait(EVERY_S):
                    found.look(connection)
        except psycopg.Error as error:
            found.failed = error  # told to whoever asks next

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
