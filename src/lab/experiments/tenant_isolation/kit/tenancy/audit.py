"""Who did what to which tenant's rows: from PostgreSQL's log (jsonlog, with pgaudit) and the application's.

pgaudit logs what was done, not what was refused; refusals are in the server's ERROR lines and in the application's log.
What a policy hides is no refusal: such a statement is logged as done, with the number of rows that it saw.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html import escape
from typing import Any

import psycopg

ALL = "*"  # tenants: whoever is above row-level security may have seen them all
READ, REFUSED, DONE = "READ", "refused", "done"
SETTINGS = {
    "log_destination": "jsonlog",
    "logging_collector": "on",
    "log_timezone": "UTC",
    "log_rotation_size": "0",
}
# EXECUTE and FETCH read what was prepared or declared before; to pgaudit they are MISC.
_CLASSES = {
    READ: ("SELECT", "TABLE", "VALUES", "COPY", "WITH", "EXECUTE", "FETCH", ""),
    "WRITE": ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"),
}
PER_DATABASE = {"pgaudit.log": "all", "pgaudit.log_rows": "on"}


@dataclass(frozen=True)
class Entry:
    """One access. via: "sql", "api" or "operator". tenant: whose rows, ALL or "" if nobody knows. access: pgaudit's class
    (READ, WRITE, ...). rows: seen or changed, where the log has them. why: of a refusal. request: the application's number,
    the same in both logs."""

    at: datetime
    who: str
    via: str
    tenant: str
    access: str
    what: str
    relation: str
    rows: int | None
    outcome: str
    why: str = ""
    request: str = ""


def read_log(connection: psycopg.Connection[Any], day: date) -> list[str]:
    """Lines of the server's jsonlog from that day (UTC) on, of all its files: a server begins a new one every day.

    Needs pg_monitor, pg_read_server_files and EXECUTE on pg_read_file(text)."""
    query = """SELECT pg_read_file(current_setting('log_directory') || '/' || name) FROM pg_ls_logdir()
        WHERE name ~ '[.]json$' AND modification >= %s ORDER BY modification, name"""
    found = connection.execute(query, (_midnight(day),)).fetchall()
    return [line for (text,) in found for line in str(text).splitlines()]


def begins(database: Iterable[str]) -> datetime | None:
    """When a log begins; None if nothing is in it."""
    lines = (line for line in map(_read, database) if "timestamp" in line)
    return next((_time(str(line["timestamp"])) for line in lines), None)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def entries(
    database: Iterable[str],
    application: Iterable[str],
    logins: Mapping[str, str],
    services: Collection[str],
    name: str | None = None,
) -> list[Entry]:
    """All accesses in both logs, in order of time.

    logins: tenant by login (tenancy.logins). services: logins of applications, which say in application_name for whom
    they work (request/tenant/user). name: of the database; None for all. ValueError for a time that is not in UTC.
    """
    requests = [line for line in map(_read, application) if line]
    # A connection's name holds 63 bytes of ASCII, so the whole user is in the application's log.
    users = {str(line["request"]): str(line["user"]) for line in requests if line["user"]}
    found = [
        *(entry for line in database for entry in _of_database(_read(line), logins, services, name)),
        *map(_of_application, requests),
    ]
    found = [replace(one, who=users.get(one.request, one.who)) if one.via == "api" else one for one in found]
    return sorted(found, key=lambda entry: entry.at)


def about(
    known: Iterable[Entry], tenant: str, day: date, access: str = READ, relation: str = ""
) -> list[Entry]:
    """Who did `access` to that tenant's rows on that day (UTC), and who was refused. relation: part of its name, which pgaudit
    logs of reads and writes only if pgaudit.log_relation is on."""
    return [
        entry
        for entry in known
        if entry.tenant in (tenant, ALL)
        and entry.at.date() == day
        and access in (entry.access, "")
        and relation in entry.relation
    ]


def _read(line: str) -> dict[str, Any]:
    """A line as data; empty for one that is no JSON, such as a last one that is not yet whole."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_database(
    line: dict[str, Any], logins: Mapping[str, str], services: Collection[str], name: str | None
) -> Iterator[Entry]:
    message = str(line.get("message", ""))
    audited = message.startswith("AUDIT: ")
    refused = line.get("error_severity") in ("ERROR", "FATAL") and "user" in line
    if not (audited or refused) or (name is not None and line.get("dbname") != name):
        return
    login = str(line.get("user", ""))
    who, via, tenant, request = _whose(login, str(line.get("application_name", "")), logins, services)
    at = _time(str(line["timestamp"]))
    if refused:
        what = str(line.get("statement", ""))
        yield Entry(at, who, via, tenant, _class(what), what, "", None, REFUSED, message, request)
        return
    for fields in csv.reader([message.removeprefix("AUDIT: ")]):
        _, _, _, access, _, _, relation, what, _, *rows = [*fields, *[""] * (9 - len(fields))]
        seen = int(rows[0]) if rows and rows[0].isdigit() else None
        access = _class(what) if access == "MISC" else access
        yield Entry(at, who, via, tenant, access, what, relation, seen, DONE, "", request)


