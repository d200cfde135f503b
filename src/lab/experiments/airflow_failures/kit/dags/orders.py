"""extract -> load -> validate -> publish, twice from the same lines: `orders` with its guards, `orders_unguarded` without.

Connections: `source` (HTTP), `warehouse` (PostgreSQL), `alerts` (a webhook); a run's conf may name others. For Airflow 3.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import guards
import psycopg2
from airflow.sdk import Connection, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from psycopg2.extras import execute_values

RETRIES, RETRIES_UNGUARDED = 5, 2
RETRY_S = float(os.environ.get("ORDERS_RETRY_S", 60))  # before the first retry; doubled from one to the next
RETRY_MOST_S = float(os.environ.get("ORDERS_RETRY_MOST_S", 600))
WAIT_S = float(os.environ.get("ORDERS_WAIT_S", 30))  # for an answer of database or source
OPEN_S = float(os.environ.get("ORDERS_OPEN_S", 120))  # of the circuit breaker
TASK_S, RUN_S = 20 * WAIT_S, 200 * WAIT_S
CHUNK = 20
COUNTED = "SELECT count(*), coalesce(sum(amount), 0) FROM orders_staging WHERE batch = %s"
COPIED = "INSERT INTO orders_published SELECT * FROM orders_staging WHERE batch = %s"
Fetch = Callable[[], tuple[bytes, bytes]]  # body and manifest


def _alert(kind: str) -> Callable[[Any], None]:
    return lambda context: guards.alert(guards.address(Connection.get("alerts")), kind, context)


GUARDS = {
    "retries": RETRIES,
    "retry_delay": timedelta(seconds=RETRY_S),
    "retry_exponential_backoff": 2.0,  # with it comes Airflow's jitter: up to as much again
    "max_retry_delay": timedelta(seconds=RETRY_MOST_S),
    "execution_timeout": timedelta(seconds=TASK_S),
    "on_retry_callback": _alert("retry"),
    "on_failure_callback": _alert("task failed"),
}
NO_GUARDS = {"retries": RETRIES_UNGUARDED, "retry_delay": timedelta(0)}


def _pipeline(dag_id: str, guarded: bool) -> None:
    @dag(
        dag_id=dag_id,
        schedule=None,
        catchup=False,
        max_active_runs=64,
        params={
            "batch": Param(1, type="integer", minimum=0),
            "source": Param("source", type="string"),
            "warehouse": Param("warehouse", type="string"),
            "layers": Param(1, type="integer", minimum=1, maximum=4),  # that retry, without guards
        },
        default_args=GUARDS if guarded else NO_GUARDS,
        on_failure_callback=_alert("run failed") if guarded else None,
        dagrun_timeout=timedelta(seconds=RUN_S) if guarded else None,
    )
    def pipeline() -> None:
        def asked() -> dict[str, Any]:
            return dict(get_current_context()["params"])

        @task(pool="source" if guarded else "default_pool")
        def extract() -> None:
            (_extract_guarded if guarded else _extract)(asked())

        @task(pool="warehouse" if guarded else "default_pool")
        def load() -> None:
            (_load_guarded if guarded else _load)(asked())

        @task
        def validate() -> None:
            (_validate_guarded if guarded else _validate)(asked())

        @task
        def publish() -> None:
            (_publish_guarded if guarded else _publish)(asked())

        extract() >> load() >> validate() >> publish()

    pipeline()


@contextmanager
def _warehouse(asked: dict[str, Any], step: str, autocommit: bool = False) -> Iterator[Any]:
    """A connection; committed at the end of the block, unless `autocommit`, and closed whatever happens."""
    found = Connection.get(asked["warehouse"])
    where = {"host": found.host, "port": found.port, "user": found.login, "password": found.password}
    where |= found.extra_dejson | {"dbname": found.schema}  # extras: such as sslmode
    with closing(psycopg2.connect(**where, application_name=f"{step} {asked['batch']}")) as connection:
        connection.autocommit = autocommit
        yield connection
        if not autocommit:
            connection.commit()


def _get(asked: dict[str, Any], path: str, timeout_s: float | None = None) -> bytes:
    base = guards.address(Connection.get(asked["source"]))
    with urllib.request.urlopen(f"{base}/{path}", timeout=timeout_s) as answer:
        return bytes(answer.read())


def _land(connection: Any, asked: dict[str, Any], body: bytes, manifest: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_landing VALUES (%s, %s, %s) ON CONFLICT (batch) DO UPDATE "
            "SET body = EXCLUDED.body, manifest = EXCLUDED.manifest",
            (asked["batch"], body, manifest.decode()),
        )


def _landed(connection: Any, asked: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    body, manifest = _one(connection, "SELECT body, manifest FROM orders_landing WHERE batch = %s", asked)
    return guards.lines_of(bytes(body)), json.loads(manifest, parse_float=Decimal)


# With guards.


@contextmanager
def _replacing(asked: dict[str, Any], step: str) -> Iterator[tuple[Any, Any]]:
    """Connection and cursor of a transaction that no other of the same batch runs beside."""
    guards.bound_waits(WAIT_S)
    with _warehouse(asked, step) as connection, connection.cursor() as cursor:
        guards.alone(cursor, f"orders {asked['batch']}", 2 * WAIT_S)
        yield connection, cursor


@contextmanager
def _not_again() -> Iterator[None]:
    """No retry of what the source has sent wrongly: it would find the same rows."""
    try:
        yield
    except (guards.ContractError, ValueError) as error:
        raise AirflowFailException(str(error)) from error


def _extract_guarded(asked: dict[str, Any]) -> None:
    guards.bound_waits(WAIT_S)
    with _warehouse(asked, "extract", autocommit=True) as connection:
        breaker = guards.CircuitBreaker(asked["source"], connection, failures=3, open_s=OPEN_S)
        body = breaker.call(lambda: _get(asked, f"orders/{asked['batch']}", WAIT_S))
        manifest = breaker.call(lambda: _get(asked, f"manifests/{asked['batch']}", WAIT_S))
        _land(connection, asked, body, manifest)


def _load_guarded(asked: dict[str, Any]) -> None:
    """One transaction that puts the batch in the place of whatever an earlier try has left."""
    with _replacing(asked, "load") as (connection, cursor):
        with _not_again():
            rows, dead = guards.parse(_landed(connection, asked)[0])
        for table in ("orders_staging", "dead_letter"):
            cursor.execute(f"DELETE FROM {table} WHERE batch = %s", (asked["batch"],))
        for chunk in _chunks(asked, rows):
            execute_values(cursor, "INSERT INTO orders_staging VALUES %s", chunk)
        if dead:
            letters = [(asked["batch"], *letter) for letter in dead]
            execute_values(cursor, "INSERT INTO dead_letter VALUES %s", letters)


def _validate_guarded(asked: dict[str, Any]) -> None:
    guards.bound_waits(WAIT_S)
    with _warehouse(asked, "validate") as connection:
        loaded, total = _one(connection, COUNTED, asked)
        (rejected,) = _one(connection, "SELECT count(*) FROM dead_letter WHERE batch = %s", asked)
        with _not_again():
            guards.check_contract(loaded, total, rejected, _landed(connection, asked)[1])


def _publish_guarded(asked: dict[str, Any]) -> None:
    with _replacing(asked, "publish") as (_, cursor):
        cursor.execute("DELETE FROM orders_published WHERE batch = %s", (asked["batch"],))
        cursor.execute(COPIED, (asked["batch"],))


# Without.


def _extract(asked: dict[str, Any]) -> None:
    """Each of the layers retries what is below it; the task's own retries are the first."""

    def fetch() -> tuple[bytes, bytes]:
        return _get(asked, f"orders/{asked['batch']}"), _get(asked, f"manifests/{asked['batch']}")

    for _ in range(asked["layers"] - 1):
        fetch = _retrying(fetch)
    with _warehouse(asked, "extract", autocommit=True) as connection:
        _land(connection, asked, *fetch())


