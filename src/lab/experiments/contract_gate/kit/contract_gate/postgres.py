"""PostgreSQL, read only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .rules import ContractError
from .sources import TYPE_NAME, DataError, Types, literal, relation

_COLUMNS = """
SELECT a.attname, CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod)
    ELSE format_type(a.atttypid, a.atttypmod) END
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


@dataclass
class PostgresSource:
    """PostgreSQL, in the schemas of the session's search path."""

    connection: Any
    exact: bool = True
    raw: dict[str, str] = field(default_factory=dict)

    def columns(self, table: str) -> Types | str:
        (found,) = self.connection.execute("SELECT to_regclass(%s)::text", [relation(table)]).fetchone()
        if found is None:
            return "there is no such table"
        return dict(self.connection.execute(_COLUMNS, [relation(table)]).fetchall())

    def row(self, query: str) -> tuple[Any, ...]:
        import psycopg

        try:
            # Prepared: the server then takes one statement alone.
            with self.connection.transaction():
                return self.connection.execute(query, prepare=True).fetchone() or (None,)
        except psycopg.Error as error:
            raise ContractError(f"{query}: {str(error).splitlines()[0]}") from None

    def canonical(self, type_: str) -> str | None:
        import psycopg

        if not TYPE_NAME.fullmatch(type_):
            return None
        try:
            with self.connection.transaction():
                result = self.connection.execute(f"SELECT CAST(NULL AS {type_})").pgresult
            modified = [result.ftype(0), result.fmod(0)]
            return str(
                self.connection.execute("SELECT format_type(%s::oid, %s::int)", modified).fetchone()[0]
            )
        except psycopg.Error:
            return None

    def matches(self, value: str, pattern: str) -> str:
        return f"{value} ~ {literal(pattern)}"


@contextmanager
def opened(dsn: str) -> Iterator[PostgresSource]:
    import psycopg

    try:
        connection = psycopg.connect(dsn, autocommit=True)
    except psycopg.Error as error:
        raise DataError(f"PostgreSQL can't be reached: {str(error).splitlines()[0]}") from None
    with connection:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET TimeZone = 'UTC'")
        yield PostgresSource(connection)
