"""The pipeline: raw -> staged -> mart in DuckDB, tasks in SQL and in pandas, each of which says what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from lab import duck
from lab.experiments.lineage.mechanism import Recorder, Relation, statement
from lab.experiments.lineage.workload.pandas_tasks import (
    aircraft,
    aircraft_lineage,
    weather_delay,
    weather_delay_lineage,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Tables = Mapping[str, pd.DataFrame]
DIALECT = "duckdb"


@dataclass(frozen=True)
class Task:
    """Writes one table (or view). sql: a query; else a function of its inputs, with what its author declares."""

    output: str
    inputs: tuple[str, ...]
    sql: str = ""
    kind: str = "TABLE"
    function: Callable[..., pd.DataFrame] | None = None
    lineage: Relation | None = None


STAGED_FLIGHTS = """
WITH flown AS (
    SELECT *, coalesce(arr_delay, dep_delay) AS delay FROM raw.flights WHERE dep_time IS NOT NULL
)
SELECT carrier, tailnum, origin, dest, month, hour, time_hour, distance, dep_delay, delay,
    CASE WHEN delay > 15 THEN 1 ELSE 0 END AS late,
    CASE WHEN hour < 12 THEN 'morning' WHEN hour < 18 THEN 'afternoon' ELSE 'evening' END AS part_of_day
FROM flown
"""
STAGED_WEATHER = """
SELECT origin, time_hour, temp, wind_speed, precip, visib,
    sum(precip) OVER (PARTITION BY origin ORDER BY time_hour ROWS 3 PRECEDING) AS recent_precip
FROM raw.weather
QUALIFY row_number() OVER (PARTITION BY origin, time_hour ORDER BY pressure DESC NULLS LAST) = 1
"""
STAGED_AIRPORTS = "SELECT * EXCLUDE (dst, tz) REPLACE (round(alt * 0.3048) AS alt) FROM raw.airports"
AIRLINE_MONTH = """
SELECT a.name AS airline, f.month, count(*) AS flights, count(DISTINCT f.tailnum) AS aircraft,
    avg(f.late) AS late_share, sum(f.distance) FILTER (WHERE f.late = 0) AS miles_on_time,
    rank() OVER (PARTITION BY f.month ORDER BY avg(f.late)) AS rank_in_month,
    avg(f.delay) - (SELECT avg(delay) FROM staged.flights) AS above_average
FROM staged.flights AS f JOIN raw.airlines AS a ON a.carrier = f.carrier
GROUP BY a.name, f.month
"""
AIRPORT_TRAFFIC = """
SELECT coalesce(p.name, t.airport) AS airport, p.alt AS metres, t.direction, t.part_of_day,
    count(*) AS movements, sum(t.late) AS late
FROM (
    SELECT origin AS airport, 'out' AS direction, late, part_of_day FROM staged.flights
    UNION ALL
    SELECT dest, 'in', late, part_of_day FROM staged.flights
) AS t LEFT JOIN staged.airports AS p ON p.faa = t.airport
GROUP BY ALL
"""
FLEET = """
SELECT c.tailnum, c.maker, c.size_class, l.last_seen, l.longest, l.legs
FROM staged.aircraft AS c LEFT JOIN LATERAL (
    SELECT max(f.time_hour) AS last_seen, max(f.distance) AS longest, count(*) AS legs
    FROM staged.flights AS f WHERE f.tailnum = c.tailnum
) AS l ON true
WHERE EXISTS (SELECT 1 FROM staged.flights AS f WHERE f.tailnum = c.tailnum AND f.distance > 300)
"""
ROUTE_MONTH = """
SELECT origin, dest, month, avg(dep_delay) AS dep_delay,
    avg(avg(dep_delay)) OVER w AS smoothed, lag(count(*)) OVER w AS flights_before
