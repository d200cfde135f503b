"""How long a change of the table keeps others out, by its kind and by the table's rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pandas as pd
import psycopg

from lab.experiments.etl_drift.measure.loads import own_schema
from lab.experiments.etl_drift.params import Params
from lab.load.interleave import interleaved

ROUNDS = 3
BATCH = 10_000  # rows of one step of a backfill
CHANGES = {
    "add a column": "ALTER TABLE big ADD COLUMN extra integer",
    "rename a column": "ALTER TABLE big RENAME COLUMN value TO amount",
    "change a type": "ALTER TABLE big ALTER COLUMN amount TYPE numeric",
}
IN_PLACE, EXPAND = "in place", "expand and contract"


def locks(params: Params, dsn: str) -> pd.DataFrame:
    """Seconds from the change to its commit, under a lock that keeps readers out. Columns: rows, round, change, seconds."""
    found = []
    with own_schema(dsn) as (connection, _):
        for number, size in interleaved(list(params.sizes), ROUNDS, params.seed):
            fill(connection, size)
            # On one table, the change that writes it again last: the others do not touch its rows.
            for change, statement in CHANGES.items():
                begin = time.monotonic()
                connection.execute(statement)
                found.append((size, number, change, time.monotonic() - begin))
    return pd.DataFrame(found, columns=["rows", "round", "change", "seconds"])


def waits(params: Params, dsn: str) -> pd.DataFrame:
    """A reader's longest wait while the largest table's column gets another type. Columns: way, round, wait, seconds."""
    ways = {IN_PLACE: _in_place, EXPAND: _expand_and_contract}
    found = []
    with own_schema(dsn) as (connection, schema):
        for number, way in interleaved(list(ways), ROUNDS, params.seed):
            fill(connection, params.sizes[-1])
            found.append((way, number, *_watched(dsn, schema, connection, ways[way])))
    return pd.DataFrame(found, columns=["way", "round", "wait", "seconds"])


def fill(connection: psycopg.Connection, rows: int) -> None:
    """The table `big`, anew."""
    connection.execute("DROP TABLE IF EXISTS big")
    connection.execute(
        "CREATE TABLE big AS SELECT n AS id, (n % 5000)::integer AS value, 'flight ' || n AS note"
        f" FROM generate_series(1, {int(rows)}) AS t(n)"
    )
    connection.execute("ALTER TABLE big ADD PRIMARY KEY (id)")
    connection.execute("ANALYZE big")


def _watched(
    dsn: str, schema: str, connection: psycopg.Connection, change: Callable[[psycopg.Connection], None]
) -> tuple[float, float]:
    """(longest wait of a reader, duration of the change), s, by clocks outside of the database."""
    done, longest = threading.Event(), [0.0]

    def read() -> None:
        # A statement that was prepared before fails with the new type: "cached plan must not change result type".
        with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as reader:
            reader.execute(f"SET search_path = {schema}")
            while not done.is_set():
                begin = time.monotonic()
                reader.execute("SELECT value FROM big WHERE id = 7").fetchone()
                longest[0] = max(longest[0], time.monotonic() - begin)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.1)  # until it reads
    begin = time.monotonic()
    try:
        change(connection)
    finally:
        seconds = time.monotonic() - begin
        done.set()
        thread.join()
    return longest[0], seconds


def _in_place(connection: psycopg.Connection) -> None:
    connection.execute("ALTER TABLE big ALTER COLUMN value TYPE numeric")


def _expand_and_contract(connection: psycopg.Connection) -> None:
    """A second column, kept equal by a trigger, filled in steps, then exchanged for the first."""
    connection.execute("ALTER TABLE big ADD COLUMN wider numeric")
    connection.execute(
        "CREATE OR REPLACE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.wider := NEW.value; RETURN NEW; END $$"
    )
    connection.execute(
        "CREATE TRIGGER follow BEFORE INSERT OR UPDATE ON big FOR EACH ROW EXECUTE FUNCTION follow()"
    )
    row = connection.execute("SELECT max(id) FROM big").fetchone()
    for begin in range(0, int(row[0]) if row else 0, BATCH):
        connection.execute("UPDATE big SET wider = value WHERE id > %s AND id <= %s", (begin, begin + BATCH))
    with connection.transaction():
        connection.execute("DROP TRIGGER follow ON big")
        connection.execute("ALTER TABLE big DROP COLUMN value")
        connection.execute("ALTER TABLE big RENAME COLUMN wider TO value")
