"""Changes that look like faults and are none, and faults that the audit is known not to see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from random import Random

from lab.experiments.governance import oracle
from lab.experiments.governance.workload.company import (
    KEPT_DAYS,
    SCHEMA,
    SUPERUSER,
    Books,
    Company,
    grant,
    later,
)
from lab.experiments.governance.workload.fault import (
    ELSEWHERE,
    HERE,
    Draw,
    Edit,
    Fault,
    Session,
    Variant,
    open_window,
    yesterday,
)


def _approved(draw: Draw) -> Fault:
    table = draw.table()
    return Fault(
        "",
        "a new grant that was approved until today",
        table,
        (f"GRANT UPDATE ON {table} TO support",),
        (f"REVOKE UPDATE ON {table} FROM support",),
        lambda books: books.datasets[table]["access"].append(grant("support", ["UPDATE"], until=later(0))),
    )


def _numbers(draw: Draw) -> Fault:
    """A declared column under an identifier's length, filled with numbers of products and the like."""
    table, column = draw.table(), draw.name("code")
    kind = draw.random.choice(list(oracle.HARMLESS))
    values = ", ".join(f"({number}, '{oracle.HARMLESS[kind](draw.random)}')" for number in range(60))
    return Fault(
        "",
        f"a new column of numbers: {kind}",
        f"{table}.{column}",
        (
            f"ALTER TABLE {table} ADD COLUMN {column} text",
            f"UPDATE {table} t SET {column} = v.value FROM (VALUES {values}) v (id, value) WHERE t.id = v.id",
        ),
        (f"ALTER TABLE {table} DROP COLUMN {column}",),
        lambda books: books.datasets[table]["columns"].update(
            {column: {"label": oracle.NONE, "class": "internal"}}
        ),
    )


def _on_the_day(draw: Draw) -> Fault:
    table = draw.table()
    column = draw.company.tables[table][-1].name
    return Fault(
        "",
        "a row on the last day of its retention",
        table,
        (f"INSERT INTO {table} (id, {column}) VALUES (-2, current_date - {KEPT_DAYS - 1})",),
        (f"DELETE FROM {table} WHERE id = -2",),
    )


def _closed_function(draw: Draw) -> Fault:
    name = f"{SCHEMA}.{draw.name('total')}"
    make = f"CREATE FUNCTION {name}() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    close = f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC"
    return Fault("", "a new function, closed", name, (make, close), (f"DROP FUNCTION {name}()",))


def _sessions(
    draw: Draw, variant: str, subject: str, sessions: tuple[Session, ...], window: bool = False
) -> Fault:
    def edit(books: Books) -> None:
        if window:
            open_window(books, timedelta(hours=-1), timedelta(hours=1))

    return Fault("", variant, subject, edit=edit, sessions=sessions)


def _locked(draw: Draw) -> Fault:
    def edit(books: Books) -> None:
        books.access["people"]["ben"]["until"] = yesterday()

    return Fault(
        "", "left, and locked", "login ben", ("ALTER ROLE ben NOLOGIN",), ("ALTER ROLE ben LOGIN",), edit
    )


HARMLESS: Sequence[Variant] = (
    _approved,
    _numbers,
    _on_the_day,
    _closed_function,
    partial(
        _sessions,
        variant="a superuser within a window",
        subject=f"role {SUPERUSER}",
        sessions=((SUPERUSER, HERE, 0),),
        window=True,
    ),
    partial(
        _sessions,
        variant="two programs of one person",
        subject="login anna",
        sessions=(("anna", HERE, 0), ("anna", HERE, 0)),
    ),
    partial(
        _sessions,
        variant="two addresses one after the other",
        subject="login anna",
        sessions=(("anna", HERE, 0), ("anna", ELSEWHERE, 1)),
    ),
    _locked,
)


def _filled(draw: Draw, variant: str, values: Sequence[str]) -> Fault:
    table, column = draw.table(), draw.name("info")
    listed = ", ".join(f"({number}, '{value}')" for number, value in enumerate(values))
    edit: Edit = lambda books: books.datasets[table]["columns"].update(  # noqa: E731
        {column: {"label": oracle.NONE, "class": "internal"}}
    )
    return Fault(
        "unclassified_personal_data",
        variant,
        f"{table}.{column}",
        (
            f"ALTER TABLE {table} ADD COLUMN {column} text",
            f"UPDATE {table} t SET {column} = v.value FROM (VALUES {listed}) v (id, value) WHERE t.id = v.id",
        ),
        (f"ALTER TABLE {table} DROP COLUMN {column}",),
        edit,
    )


def _free_text(draw: Draw) -> Fault:
    texts = [f"Called {oracle.word(draw.random).title()} back, will pay on Monday" for _ in range(60)]
    return _filled(draw, "people in free text", texts)


def _few(draw: Draw) -> Fault:
    mostly = [
        oracle.email(draw.random) if number % 3 == 0 else oracle.word(draw.random) for number in range(60)
    ]
    return _filled(draw, "identifiers in a third of the values", mostly)


def _bare(draw: Draw) -> Fault:
    numbers = [oracle.ssn(draw.random).replace("-", "") for _ in range(60)]
    return _filled(draw, "US social security numbers without hyphens, in a column of another name", numbers)


def _function_for_a_role(draw: Draw) -> Fault:
    name, table = f"{SCHEMA}.{draw.name('read')}", draw.table(personal=True)
    body = f"RETURNS SETOF {table} LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM {table}'"
    return Fault(
        "expired_access",
        "a SECURITY DEFINER function granted to a role",
        f"support on {table}",
        (
            f"CREATE FUNCTION {name}() {body}",
            f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {name}() TO support",
        ),
        (f"DROP FUNCTION {name}()",),
    )


def _taking_turns(draw: Draw) -> Fault:
    return Fault(
        "shared_login",
        "two people who take turns",
        "login dora",
        sessions=(("dora", HERE, 0), ("dora", ELSEWHERE, 1)),
    )


UNSEEN: Sequence[Variant] = (_free_text, _few, _bare, _function_for_a_role, _taking_turns)


def draw_harmless(company: Company, random: Random, count: int) -> list[Fault]:
    """So many different harmless changes on different objects, at most one of them with sessions."""
    draw, found = Draw(company, random, set()), dict[str, Fault]()
    while len(found) < count:
        change = random.choice(HARMLESS)(draw)
        if not (change.sessions and any(other.sessions for other in found.values())):
            found.setdefault(change.subject, change)
    return list(found.values())
