"""What can be wrong with rights: PUBLIC, expired access, superusers, logins. How the audit finds it is not known here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from lab.experiments.governance.workload.company import OWNER, SCHEMA, SUPERUSER, Books
from lab.experiments.governance.workload.fault import (
    ELSEWHERE,
    HERE,
    Draw,
    Fault,
    Variant,
    open_window,
    yesterday,
)


def _granted(draw: Draw, check: str, variant: str, what: str, role: str) -> Fault:
    """A privilege on a table, or on a column of it where `what` has a place for its name."""
    table = draw.table()
    column = draw.company.tables[table][0].name
    on = f"{what.format(column)} ON {table}"
    public = f"table {table}.{column}" if "{}" in what else f"table {table}"
    return Fault(
        check,
        variant,
        public if role == "PUBLIC" else f"{role} on {table}",
        (f"GRANT {on} TO {role}",),
        (f"REVOKE {on} FROM {role}",),
    )


def _always(check: str, variant: str, subject: str, do: str, undo: str) -> Variant:
    """A fault on an object of which there is one."""
    return lambda draw: Fault(check, variant, subject, (do,), (undo,))


def _on(check: str, variant: str, subject: str, privilege: str, role: str) -> Variant:
    do, undo = (f"{verb} {privilege} {to} {role}" for verb, to in (("GRANT", "TO"), ("REVOKE", "FROM")))
    return _always(check, variant, subject, do, undo)


def _function(draw: Draw) -> Fault:
    name = f"{SCHEMA}.{draw.name('total')}"
    body = f"RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM {draw.table()}'"
    return Fault(
        "public_access",
        "new function, EXECUTE by default",
        f"function {name}()",
        (f"CREATE FUNCTION {name}() {body}",),
        (f"DROP FUNCTION {name}()",),
    )


def _grant_ended(draw: Draw) -> Fault:
    table = draw.table()

    def edit(books: Books) -> None:
        books.datasets[table]["access"][0]["until"] = yesterday(draw.random.randrange(1, 200))

    return Fault("expired_access", "grant past its end", f"analysts on {table}", edit=edit)


def _grant_option(draw: Draw) -> Fault:
    table = draw.table()
    return Fault(
        "expired_access",
        "grant option",
        f"analysts on {table}",
        (f"GRANT SELECT ON {table} TO analysts WITH GRANT OPTION",),
        (f"REVOKE GRANT OPTION FOR SELECT ON {table} FROM analysts",),
    )


def _membership_ended(draw: Draw) -> Fault:
    def edit(books: Books) -> None:
        books.access["groups"]["analysts"]["anna"] = yesterday()

    return Fault("expired_access", "membership past its end", "anna in analysts", edit=edit)


def _left(draw: Draw) -> Fault:
    def edit(books: Books) -> None:
        books.access["people"]["ben"]["until"] = yesterday()

    return Fault("expired_access", "left, and can still log in", "login ben", edit=edit)


def _new_superuser(draw: Draw) -> Fault:
    role = draw.name("helper")
    make, drop = f"CREATE ROLE {role} SUPERUSER", f"DROP ROLE {role}"
    return Fault("superuser_use", "new superuser", f"role {role}", (make,), (drop,))


def _used(draw: Draw, variant: str, window: bool) -> Fault:
    def edit(books: Books) -> None:
        if window:
            open_window(books, timedelta(hours=-3), timedelta(hours=-1))

    return Fault("superuser_use", variant, f"role {SUPERUSER}", edit=edit, sessions=((SUPERUSER, HERE, 0),))


def _two_addresses(draw: Draw) -> Fault:
    both = (("dora", HERE, 0), ("dora", ELSEWHERE, 0))
    return Fault("shared_login", "two addresses at the same time", "login dora", sessions=both)


def _nobodys(draw: Draw) -> Fault:
    role = draw.name("team")
    make, drop = f"CREATE ROLE {role} LOGIN", f"DROP ROLE {role}"
    return Fault("shared_login", "a login of nobody", f"login {role}", (make,), (drop,))


_PUBLIC, _ACCESS, _SUPER = "public_access", "expired_access", "superuser_use"
_LATER = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA {SCHEMA}"
RIGHTS: dict[str, Sequence[Variant]] = {
    _PUBLIC: (
        partial(_granted, check=_PUBLIC, variant="SELECT on a table", what="SELECT", role="PUBLIC"),
        partial(_granted, check=_PUBLIC, variant="SELECT on a column", what="SELECT ({})", role="PUBLIC"),
        _function,
        _on(_PUBLIC, "CREATE on a schema", f"schema {SCHEMA}", f"CREATE ON SCHEMA {SCHEMA}", "PUBLIC"),
        _on(
            _PUBLIC,
            "USAGE of a sequence",
            f"sequence {SCHEMA}.numbers",
            f"USAGE ON SEQUENCE {SCHEMA}.numbers",
            "PUBLIC",
        ),
        _always(
            _PUBLIC,
            "default privileges for tables to come",
            f"default privileges of {OWNER} on tables",
            f"{_LATER} GRANT SELECT ON TABLES TO PUBLIC",
            f"{_LATER} REVOKE SELECT ON TABLES FROM PUBLIC",
        ),
    ),
    _ACCESS: (
        _grant_ended,
        partial(_granted, check=_ACCESS, variant="a privilege more", what="UPDATE", role="analysts"),
        partial(_granted, check=_ACCESS, variant="one column", what="SELECT ({})", role="dora"),
        _grant_option,
        _on(
            _ACCESS,
            "a partition by itself",
            f"support on {SCHEMA}.events_all",
            f"SELECT ON {SCHEMA}.events_all",
            "support",
        ),
        _always(
            _ACCESS,
            "default privileges of a role",
            f"support on default privileges of {OWNER} on tables",
            f"{_LATER} GRANT SELECT ON TABLES TO support",
            f"{_LATER} REVOKE SELECT ON TABLES FROM support",
        ),
        _on(_ACCESS, "membership", "dora in support", "support", "dora"),
        _on(_ACCESS, "membership of a group in a group", "analysts in support", "support", "analysts"),
        _membership_ended,
        _left,
    ),
    _SUPER: (
        _always(
            _SUPER, "CREATEROLE", "role carla", "ALTER ROLE carla CREATEROLE", "ALTER ROLE carla NOCREATEROLE"
        ),
        _always(
            _SUPER, "BYPASSRLS", "role loader", "ALTER ROLE loader BYPASSRLS", "ALTER ROLE loader NOBYPASSRLS"
        ),
        _on(_SUPER, "a predefined role", "role anna", "pg_read_all_data", "anna"),
        _new_superuser,
        partial(_used, variant="used without a window", window=False),
        partial(_used, variant="used after its window", window=True),
    ),
    "shared_login": (_two_addresses, _nobodys),
}
