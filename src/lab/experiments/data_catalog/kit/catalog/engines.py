"""The two stores: SQLite with FTS5, a file; PostgreSQL with its full text. All that differs between them is here.

Both are given words that are found already (`words.py`) and the same tables; so they find the same datasets, and rank
them in their own ways: SQLite by BM25 with a weight for each column, PostgreSQL by ts_rank, which knows no rare words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

# In the order of the index's columns: weight for BM25, label for ts_rank.
COLUMNS = {
    "name": (10.0, "A"),
    "owner": (10.0, "B"),
    "field": (10.0, "B"),
    "title": (1.0, "C"),
    "tag": (1.0, "C"),
    "body": (0.2, "D"),
}
RANKS = "{0.02, 0.1, 1.0, 1.0}"  # of D, C, B, A

TABLES = (
    "CREATE TABLE IF NOT EXISTS dataset (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " updated INTEGER NOT NULL, record TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS label (number INTEGER NOT NULL, kind TEXT NOT NULL, folded TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (number, kind, value))",
    "CREATE INDEX IF NOT EXISTS label_value ON label (kind, folded, number)",
    # Words by what is left of them without one letter: of a misspelt word's own remains one is among them.
    "CREATE TABLE IF NOT EXISTS deletion (variant TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (variant, word))",
)
# What a table of the catalog's must have: one of another kind is somebody else's.
SHAPES = {
    "dataset": "number, id, updated, record",
    "label": "number, kind, folded, value",
    "deletion": "variant, word",
}
Rows = Sequence[Sequence[Any]]


class StoreError(RuntimeError):
    """The database can't be opened, or does not answer."""


class Engine(Protocol):
    """A store. exact, named, prefix, both, either: how a match is written; named: in a dataset's name.

    match: SQL, gives number and relevance.
    begin: what makes a transaction the only one that writes. key: the index's column for a dataset's number.
    """

    exact: str
    named: str
    prefix: str
    both: str
    either: str
    match: str
    begin: Sequence[str]
    key: str

    def connect(self) -> Any: ...
    def execute(self, connection: Any, sql: str, values: Sequence[Any] = ()) -> list[Any]: ...
    def fill(self, connection: Any, table: str, rows: Rows) -> None: ...
    def index(self, connection: Any, documents: Mapping[int, Mapping[str, Sequence[str]]]) -> None: ...
    def size(self, connection: Any) -> int: ...


