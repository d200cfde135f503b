"""Provider `postgresql`: roles, databases, schemas and grants on schemas, a part of what cyrilgdn/postgresql has.

Reads libpq's variables: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE.
"""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

import psycopg
from psycopg import sql
from tf import runner
from tf.schema import Attribute
from tf.types import Bool, Number, Set, String
from thing import OneProvider, State, Thing

NUMBER = re.compile(r"\s*([+-]?(?:0[xX][\da-fA-F.]+|[\d.]+(?:[eE][+-]?\d+)?))\s*([a-z]*)\s*")
UNITS = {"": 1, "us": 0.001, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
SMALLER = {"d": "h", "h": "min", "min": "s", "s": "ms", "ms": "us"}
RIGHTS = {"USAGE", "CREATE"}


def milliseconds(text: str) -> int:
    """A duration as PostgreSQL reads it: '30s', '30000', '30000ms', '3e4' and '0x7530' are the same. It keeps what was typed,
    and one role with an odd number in it must not end the whole look.
    """
    found = NUMBER.fullmatch(text)
    if not found or found[2] not in UNITS:
        raise ValueError(f"{text!r} is no duration")
    value = _number(found[1]) * UNITS[found[2]]
    if found[2] in SMALLER:  # the server first rounds to whole ones of the next smaller unit
        step = UNITS[SMALLER[found[2]]]
        value = round(value / step) * step
    return round(value)


def _number(text: str) -> float:
    """As C reads it: to base 16 after 0x, to base 8 after another 0."""
    if re.match(r"[+-]?0[xX]", text):
        return float.fromhex(text)
    return float(int(text, 8)) if re.fullmatch(r"[+-]?0[0-7]+", text) else float(text)


def fixed(what: str) -> Attribute:
    """An attribute that must be given; another value means another object."""
    return Attribute(what, String(), required=True, requires_replace=True)


def settable(what: str, kind: Any, **more: Any) -> Attribute:
    """An attribute that may be left out; then it is whatever it is, and a plan does not change it."""
    return Attribute(what, kind, optional=True, computed=True, **more)


class Role(Thing):
    kind, key = "role", "name"
    attributes = (
        fixed("name"),
        settable("login", Bool(), default=False),
        settable("connection_limit", Number(), default=-1),
        settable("statement_timeout", Number(), default=0),
    )

    def look(self, current: State) -> State | None:
        rows = self.provider.rows(
            "SELECT rolcanlogin, rolconnlimit, rolconfig FROM pg_roles WHERE rolname = %s", [current["name"]]
        )
        if not rows:
            return None
        login, limit, config = rows[0]
        settings = dict(line.split("=", 1) for line in config or ())
        timeout = milliseconds(settings.get("statement_timeout", "0"))
        return {
            "name": current["name"],
            "login": login,
            "connection_limit": limit,
            "statement_timeout": timeout,
        }

    def make(self, planned: State) -> None:
        self.provider.run("CREATE ROLE {}", planned["name"])
        self.change({}, planned)

    def change(self, current: State, planned: State) -> None:
        login = "LOGIN" if planned["login"] else "NOLOGIN"
        limit, timeout = int(planned["connection_limit"]), int(planned["statement_timeout"])
        self.provider.run(f"ALTER ROLE {{}} {login} CONNECTION LIMIT {limit}", planned["name"])
        setting = f"SET statement_timeout = {timeout}" if timeout else "RESET statement_timeout"
        self.provider.run(f"ALTER ROLE {{}} {setting}", planned["name"])

    def remove(self, current: State) -> None:
        self.provider.run("DROP ROLE {}", current["name"])


class Database(Thing):
    kind, key = "database", "name"
    attributes = (
        fixed("name"),
        settable("owner", String()),
        settable("lc_collate", String(), requires_replace=True),
    )

    def look(self, current: State) -> State | None:
        rows = self.provider.rows(
            "SELECT pg_get_userbyid(datdba), datcollate FROM pg_database WHERE datname = %s",
            [current["name"]],
        )
        return {"name": current["name"], "owner": rows[0][0], "lc_collate": rows[0][1]} if rows else None

    def make(self, planned: State) -> None:
        owner, collation = planned["owner"], planned["lc_collate"]
        options, values = "", [planned["name"]]
        if isinstance(owner, str):
            options, values = options + " OWNER {}", [*values, owner]
        if isinstance(collation, str):
            options += " LC_COLLATE " + sql.Literal(collation).as_string(None) + " TEMPLATE template0"
        self.provider.run("CREATE DATABASE {}" + options, *values)

    def change(self, current: State, planned: State) -> None:
        self.provider.run("ALTER DATABASE {} OWNER TO {}", planned["name"], planned["owner"])

    def remove(self, current: State) -> None:
        self.provider.run("DROP DATABASE {}", current["name"])


class SchemaOf(Thing):
    kind, key = "schema", "name"
    attributes = (
        fixed("name"),
        fixed("database"),
        settable("owner", String()),
    )

    def look(self, current: State) -> State | None:
        rows = self.provider.rows(
            "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = %s",
            [current["name"]],
            current["database"],
        )
        return {**current, "owner": rows[0][0]} if rows else None

    def make(self, planned: State) -> None:
        owner = planned["owner"]
        more = " AUTHORIZATION {}" if isinstance(owner, str) else ""
        values = [planned["name"], owner] if more else [planned["name"]]
        self.provider.run("CREATE SCHEMA {}" + more, *values, database=planned["database"])

    def change(self, current: State, planned: State) -> None:
        self.provider.run(
            "ALTER SCHEMA {} OWNER TO {}", planned["name"], planned["owner"], database=planned["database"]
        )

    def remove(self, current: State) -> None:
        self.provider.run("DROP SCHEMA {}", current["name"], database=current["database"])


class Grant(Thing):
    """All that one role may do with one schema."""

    kind, key = "grant", "role"
    attributes = (
        fixed("database"),
        fixed("role"),
        fixed("schema"),
        fixed("object_type"),
        Attribute("privileges", Set(String()), required=True),
    )

    def validate(self, diags: Any, type_name: str, config: Any) -> None:
        super().validate(diags, type_name, config)
        if config["object_type"] != "schema":
            diags.add_error("object_type must be schema", "This provider grants on schemas alone.")

    def look(self, current: State) -> State | None:
        rows = self.provider.rows(
            "SELECT array(SELECT a.privilege_type::text FROM aclexplode(n.nspacl) a WHERE a.grantee = r.oid ORDER BY 1) "
            "FROM pg_namespace n, pg_roles r WHERE n.nspname = %s AND r.rolname = %s",
            [current["schema"], current["role"]],
            current["database"],
        )
        return {**current, "privileges": sorted(set(rows[0][0]))} if rows else None

    def make(self, planned: State) -> None:
        rights = sorted(planned["privileges"])
        if unknown := sorted(set(rights) - RIGHTS):
            raise ValueError(f"no privilege on a schema: {', '.join(unknown)}")
        names, database = (planned["schema"], planned["role"]), planned["database"]
        statements = ["REVOKE ALL ON SCHEMA {} FROM {}"]
        if rights:
            statements.append(f"GRANT {', '.join(rights)} ON SCHEMA {{}} TO {{}}")
        self.provider.run("; ".join(statements), *names * len(statements), database=database)

    def change(self, current: State, planned: State) -> None:
        self.make(planned)

    def remove(self, current: State) -> None:
        self.make({**current, "privileges": []})

    def import_(self, ctx: Any, id: str) -> State | None:
        ctx.diagnostics.add_error(
            "A grant can't be imported", "Write it; applying what is granted changes nothing."
        )
        return None


class PostgreSQL(OneProvider):
    type = "postgresql"
    resources = (Role, Database, SchemaOf, Grant)

    def __init__(self) -> None:
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._lock = threading.Lock()

    def rows(self, query: str, values: list[Any], database: str = "") -> list[Any]:
        with self._lock:
            return self._to(database).execute(query, values).fetchall()

    def run(self, statement: str, *names: str, database: str = "") -> None:
        """A statement, or several in one transaction, with quoted names in the place of {}."""
        with self._lock:
            self._to(database).execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _to(self, database: str) -> psycopg.Connection[Any]:
        """A connection, made anew where the last one broke."""
        found = self._connections.get(database)
        if found is None or found.closed:
            own: dict[str, Any] = {"dbname": database} if database else {}
            found = psycopg.connect(autocommit=True, connect_timeout=10, application_name="tofu", **own)
            self._connections[database] = found
        return found


if __name__ == "__main__":
    runner.run_provider(PostgreSQL(), sys.argv)