def _whose(
    login: str, told: str, logins: Mapping[str, str], services: Collection[str]
) -> tuple[str, str, str, str]:
    """(who, via, tenant, request). What a tenant's own login calls itself is not believed."""
    if login in logins:
        return login, "sql", logins[login], ""
    if login not in services:
        return login, "operator", ALL, ""
    request, tenant, user = (*told.split("/", 2), "", "")[:3]
    return user or login, "api", tenant, request


def _of_application(line: dict[str, Any]) -> Entry:
    refused = int(line["status"]) >= 400
    access = READ if line["method"] in ("GET", "HEAD") else "WRITE"
    what, why = f"{line['method']} {line['path']}", str(line.get("why", ""))
    outcome = REFUSED if refused else DONE
    who, tenant = str(line["user"] or "unknown"), str(line["tenant"])
    at, request = datetime.fromisoformat(line["at"]), str(line["request"])
    return Entry(at, who, "api", tenant, access, what, "", None, outcome, why, request)


def _class(statement: str) -> str:
    """pgaudit's class of a statement by its first word, where pgaudit did not see it or calls it something else."""
    first = re.search(r"[A-Za-z]+", re.sub(r"/\*.*?\*/|--[^\n]*", "", statement, flags=re.DOTALL))
    word = first.group().upper() if first else ""
    return next((name for name, words in _CLASSES.items() if word in words), "MISC")


def _time(text: str) -> datetime:
    day, clock, zone = text.rsplit(" ", 2)
    if zone not in ("UTC", "GMT"):
        raise ValueError(f"the log's times are in {zone}: set log_timezone = 'UTC'")
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC)


_HEAD = ("At, UTC", "Who", "Via", "Whose rows", "Access", "What", "Of", "Rows", "Outcome", "Request")


def page(found: Iterable[Entry], tenant: str, day: date, access: str, begun: datetime | None = None) -> str:
    """The answer as HTML without a script. begun: when the log begins, if that is known."""
    rows = "".join(f"<tr>{''.join(map(_cell, _shown(entry)))}</tr>" for entry in found)
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    asked = f"{escape(access or 'Any access')} of tenant {escape(tenant)}, {day.isoformat()}"
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else "<p>Nobody.</p>"
    if begun and begun > _midnight(day):
        body += (
            f"<p>The log begins at {begun:%Y-%m-%d %H:%M:%S} UTC and does not tell of what was before.</p>"
        )
    style = "body{font:1rem/1.5 system-ui;margin:1rem}td,th{text-align:left;padding:.2rem .6rem;vertical-align:top}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Audit</title><style>{style}</style>'
        f'<main><h1>Audit</h1><form action="/audit">{_field("tenant", tenant)}{_field("day", day.isoformat())}'
        f"{_field('access', access)}<button>Show</button></form><h2>{asked}</h2>{body}</main></html>"
    )


def _field(name: str, value: str) -> str:
    return f'<label>{name} <input name="{name}" value="{escape(value)}"></label> '


def _shown(entry: Entry) -> tuple[str, ...]:
    rows = "" if entry.rows is None else str(entry.rows)
    outcome = f"{entry.outcome}: {entry.why}" if entry.why else entry.outcome
    whose = "all" if entry.tenant == ALL else entry.tenant
    at = entry.at.strftime("%H:%M:%S.%f")[:-3]
    return (
        at,
        entry.who,
        entry.via,
        whose,
        entry.access,
        entry.what,
        entry.relation,
        rows,
        outcome,
        entry.request,
    )


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"
