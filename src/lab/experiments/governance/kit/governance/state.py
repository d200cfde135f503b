"""What the audit reads from the database, by the files in `queries`: rows as they are, no judgement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

QUERIES = {path.stem: path.read_text() for path in sorted(Path(__file__).with_name("queries").glob("*.sql"))}
SELDOM_FILLED = 20  # of a table with more rows than this times the sample, pages are drawn at random
Rows = Sequence[Mapping[str, Any]]
# PostgreSQL has times that Python has not (infinity, BC, after 9999): in a sample they are text.
TIMES = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


@dataclass(frozen=True)
class State:
    """One database as it is. log: None where it can't be read, and `unread` says why."""

    connection: psycopg.Connection[dict[str, Any]]
    grants: Rows
    roles: Rows
    members: Rows
    columns: Rows
    log: Rows | None
    unread: str = ""
    rows: int = 200
    tables: Mapping[str, Rows] = field(default_factory=dict)

    def sample(self, dataset: str) -> Rows:
        """Up to `rows` rows of a table; of a large one from pages drawn at random. psycopg.Error if they can't be read."""
        first = self.tables[dataset][0]
        table = sql.Identifier(first["schema"], first["table"])
        drawn: sql.Composable = sql.SQL("")
        if first["kind"] in ("r", "m") and first["rows"] > SELDOM_FILLED * self.rows:
            share = 100 * SELDOM_FILLED * self.rows / first["rows"]
            drawn = sql.SQL("TABLESAMPLE SYSTEM ({})").format(share)
        query = sql.SQL("SELECT * FROM {} {} LIMIT {}").format(table, drawn, self.rows)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for kind in TIMES:
                cursor.adapters.register_loader(kind, TextLoader)
            return cursor.execute(query).fetchall()

    def older(self, dataset: str, column: str, days: int, at: datetime) -> int:
        """Rows of a table that are more than `days` older than `at`, by `column`. psycopg.Error if it can't be told."""
        first = self.tables[dataset][0]
        table = sql.Identifier(first["schema"], first["table"])
        # No parameters: a name with a percent sign would be taken for the place of one.
        limit = sql.SQL("{}::timestamptz - {} * interval '1 day'").format(sql.Literal(at), sql.Literal(days))
        query = sql.SQL("SELECT count(*) AS rows FROM {} WHERE {} < {}")
        with self.connection.transaction():
            found = self.connection.execute(query.format(table, sql.Identifier(column), limit)).fetchone()
        return int(found["rows"]) if found else 0


def look(
    connection: psycopg.Connection[dict[str, Any]],
    since: datetime,
    rows: int,
    queries: Mapping[str, str] = QUERIES,
) -> State:
    """Read everything but the tables' own rows."""
    connection.row_factory = dict_row
    # Without this a role that row-level security applies to would be shown a part and take it for all.
    connection.execute("SET row_security = off")
    found = {
        name: connection.execute(queries[name]).fetchall()
        for name in ("grants", "roles", "members", "columns")
    }
    log, unread = _log(connection, queries["log"], since)
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for row in found["columns"]:
        tables.setdefault(row["dataset"], []).append(row)
    return State(connection, **found, log=log, unread=unread, rows=rows, tables=tables)


def _log(
    connection: psycopg.Connection[dict[str, Any]], query: str, since: datetime
) -> tuple[Rows | None, str]:
    """The log since a time, or why there is none that tells enough."""
    if missing := lacking({name: _setting(connection, name) for name in TOLD_BY}):
        return None, f"the log does not tell enough: {', '.join(missing)}"
    try:
        with connection.transaction():
            return connection.execute(query, {"since": since}).fetchall(), ""
    except psycopg.Error as error:
        return None, f"the log can't be read: {str(error).splitlines()[0]}"


# Words of a setting one of which has to be there. log_connections is a list of its own from PostgreSQL 18 on.
TOLD_BY = {
    "log_destination": ("jsonlog",),
    "logging_collector": ("on",),
    "log_connections": ("on", "true", "yes", "1", "all", "authorization"),
    "shared_preload_libraries": ("pgaudit",),
    "pgaudit.log": ("read", "write", "all"),  # none is the default
}


def lacking(settings: Mapping[str, str]) -> list[str]:
    """What has to be set before the log tells who did what. settings: of `TOLD_BY`, "" for one that there is not."""
    words = {name: set(re.split(r"[\s,\"]+", settings[name].lower())) for name in TOLD_BY}
    return [f"{name} lacks {due[0]}" for name, due in TOLD_BY.items() if words[name].isdisjoint(due)]


def _setting(connection: psycopg.Connection[dict[str, Any]], name: str) -> str:
    # Of what a role may not see, this view has no row, where current_setting would end the transaction.
    row = connection.execute("SELECT setting FROM pg_settings WHERE name = %s", (name,)).fetchone()
    return str(row["setting"]) if row else ""
