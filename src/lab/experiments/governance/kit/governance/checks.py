"""The checks: what the catalogue says against what the database has. Each yields findings, and none knows another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from .catalogue import CLASSES, NONE, Catalogue, Dataset
from .classify import classify
from .sessions import at_the_same_time
from .state import State


class Finding(NamedTuple):
    """Something to mend. subject: what it is about; section: of the playbook, which says how."""

    check: str
    subject: str
    detail: str
    section: int


Said = Iterator[tuple[str, str]]  # (subject, detail)
NOT_CHECKED = "not checked"


def catalogue_valid(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A file of the catalogue is incomplete or contradicts itself."""
    yield from catalogue.flaws


def public_access(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """PUBLIC, which is everybody who can connect, has a privilege that nobody agreed to."""
    for row in state.grants:
        subject = " ".join(filter(None, [row["kind"], _object(row)]))
        if row["grantee"] == "PUBLIC" and f"{subject} {row['privilege']}" not in catalogue.public:
            yield subject, f"PUBLIC has {row['privilege']}"


def orphaned_owner(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """Nobody who still works here answers for a dataset, or a table's owner is no service role."""
    today = at.date()
    for name, item in catalogue.datasets.items():
        if not catalogue.works(item.owner, today):
            yield name, _gone(item.owner, catalogue)
    for name, columns in state.tables.items():
        for owner in sorted(set(columns[0]["owners"]) - set(catalogue.services)):
            yield name, f"owned in the database by {owner}, which is no service of access.yml"
    for role, owner in catalogue.services.items():
        if not catalogue.works(owner, today):
            yield f"service {role}", _gone(owner, catalogue)


def _gone(owner: str, catalogue: Catalogue) -> str:
    if not owner:
        return "no owner is named"
    if owner not in catalogue.people:
        return f"its owner {owner} is no person of access.yml"
    return f"its owner {owner} left on {catalogue.people[owner]}"


def unclassified_personal_data(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A column holds what identifies a person, and the catalogue does not say so."""
    for name, columns in state.tables.items():
        declared = catalogue.datasets[name].columns if name in catalogue.datasets else {}
        names = [row["column"] for row in columns if row["column"] is not None]
        try:
            sample = state.sample(name)
        except psycopg.Error as error:
            yield f"{NOT_CHECKED}: {name}", _first(error)
            continue
        found = classify(names, [[row[column] for column in names] for row in sample])
        for column, label in found.items():
            said, level = declared.get(column, (NONE, ""))
            hidden = said == NONE or level not in CLASSES[2:]
            if label.label != NONE and hidden:
                yield f"{name}.{column}", f"looks like {label.label} ({label.why}), declared {said}"


def expired_access(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """Access that nobody approved, or whose end has passed: by grant, by membership, or by not having left."""
    today = at.date()
    for row in state.grants:
        if row["kind"] == "default privileges" and row["grantee"] != "PUBLIC":
            yield (
                f"{row['grantee']} on default privileges {row['name']}",
                f"{row['privilege']} on what is made from now on",
            )
        if row["kind"] != "table" or row["grantee"] == "PUBLIC":
            continue
        item = catalogue.datasets.get(row["dataset"])
        if why := _not_granted(item, row, today):
            yield f"{row['grantee']} on {row['name']}", f"{row['privilege']} on {_object(row)}: {why}"
    for row in state.members:
        until = catalogue.groups.get(row["group"], {}).get(row["member"])
        if until is None or until < today:
            why = "is not in access.yml" if until is None else f"ended on {until}"
            yield f"{row['member']} in {row['group']}", f"this membership {why}"
        elif row["admin"]:
            yield f"{row['member']} in {row['group']}", "may pass this membership on (ADMIN OPTION)"
    for role in _logins(state):
        if (last := catalogue.people.get(role)) and last < today:
            yield f"login {role}", f"left on {last} and can still log in"


def _not_granted(item: Dataset | None, row: Mapping[str, Any], today: Any) -> str:
    """Why the catalogue does not allow a grant; "" if it does."""
    if item is None:
        return "the dataset is not in the catalogue"
    own = [
        grant
        for grant in item.access
        if grant.role == row["grantee"] and row["privilege"] in grant.privileges
    ]
    # Whoever may read all columns may read one; a grant on the table is more than one on columns.
    fitting = [grant for grant in own if not grant.columns or row["column_name"] in grant.columns]
    if not fitting:
        return "nobody approved it"
    if (last := max(grant.until for grant in fitting)) < today:
        return f"approved until {last}"
    return "may be passed on (GRANT OPTION)" if row["grantable"] else ""


def missing_retention(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A dataset has no rule for how long it is kept, or rows that are older than the rule."""
    for name, item in catalogue.datasets.items():
        if item.retention is None:
            yield name, "no retention"
        elif "keep" not in item.retention and name in state.tables:
            yield from _older(state, name, item.retention, at)


def _older(state: State, name: str, retention: Mapping[str, Any], at: datetime) -> Said:
    column, days = str(retention.get("column")), retention.get("days")
    if not isinstance(days, int) or column not in {row["column"] for row in state.tables[name]}:
        yield name, f"retention by the column {column}, which there is not"
        return
    try:
        if old := state.older(name, column, days, at):
            yield name, f"{old:,} rows are older than {days} days"
    except psycopg.Error as error:
        yield f"{NOT_CHECKED}: {name}", _first(error)


def superuser_use(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A role is more than it is listed as, or a superuser worked outside of an approved window."""
    for row in state.roles:
        if more := sorted(set(row["privileged"]) - catalogue.privileged.get(row["role"], frozenset())):
            yield f"role {row['role']}", f"has {', '.join(more)}, which access.yml does not list"
    if state.log is None:
        yield f"{NOT_CHECKED}: use of superusers", state.unread
        return
    supers = {row["role"] for row in state.roles if "superuser" in row["privileged"]}
    told = set()
    for line in state.log:
        key = (line["role"], line["session"])
        used = line["message"].startswith(("AUDIT:", "connection authorized"))
        if line["role"] in supers and used and key not in told and not _approved(catalogue, line):
            told.add(key)
            yield (
                f"role {line['role']}",
                f"used at {line['at']:%Y-%m-%d %H:%M:%S} from {line['host']} by {line['program']}",
            )


def _approved(catalogue: Catalogue, line: Mapping[str, Any]) -> bool:
    return any(
        window.role == line["role"] and window.start <= line["at"] <= window.end
        for window in catalogue.windows
    )


def shared_login(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A login that nobody answers for, or a person's that was in use from two addresses at the same time."""
    for role in _logins(state):
        if (
            role not in catalogue.people
            and role not in catalogue.services
            and role not in catalogue.privileged
        ):
            yield f"login {role}", "neither a person nor a service of access.yml"
    if state.log is None:
        yield f"{NOT_CHECKED}: shared logins", state.unread
        return
    for role, hosts in at_the_same_time(state.log).items():
        if role in catalogue.people:
            yield f"login {role}", f"in use at the same time from {', '.join(hosts)}"


def undeclared_column(state: State, catalogue: Catalogue, at: datetime) -> Said:
    """A table or column that the catalogue does not have, or the other way round."""
    for name, rows in state.tables.items():
        if name not in catalogue.datasets:
            yield name, "not in the catalogue"
            continue
        there, said = {row["column"] for row in rows} - {None}, set(catalogue.datasets[name].columns)
        for column in sorted(there - said):
            yield f"{name}.{column}", "not in the catalogue"
        for column in sorted(said - there):
            yield f"{name}.{column}", "in the catalogue and not in the database"
    for name in sorted(set(catalogue.datasets) - set(state.tables)):
        yield name, "in the catalogue and not in the database"


def _logins(state: State) -> list[str]:
    return [row["role"] for row in state.roles if row["can_login"]]


def _object(row: Mapping[str, Any]) -> str:
    return ".".join(filter(None, [row["name"], row["column_name"]]))


def _first(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


Check = Callable[[State, Catalogue, datetime], Said]
# With the section of the playbook that says what to do.
CHECKS: Mapping[str, tuple[Check, int]] = {
    "catalogue": (catalogue_valid, 2),
    "public_access": (public_access, 5),
    "orphaned_owner": (orphaned_owner, 3),
    "unclassified_personal_data": (unclassified_personal_data, 4),
    "expired_access": (expired_access, 5),
    "missing_retention": (missing_retention, 9),
    "superuser_use": (superuser_use, 7),
    "shared_login": (shared_login, 8),
    "undeclared_column": (undeclared_column, 10),
}


def now() -> datetime:
    return datetime.now(UTC)
