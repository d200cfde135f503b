"""What events tell, in SQLite: datasets, their columns, and what each was made from.

An event that says a job has written a dataset replaces what that job said of it before. A column's influences are
its own edges and those of its dataset (field "*"), which decide on rows. A dataset of the namespace that came first goes by
its name alone, one of another by "namespace/name".
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS event (run TEXT, kind TEXT, job TEXT, at TEXT, body TEXT, UNIQUE (run, kind, at, body));
CREATE TABLE IF NOT EXISTS home (namespace TEXT);
CREATE TABLE IF NOT EXISTS dataset (name TEXT PRIMARY KEY, at TEXT);
CREATE TABLE IF NOT EXISTS written (dataset TEXT, job TEXT, at TEXT, PRIMARY KEY (dataset, job)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS field (dataset TEXT, name TEXT, place INTEGER, PRIMARY KEY (dataset, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS input (job TEXT, source TEXT, dataset TEXT, PRIMARY KEY (dataset, source, job)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edge (
    dataset TEXT, field TEXT, source TEXT, source_field TEXT, type TEXT, subtype TEXT, job TEXT,
    PRIMARY KEY (dataset, field, source, source_field, type, subtype, job)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_down ON edge (source, source_field);
CREATE TABLE IF NOT EXISTS told (dataset TEXT, field TEXT, job TEXT, PRIMARY KEY (dataset, field, job)) WITHOUT ROWID;
"""
_UPSTREAM = """
WITH RECURSIVE up(dataset, field, direct) AS (
    SELECT :dataset, :field, 1
    UNION
    SELECT edge.source, edge.source_field, up.direct AND edge.type = 'DIRECT'
    FROM up JOIN edge ON edge.dataset = up.dataset AND edge.field IN (up.field, '*'))
SELECT dataset, field, max(direct) FROM up WHERE (dataset, field) <> (:dataset, :field) GROUP BY dataset, field
"""
_DOWNSTREAM = """
WITH RECURSIVE down(dataset, field, direct) AS (
    SELECT :dataset, :field, 1
    UNION
    SELECT field.dataset, field.name, down.direct AND edge.type = 'DIRECT'
    FROM down JOIN edge ON edge.source = down.dataset AND edge.source_field = down.field
    JOIN field ON field.dataset = edge.dataset AND edge.field IN (field.name, '*'))
SELECT dataset, field, max(direct) FROM down WHERE (dataset, field) <> (:dataset, :field) GROUP BY dataset, field
"""
_ROWS_OF = """
WITH RECURSIVE up(dataset) AS (
    SELECT source FROM input WHERE dataset = :dataset
    UNION SELECT input.source FROM up JOIN input ON input.dataset = up.dataset)
SELECT dataset FROM up ORDER BY dataset
"""


class EventError(ValueError):
    """An event that is not OpenLineage's, or lacks what the store needs; the message says what."""


@dataclass(frozen=True)
class Field:
    """A column that has an influence. kind: DIRECT if its values get there, else INDIRECT."""

    dataset: str
    field: str
    kind: str


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the store, made if it is new; committed if the block ends well."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.executescript(TABLES)
        with connection:
            yield connection


def receive(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    """Store a run's event; EventError, before anything is stored, if it is none.

    Events may come twice, late and in any order: those of one run add up, and of two runs of a job the one that
    completed last counts.
    """
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")
    try:
        run, kind, job, at = _header(event)
        body = json.dumps(event, ensure_ascii=False)
        body.encode()
        home = _home(connection, event["job"]["namespace"])
        inputs, _ = _datasets([event], home)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EventError(f"no run event of OpenLineage: {type(error).__name__} {error}") from None
    connection.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?)", (run, kind, job, at, body))
    for item in inputs:
        _remember(connection, item, at)
    told = connection.execute(
        "SELECT kind, at, body FROM event WHERE run = ? ORDER BY at, rowid", (run,)
    ).fetchall()
    if completed := [at for kind, at, _ in told if kind == "COMPLETE"]:
        inputs, outputs = _datasets([json.loads(body) for _, _, body in told], home)
        for item in outputs:
            _remember(connection, item, completed[-1])
            _replace(connection, job, item, [each.name for each in inputs], completed[-1])


@dataclass(frozen=True)
class _Dataset:
    """What an event says of one dataset. edges: field, source, its field, type, subtype."""

    name: str
    fields: list[str]
    told: list[str]
    edges: list[tuple[str, str, str, str, str]]


def _header(event: Mapping[str, Any]) -> tuple[str, str, str, str]:
    job = event["job"]
    run = str(uuid.UUID(event["run"]["runId"]))
    at = datetime.fromisoformat(event["eventTime"])
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    name = f"{_text(job['namespace'])}/{_text(job['name'])}"
    return run, _text(event["eventType"]), name, at.astimezone(UTC).isoformat(timespec="microseconds")


def _datasets(events: Iterable[Mapping[str, Any]], home: str) -> tuple[list[_Dataset], list[_Dataset]]:
    """Inputs and outputs of a run's events together; of a facet that several have the last counts."""
    found: dict[str, dict[str, dict[str, Any]]] = {"inputs": {}, "outputs": {}}
    for event in events:
        for part, items in found.items():
            for item in event.get(part) or []:
                facets = items.setdefault(_called(item, home), {})
                facets |= item.get("facets") or {}
    inputs, outputs = ([_dataset(*item, home) for item in each.items()] for each in found.values())
    return inputs, outputs


