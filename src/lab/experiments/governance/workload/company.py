"""A company's database without a fault, and the catalogue that describes it; made by rule, the same for a seed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from lab.experiments.governance import oracle

SCHEMA, OWNER, AUDITOR, SUPERUSER = "shop", "warehouse", "auditor", "lab"
LOGINS = ("anna", "ben", "carla", "dora")
OWNERS = ("maria", "omar", "ines", "tomas")  # people who own datasets and have no login here
ROWS, KEPT_DAYS = 60, 365
SQL = str
Make = Callable[[Random], Any]


@dataclass(frozen=True)
class Column:
    """A column with what it holds. personal: its class is then confidential."""

    name: str
    type: str
    make: Make
    label: str = oracle.NONE


def _age(name: str) -> Column:
    return Column(
        name, "date", lambda random: date.today() - timedelta(days=random.randrange(1, KEPT_DAYS - 60))
    )


# Half of them hold personal data; all have columns that only look so. The last column tells a row's age.
KINDS: dict[str, tuple[Column, ...]] = {
    "customers": (
        Column("email", "text", oracle.email, "email"),
        Column("family_name", "text", lambda random: oracle.word(random, 7).title(), "person_name"),
        Column("newsletter", "boolean", lambda random: random.random() < 0.5),
        _age("created_on"),
    ),
    "products": (
        Column("ean", "text", oracle.ean),
        Column("title", "text", lambda random: f"{oracle.word(random)} {oracle.word(random)}"),
        Column("price", "numeric(8, 2)", lambda random: round(random.uniform(1, 900), 2)),
        _age("listed_on"),
    ),
    "payments": (
        Column("iban", "text", oracle.iban, "bank_account"),
        Column("card", "bigint", lambda random: int(oracle.card(random)), "payment_card"),
        Column("amount", "numeric(10, 2)", lambda random: round(random.uniform(1, 900), 2)),
        _age("paid_on"),
    ),
    "releases": (
        Column("version", "text", oracle.HARMLESS["version"]),
        Column("build", "bigint", lambda random: random.randrange(10**9, 10**10)),
        Column("notes", "text", lambda random: " ".join(oracle.word(random) for _ in range(12))),
        _age("released_on"),
    ),
    "employees": (
        Column("national_id", "text", oracle.dni, "national_id"),
        Column(
            "birth_date",
            "date",
            lambda random: date(1980, 1, 1) + timedelta(days=random.randrange(9_000)),
            "birth_date",
        ),
        Column("grade", "smallint", lambda random: random.randrange(9)),
        _age("hired_on"),
    ),
    "orders": (
        Column("order_number", "text", oracle.HARMLESS["order number with a Luhn digit"]),
        Column("reference", "bigint", lambda random: int(oracle.digits(random, 16, "4"))),
        Column("detail", "jsonb", lambda random: Jsonb({"sku": oracle.ean(random), "pieces": [1, 2]})),
        _age("placed_on"),
    ),
}


@dataclass
class Books:
    """The catalogue as its files hold it, free to be edited."""

    access: dict[str, Any]
    datasets: dict[str, dict[str, Any]]

    def copy(self) -> Books:
        return copy.deepcopy(self)


@dataclass(frozen=True)
class Company:
    """tables: columns by dataset, without the key; statements: make it, as a superuser in an empty database."""

    books: Books
    tables: dict[str, tuple[Column, ...]]
    statements: Sequence[SQL]
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def with_personal_data(self) -> list[str]:
        return [name for name, columns in self.tables.items() if columns[0].label != oracle.NONE]

    def install(self, connection: psycopg.Connection[Any]) -> None:
        for statement in self.statements:
            connection.execute(statement)
        for name, rows in self.rows.items():
            target = sql.SQL("COPY {} FROM STDIN").format(identifier(name))
            with connection.cursor().copy(target) as copying:
                for row in rows:
                    copying.write_row(row)
        connection.execute("ANALYZE")


def identifier(dataset: str) -> sql.Identifier:
    return sql.Identifier(*dataset.split(".", 1))


def company(tables: int, seed: int) -> Company:
    """A company with so many datasets, one of them partitioned."""
    random = Random(seed)
    columns, books = _columns(tables), Books(access(), described(tables))
    rows = {
        name: [(number, *(column.make(random) for column in own)) for number in range(ROWS)]
        for name, own in columns.items()
    }
    return Company(books, columns, list(_statements(columns, books)), rows)


def described(tables: int) -> dict[str, dict[str, Any]]:
    """What the files of its datasets hold."""
    return {name: dataset(name, own, number) for number, (name, own) in enumerate(_columns(tables).items())}


def _columns(tables: int) -> dict[str, tuple[Column, ...]]:
    kinds = list(KINDS)
    columns = {_numbered(kinds, number): KINDS[kinds[number % len(kinds)]] for number in range(tables - 1)}
    return {**columns, f"{SCHEMA}.events": KINDS["releases"]}


def _numbered(kinds: Sequence[str], number: int) -> str:
    turn, place = divmod(number, len(kinds))
    return f"{SCHEMA}.{kinds[place]}{f'_{turn + 1}' if turn else ''}"


def later(days: int = 90) -> str:
    return (date.today() + timedelta(days=days)).isoformat()


def access() -> dict[str, Any]:
    """What access.yml holds."""
    return {
        "people": {
            login: {"name": f"{login.title()} Sample", "trained": "2026-01-15"}
            for login in (*LOGINS, *OWNERS)
        },
        "services": {OWNER: {"owner": "maria"}, "loader": {"owner": "omar"}, AUDITOR: {"owner": "ines"}},
        "groups": {"analysts": {"anna": later(), "ben": later()}, "support": {"carla": later()}},
        "privileged": {
            SUPERUSER: ["superuser", "createrole", "createdb", "replication", "bypassrls"],
            AUDITOR: ["pg_monitor", "pg_read_all_data"],
        },
        "public": [],
        "break_glass": [],
    }


def dataset(name: str, columns: Sequence[Column], number: int = 0) -> dict[str, Any]:
    """What the file of one dataset holds."""
    personal = any(column.label != oracle.NONE for column in columns)
    made: dict[str, Any] = {
        "dataset": name,
        "description": f"Rows of {name}, made by rule.",
        "owner": OWNERS[number % len(OWNERS)],
        "class": "confidential" if personal else "internal",
        **(
            {"purpose": "delivery of orders", "lawful_basis": "contract", "recipients": []}
            if personal
            else {}
        ),
        "retention": {"days": KEPT_DAYS, "column": columns[-1].name},
        "columns": {
            "id": {"label": oracle.NONE, "class": "internal"},
            **{column.name: {"label": column.label, "class": _level(column)} for column in columns},
        },
        "quality": ["id is unique and never empty"],
        "access": [grant("analysts", ["SELECT"]), grant("loader", ["SELECT", "INSERT"])],
    }
    if number % 3 == 0:
        made["access"].append(grant("support", ["SELECT"], ["id", columns[-1].name]))
    return made


def _level(column: Column) -> str:
    return "internal" if column.label == oracle.NONE else "confidential"


def grant(
    role: str, privileges: Sequence[str], columns: Sequence[str] = (), until: str = ""
) -> dict[str, Any]:
    made = {"role": role, "privileges": list(privileges), "reason": "daily work", "approved_by": "maria"}
    return {**made, "until": until or later(), **({"columns": list(columns)} if columns else {})}


def _statements(tables: dict[str, tuple[Column, ...]], books: Books) -> Iterator[SQL]:
    yield from (f"CREATE ROLE {role} LOGIN" for role in (*LOGINS, OWNER, "loader", AUDITOR))
    yield from (f"CREATE ROLE {group}" for group in books.access["groups"])
    for group, members in books.access["groups"].items():
        yield f"GRANT {group} TO {', '.join(members)}"
    yield f"GRANT pg_monitor, pg_read_all_data TO {AUDITOR}"
    yield f"GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {AUDITOR}"
    yield from closed()
    yield f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {OWNER}"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO analysts, support, loader"
    yield f"SET ROLE {OWNER}"
    yield f"CREATE SEQUENCE {SCHEMA}.numbers"
    for name, columns in tables.items():
        parts = " PARTITION BY RANGE (released_on)" if name.endswith(".events") else ""
        yield create(name, columns) + parts
        if parts:
            yield f"CREATE TABLE {name}_all PARTITION OF {name} DEFAULT"
        yield from granted(name, books.datasets[name]["access"])
    yield "RESET ROLE"


def closed() -> Iterator[SQL]:
    """Takes from PUBLIC what PostgreSQL grants by default in a new database."""
    yield "DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$"
    logins = ", ".join((*LOGINS, OWNER, "loader", AUDITOR))
    grant = f"'GRANT CONNECT ON DATABASE %I TO {logins}'"
    yield f"DO $$ BEGIN EXECUTE format({grant}, current_database()); END $$"
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"


def create(name: str, columns: Sequence[Column]) -> SQL:
    return f"CREATE TABLE {name} (id bigint NOT NULL, {', '.join(f'{each.name} {each.type}' for each in columns)})"


def granted(name: str, grants: Sequence[dict[str, Any]]) -> Iterator[SQL]:
    for each in grants:
        part = f" ({', '.join(each['columns'])})" if "columns" in each else ""
        what = ", ".join(privilege + part for privilege in each["privileges"])
        yield f"GRANT {what} ON {name} TO {each['role']}"