class Sqlite:
    """A file, made if it is not there. StoreError if this Python's SQLite has no FTS5."""

    exact, named, prefix = '"{}"', 'name : "{}"', '"{}" *'
    both, either = " AND ", " OR "
    begin: Sequence[str] = ("BEGIN IMMEDIATE",)
    key = "rowid"
    match = (
        f"SELECT rowid AS number, -bm25(document, {', '.join(str(weight) for weight, _ in COLUMNS.values())})"
        " AS relevance FROM document WHERE document MATCH ?"
    )
    # Words come separated by spaces. This tokenizer leaves everything beyond ASCII as it is.
    _document = (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS document USING fts5({', '.join(COLUMNS)}, tokenize='ascii',"
        " prefix='2 3 4')"
    )

    def __init__(self, path: str) -> None:
        self._path = path

    def connect(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            for table, columns in {**SHAPES, "document": ", ".join(COLUMNS)}.items():
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone():
                    connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            for statement in (*TABLES, self._document):
                connection.execute(statement)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise StoreError(f"SQLite can't use {self._path}: {error}") from None
        return connection

    def execute(self, connection: Any, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return list(connection.execute(sql, tuple(values)))

    def fill(self, connection: Any, table: str, rows: Rows) -> None:
        if not rows:
            return
        marks = ", ".join("?" * len(rows[0]))
        with self._errors():
            connection.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", rows)

    def index(self, connection: Any, documents: Mapping[int, Mapping[str, Sequence[str]]]) -> None:
        rows = [[number, *(" ".join(found[name]) for name in COLUMNS)] for number, found in documents.items()]
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        with self._errors():
            connection.executemany(
                f"INSERT INTO document(rowid, {', '.join(COLUMNS)}) VALUES ({marks})", rows
            )

    def size(self, connection: Any) -> int:
        (pages,), (bytes_each,) = (
            self.execute(connection, f"PRAGMA {name}")[0] for name in ("page_count", "page_size")
        )
        return int(pages * bytes_each)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"SQLite's {self._path}: {error}") from error


class Postgres:
    """A database by its URL; everything lies in one schema of it, made if it is not there."""

    exact, named, prefix = "'{}'", "'{}':A", "'{}':*"
    both, either = " & ", " | "
    begin: Sequence[str] = ("BEGIN", "LOCK TABLE dataset IN EXCLUSIVE MODE")
    key = "number"
    match = (
        f"SELECT number, ts_rank('{RANKS}', words, asked) AS relevance"
        " FROM document, (SELECT CAST(? AS tsquery) AS asked) AS question WHERE words @@ asked"
    )
    _document = (
        "CREATE TABLE IF NOT EXISTS document (number INTEGER PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX IF NOT EXISTS document_words ON document USING gin (words)",
    )

    def __init__(self, url: str, schema: str = "catalog") -> None:
        if not schema.isidentifier() or not schema.isascii():
            raise StoreError(f"a schema is called by letters, digits and underscores, not {schema!r}")
        self._url, self._schema = url, schema

    def connect(self) -> Any:
        import psycopg

        connection = None
        try:
            connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            connection.execute(f'SET search_path = "{self._schema}"')
            for table, columns in {**SHAPES, "document": "number, words"}.items():
                if self._has(connection, table):
                    connection.execute(f"SELECT {columns} FROM {table} LIMIT 0")
            # Who may only read must not be asked for the right to create what is there.
            if not self._has(connection, "document_words"):
                self._create(connection)
        except psycopg.Error as error:
            if connection is not None:
                connection.close()
            raise StoreError(f"PostgreSQL can't be used: {error}") from None
        return connection

    def _has(self, connection: Any, name: str) -> bool:
        found = connection.execute("SELECT to_regclass(%s)", [f'"{self._schema}".{name}']).fetchone()
        return found != (None,)

    def _create(self, connection: Any) -> None:
        # Two that start at once would both find no schema.
        connection.execute("SELECT pg_advisory_lock(20261128)")
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
        for statement in (*TABLES, *self._document):
            connection.execute(statement)
        connection.execute("SELECT pg_advisory_unlock(20261128)")

    def execute(self, connection: Any, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            cursor = connection.execute(sql.replace("?", "%s"), tuple(values))
            return list(cursor.fetchall()) if cursor.description else []

    def fill(self, connection: Any, table: str, rows: Rows) -> None:
        with self._errors(), connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP")
            with cursor.copy("COPY arriving FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO {table} SELECT * FROM arriving ON CONFLICT DO NOTHING")
            cursor.execute("DROP TABLE arriving")

    def index(self, connection: Any, documents: Mapping[int, Mapping[str, Sequence[str]]]) -> None:
        self.fill(connection, "document", [(number, _vector(found)) for number, found in documents.items()])

    def size(self, connection: Any) -> int:
        sql = (
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = ? AND relkind = 'r'"
        )
        return int(self.execute(connection, sql, [self._schema])[0][0])

    def drop(self) -> None:
        """Remove the catalog with all that is in it."""
        connection = self.connect()
        connection.execute(f'DROP SCHEMA "{self._schema}" CASCADE')
        connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            said = "does not answer" if isinstance(error, psycopg.OperationalError) else "refuses"
            raise StoreError(f"PostgreSQL {said}: {error}") from error


def _vector(found: Mapping[str, Sequence[str]]) -> str:
    """A tsvector as text: each word with its places, of which PostgreSQL keeps 255, up to the 16,383rd."""
    places: dict[str, list[str]] = {}
    place = 0
    for name, (_, label) in COLUMNS.items():
        for word in found[name]:
            place += 1
            known = places.setdefault(word, [])
            if len(known) < 255:
                known.append(f"{min(place, 16_383)}{label}")
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