def _home(connection: sqlite3.Connection, namespace: str) -> str:
    found = connection.execute("SELECT namespace FROM home").fetchone()
    if found is None:
        connection.execute("INSERT INTO home VALUES (?)", (namespace,))
    return str(found[0]) if found else namespace


def _called(item: Mapping[str, Any], home: str) -> str:
    namespace, name = _text(item["namespace"]), _text(item["name"])
    return name if namespace == home else f"{namespace}/{name}"


def _dataset(name: str, facets: Mapping[str, Any], home: str) -> _Dataset:
    facet = facets.get("columnLineage") or {}
    fields = [_text(each["name"]) for each in (facets.get("schema") or {}).get("fields") or []]
    told = facet.get("fields") or {}
    return _Dataset(name, fields, list(told), list(_edges(told, facet.get("dataset") or [], home)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:50]} is no name")
    return value


def _edges(told: Mapping[str, Any], rows: list[Any], home: str) -> Iterator[tuple[str, str, str, str, str]]:
    for field, item in {**told, "*": {"inputFields": rows}}.items():
        for source in item["inputFields"]:
            for step in source.get("transformations") or [{"type": "DIRECT"}]:
                if step["type"] not in ("DIRECT", "INDIRECT"):
                    raise ValueError(f"a transformation is DIRECT or INDIRECT, not {step['type']}")
                subtype = _text(step.get("subtype") or "")
                yield field, _called(source, home), _text(source["field"]), step["type"], subtype


def _remember(connection: sqlite3.Connection, item: _Dataset, at: str) -> None:
    """A dataset's columns, unless a later event has told of others."""
    connection.execute("INSERT OR IGNORE INTO dataset (name) VALUES (?)", (item.name,))
    sql = "UPDATE dataset SET at = ? WHERE name = ? AND coalesce(at, '') <= ?"
    if not item.fields or not connection.execute(sql, (at, item.name, at)).rowcount:
        return
    connection.execute("DELETE FROM field WHERE dataset = ?", (item.name,))
    rows = [(item.name, field, place) for place, field in enumerate(item.fields)]
    connection.executemany("INSERT OR REPLACE INTO field VALUES (?, ?, ?)", rows)


def _replace(
    connection: sqlite3.Connection, job: str, item: _Dataset, inputs: Iterable[str], at: str
) -> None:
    sql = "INSERT INTO written VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at WHERE at <= excluded.at"
    if not connection.execute(sql, (item.name, job, at)).rowcount:
        return  # a later run has told
    for table in ("edge", "input", "told"):
        connection.execute(f"DELETE FROM {table} WHERE dataset = ? AND job = ?", (item.name, job))
    insert = "INSERT OR IGNORE INTO"
    connection.executemany(
        f"{insert} input VALUES (?, ?, ?)", [(job, source, item.name) for source in inputs]
    )
    edges = [(item.name, *edge, job) for edge in item.edges]
    connection.executemany(f"{insert} edge VALUES (?, ?, ?, ?, ?, ?, ?)", edges)
    connection.executemany(
        f"{insert} told VALUES (?, ?, ?)", [(item.name, field, job) for field in item.told]
    )


def upstream(connection: sqlite3.Connection, dataset: str, field: str) -> list[Field]:
    """Every column that has an influence on one, through any number of steps."""
    return walk(connection, _UPSTREAM, dataset, field)


def downstream(connection: sqlite3.Connection, dataset: str, field: str) -> list[Field]:
    """Every column on which one has an influence."""
    return walk(connection, _DOWNSTREAM, dataset, field)


def walk(connection: sqlite3.Connection, query: str, dataset: str, field: str) -> list[Field]:
    """The fields that `query` finds for a column."""
    found = connection.execute(query, {"dataset": dataset, "field": field})
    return [
        Field(table, name, "DIRECT" if direct else "INDIRECT") for table, name, direct in found if name != "*"
    ]


def rows_of(connection: sqlite3.Connection, dataset: str) -> list[str]:
    """Every dataset that one was made from, through any number of steps."""
    return [name for (name,) in connection.execute(_ROWS_OF, {"dataset": dataset})]


def columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Columns of every dataset that an event has named, in their order."""
    found: dict[str, list[str]] = {
        name: [] for (name,) in connection.execute("SELECT name FROM dataset ORDER BY name")
    }
    for dataset, name in connection.execute("SELECT dataset, name FROM field ORDER BY dataset, place"):
        found[dataset].append(name)
    return found


def edges(connection: sqlite3.Connection) -> list[dict[str, str]]:
    """Every edge: dataset and field, from which source and field, type and subtype."""
    names = ("dataset", "field", "source", "source_field", "type", "subtype")
    found = connection.execute(f"SELECT DISTINCT {', '.join(names)} FROM edge ORDER BY {', '.join(names)}")
    return [dict(zip(names, row, strict=True)) for row in found]