def _retrying(function: Fetch) -> Fetch:
    def tried() -> tuple[bytes, bytes]:
        for _ in range(RETRIES_UNGUARDED):
            try:
                return function()
            except OSError:
                continue
        return function()

    return tried


def _load(asked: dict[str, Any]) -> None:
    """Chunk by chunk, each committed by itself; lines that are no rows are passed over."""
    with _warehouse(asked, "load", autocommit=True) as connection, connection.cursor() as cursor:
        rows, _ = guards.parse(_landed(connection, asked)[0])
        for chunk in _chunks(asked, rows):
            execute_values(cursor, "INSERT INTO orders_staging VALUES %s", chunk)


def _validate(asked: dict[str, Any]) -> None:
    with _warehouse(asked, "validate") as connection:
        loaded, _ = _one(connection, COUNTED, asked)
    if not loaded:
        raise ValueError("there are no rows")


def _publish(asked: dict[str, Any]) -> None:
    with _warehouse(asked, "publish") as connection, connection.cursor() as cursor:
        cursor.execute(COPIED, (asked["batch"],))


# Both.


def _chunks(asked: dict[str, Any], rows: list[guards.Row]) -> Iterator[list[tuple[object, ...]]]:
    for first in range(0, len(rows), CHUNK):
        yield [(asked["batch"], *row) for row in rows[first : first + CHUNK]]


def _one(connection: Any, query: str, asked: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, (asked["batch"],))
        return tuple(cursor.fetchone())


_pipeline("orders", guarded=True)
_pipeline("orders_unguarded", guarded=False)
