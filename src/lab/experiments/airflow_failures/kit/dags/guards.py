"""Guards for the tasks of a pipeline, each usable by itself; none needs Airflow, and psycopg2 is imported where it is used."""

from __future__ import annotations

import csv
import json
import select
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

T = TypeVar("T")
Row = tuple[str, str, Decimal]
COLUMNS = ["order", "customer", "amount"]
DIGITS = 131_072, 16_383  # before and after the point, that PostgreSQL's numeric has at most


class WaitTimeoutError(Exception):
    """The server did not answer in time; the connection is closed."""


class ContractError(Exception):
    """A batch is not what its manifest says. To try again is of no use until the source sends another one."""


class CircuitOpenError(Exception):
    """Not asked: the source failed several times just now."""


def bound_waits(seconds: float) -> None:
    """Have every wait of psycopg2 in this process, connecting included, end after `seconds` with WaitTimeoutError.

    A server that is stopped, or a network that swallows packets, answers nothing at all: `statement_timeout` is kept by
    the server, TCP's own time-outs by its kernel, which is well. And a signal does not end a wait inside of libpq, so that
    Airflow's `execution_timeout` comes only when the wait is over. This wait is Python's. It is the whole process's, and psycopg2
    does no COPY with it; a statement that works for longer is cut off too.
    """
    from psycopg2 import extensions

    def wait(connection: Any) -> None:
        deadline = time.monotonic() + seconds
        while (state := connection.poll()) != extensions.POLL_OK:
            reading = [connection.fileno()] if state == extensions.POLL_READ else []
            writing = [connection.fileno()] if state == extensions.POLL_WRITE else []
            left = max(0.0, deadline - time.monotonic())
            if not any(select.select(reading, writing, [], left)):
                raise WaitTimeoutError(f"the database did not answer within {seconds:g} s")

    extensions.set_wait_callback(wait)


def alone(cursor: Any, name: str, seconds: float) -> None:
    """Have the rest of this transaction to itself among those that ask for the same `name`: for PostgreSQL, any DB-API driver.

    To delete a batch and insert it again is safe to repeat, and not safe to do twice at once: neither sees the other's rows,
    and both stay. A server that has not heard of its client for `seconds` ends the transaction, which would keep the others out.
    """
    cursor.execute(
        "SELECT set_config('idle_in_transaction_session_timeout', %s, true), pg_advisory_xact_lock(hashtextextended(%s, 0))",
        (f"{seconds * 1000:.0f}", name),
    )


def answered(error: BaseException) -> bool:
    """Whether a source is well though it refused: HTTP's 4xx blame who asks, but for 408 and 429."""
    return (
        isinstance(error, urllib.error.HTTPError) and error.code // 100 == 4 and error.code not in (408, 429)
    )


@dataclass(frozen=True)
class CircuitBreaker:
    """Opens after `failures` in a row and stays open for `open_s`; then one caller, and no other, may try.

    Its state is a row of the table `circuit_breaker` behind `connection` (DB-API, autocommit), so that tasks on all
    workers share it, and each change is one statement. Airflow's time-out of a task, no `Exception`, counts as a failure;
    a source that has `answered` does not.
    """

    name: str
    connection: Any
    failures: int = 3
    open_s: float = 30.0

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns; CircuitOpenError without calling it while the breaker is open."""
        if not self._may_call():
            raise CircuitOpenError(f"{self.name} failed {self.failures} times in a row; asked again later")
        try:
            found = function()
        except (KeyboardInterrupt, SystemExit):  # by whoever ends the task: nothing is known of the source
            raise
        except BaseException as error:
            if answered(error):
                self._close()
                raise
            self._run(
                "INSERT INTO circuit_breaker VALUES (%s, 1, clock_timestamp()) ON CONFLICT (name) DO UPDATE "
                "SET failures = circuit_breaker.failures + 1, at = clock_timestamp()",
                (self.name,),
            )
            raise
        self._close()
        return found

    def _close(self) -> None:
        self._run("DELETE FROM circuit_breaker WHERE name = %s", (self.name,))

    def _may_call(self) -> bool:
        if not self._run(
            "SELECT 1 FROM circuit_breaker WHERE name = %s AND failures >= %s", (self.name, self.failures)
        ):
            return True
        # To claim the trial moves the clock, so that a second caller finds the breaker open.
        return self._run(
            "UPDATE circuit_breaker SET at = clock_timestamp() WHERE name = %s AND failures >= %s "
            "AND at < clock_timestamp() - make_interval(secs => %s)",
            (self.name, self.failures, self.open_s),
        )

    def _run(self, statement: str, values: tuple[object, ...]) -> bool:
        """Whether the statement found a row."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return bool(cursor.rowcount > 0)