FROM staged.flights
WHERE dest IN (SELECT faa FROM staged.airports WHERE alt < 500)
GROUP BY origin, dest, month
WINDOW w AS (PARTITION BY origin, dest ORDER BY month)
"""

TASKS = (
    Task("staged.flights", ("raw.flights",), STAGED_FLIGHTS),
    Task("staged.weather", ("raw.weather",), STAGED_WEATHER),
    Task("staged.airports", ("raw.airports",), STAGED_AIRPORTS, kind="VIEW"),
    Task("staged.aircraft", ("raw.planes",), function=aircraft, lineage=aircraft_lineage()),
    Task("mart.airline_month", ("staged.flights", "raw.airlines"), AIRLINE_MONTH),
    Task("mart.airport_traffic", ("staged.flights", "staged.airports"), AIRPORT_TRAFFIC),
    Task("mart.fleet", ("staged.aircraft", "staged.flights"), FLEET),
    Task("mart.route_month", ("staged.flights", "staged.airports"), ROUTE_MONTH),
    Task(
        "mart.weather_delay",
        ("staged.flights", "staged.weather"),
        function=weather_delay,
        lineage=weather_delay_lineage(),
    ),
)
MARTS = tuple(task.output for task in TASKS if task.output.startswith("mart."))
# Of the raw columns: with the types that a warehouse would give them, whatever a changed table looks like to pandas.
_TEXT = {
    "carrier",
    "name",
    "faa",
    "dst",
    "tzone",
    "tailnum",
    "origin",
    "dest",
    "time_hour",
    "type",
    "manufacturer",
}
_TEXT |= {"model", "engine"}


class Pipeline:
    """One DuckDB database. tasks: in order; a reader's own may be among them."""

    def __init__(self, connection: DuckDBPyConnection, tasks: Iterable[Task] = TASKS) -> None:
        self._connection, self._tasks = connection, tuple(tasks)
        for schema in ("raw", "staged", "mart"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")

    def load(self, raw: Tables) -> None:
        """Fill the raw tables."""
        for name, table in raw.items():
            types = ", ".join(f"{each} {'VARCHAR' if each in _TEXT else 'DOUBLE'}" for each in table.columns)
            self._connection.register("incoming", table)
            self._connection.execute(f"CREATE OR REPLACE TABLE raw.{name} ({types})")
            self._connection.execute(f"INSERT INTO raw.{name} SELECT * FROM incoming")
            self._connection.unregister("incoming")

    def run(self, recorder: Recorder | None = None, silent: Iterable[str] = ()) -> None:
        """Every task. recorder: takes its events; none is sent of tasks whose output is in `silent`."""
        for task in self._tasks:
            heard = recorder is not None and task.output not in set(silent)
            with recorder.task(task.output) if recorder and heard else nullcontext() as written:
                self._write(task)
                if written is not None:
                    there = self.catalog()
                    inputs = {name: there[name] for name in task.inputs}
                    written.table(task.output, there[task.output], inputs, self._lineage(task, inputs))

    def _write(self, task: Task) -> None:
        if task.function is None:
            self._connection.execute(f"CREATE OR REPLACE {task.kind} {task.output} AS {task.sql}")
            return
        made = task.function(*(self._connection.table(name).df() for name in task.inputs))
        self._connection.register("made", made)
        self._connection.execute(f"CREATE OR REPLACE TABLE {task.output} AS SELECT * FROM made")
        self._connection.unregister("made")

    def _lineage(self, task: Task, inputs: Mapping[str, list[str]]) -> Relation | None:
        return task.lineage if task.function is not None else statement(task.sql, inputs, DIALECT)

    def marts(self) -> dict[str, pd.DataFrame]:
        """The tables that somebody reads."""
        return {name: self._connection.table(name).df() for name in MARTS}

    def catalog(self) -> dict[str, list[str]]:
        """Columns of every table and view, as the database's own catalog has them."""
        rows = self._connection.execute(
            "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns "
            "WHERE table_schema IN ('raw', 'staged', 'mart') ORDER BY 1, ordinal_position"
        ).fetchall()
        found: dict[str, list[str]] = {}
        for table, column in rows:
            found.setdefault(table, []).append(column)
        return found


def black_box(connection: DuckDBPyConnection) -> Callable[[Tables], Tables]:
    """The pipeline as a function from raw tables to marts."""
    pipeline = Pipeline(connection)
    loaded: dict[str, pd.DataFrame] = {}

    def run(raw: Tables) -> Tables:
        pipeline.load({name: table for name, table in raw.items() if loaded.get(name) is not table})
        loaded.update(raw)
        pipeline.run()
        return pipeline.marts()

    return run


def database() -> AbstractContextManager[DuckDBPyConnection]:
    """A database in memory; one thread, so that sums come in one order."""
    return duck.connect(settings={"threads": "1"})