def lines_of(body: bytes) -> list[str]:
    """Of text in whatever encoding: what is no UTF-8 is marked, for `parse`. Not by `splitlines`, which ends a line at signs that
    a name may have."""
    return body.decode(errors="surrogateescape").split("\n")


def parse(lines: Iterable[str]) -> tuple[list[Row], list[tuple[int, str, str]]]:
    """(rows, dead letters) of CSV lines below the head `order,customer,amount`; a dead letter: line number, text, reason.

    A name in quotes may hold commas, and no line break. ContractError for another head: columns may have changed places.
    """
    rows: list[Row] = []
    dead: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines, start=1):
        if number == 1:
            if _fields(line.removeprefix("\ufeff")) != COLUMNS:
                raise ContractError(f"a head {line[:100]!r}, where {','.join(COLUMNS)} was promised")
            continue
        if not line.strip():
            continue
        try:
            order, customer, amount = _fields(line)
            rows.append((_named(order), _named(customer), _finite(amount)))
        except (ValueError, InvalidOperation, csv.Error) as error:
            dead.append((number, _storable(line), _storable(str(error)) or "not a number"))
    return rows, dead


def _fields(line: str) -> list[str]:
    return [part.strip() for row in csv.reader([line], strict=True, skipinitialspace=True) for part in row]


def _named(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("an empty name, or one that no database takes")
    text.encode()  # fails where a byte was none of UTF-8
    return text


def _storable(text: str) -> str:
    """With signs for what no database takes."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _finite(text: str) -> Decimal:
    amount = Decimal(text)
    before, after = DIGITS
    if not amount.is_finite() or amount.adjusted() >= before or -int(amount.as_tuple().exponent) > after:
        raise ValueError(f"{text[:100]} is no amount")
    return amount


def check_contract(
    loaded: int, total: Decimal, rejected: int, manifest: Mapping[str, Any], most_rejected: float = 0.01
) -> None:
    """ContractError unless loaded and rejected rows are as many as the manifest's `rows`, at most a share of
    `most_rejected` was rejected, and, if none was, `total` is the manifest's."""
    promised, due = _promised(manifest, "rows"), _promised(manifest, "total")
    if loaded + rejected != promised:
        raise ContractError(f"{loaded} rows and {rejected} dead letters, where {promised} were promised")
    if rejected > most_rejected * float(promised):
        raise ContractError(f"{rejected} of {promised} rows are dead letters, over {most_rejected:.1%}")
    if not rejected and total != due:
        raise ContractError(f"a total of {total}, where {due} was promised")


def _promised(manifest: Mapping[str, Any], name: str) -> Decimal:
    try:
        found = Decimal(str(manifest[name]))
    except (KeyError, TypeError, InvalidOperation):
        found = Decimal("NaN")
    if not found.is_finite():
        raise ContractError(f"a manifest without a number of {name}: {str(manifest)[:100]}")
    return found


def address(connection: Any) -> str:
    """The URL that one of Airflow's connections means: scheme, host, port and path; no login and no extras.

    `get_uri` is none: it encodes the slashes of a path. A host may have its scheme with it, as Airflow's forms take it; `schema`
    is the scheme for Airflow's HTTP hook, and the path in AIRFLOW_CONN_NAME=https://host/some/path.
    """
    scheme, _, host = str(connection.host or "").rpartition("://")
    schema = str(connection.schema or "").strip("/")
    if schema in ("http", "https"):
        scheme, schema = scheme or schema, ""
    scheme = scheme or ("https" if connection.conn_type == "https" else "http")
    name, _, path = host.partition("/")
    port = f":{connection.port}" if connection.port else ""
    parts = [part for part in (path.strip("/"), urllib.parse.quote(schema)) if part]
    return "/".join([f"{scheme}://{name}{port}", *parts])


def alert(url: str, kind: str, context: Mapping[str, Any]) -> None:
    """Tell the webhook `url` what became of a task, or of a run, by the context of Airflow's callbacks."""
    ti = context.get("ti")
    told = {
        "source": "callback",
        "kind": kind,
        "dag_id": context["dag"].dag_id,
        "run_id": context["run_id"],
        "task_id": getattr(ti, "task_id", "") or "",
        "try_number": getattr(ti, "try_number", 0) or 0,
        "reason": str(context.get("exception") or context.get("reason") or "")[:300],
    }
    request = urllib.request.Request(url, json.dumps(told).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        answer.read()
