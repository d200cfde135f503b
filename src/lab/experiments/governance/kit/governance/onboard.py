"""Onboarding: a dataset's file is checked against the table, then its grants are made and the file is filed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql
from psycopg.rows import dict_row

from .catalogue import NONE, Catalogue, Dataset, flaws_of, load, parse, read
from .checks import CHECKS, now
from .classify import classify
from .state import State, look

# What of the audit must be clean of a dataset before it counts as onboarded.
OWN = (
    "catalogue",
    "orphaned_owner",
    "unclassified_personal_data",
    "expired_access",
    "missing_retention",
    "undeclared_column",
)


class OnboardingError(ValueError):
    """A dataset that can't be onboarded as its file is: every reason, a line each. Nothing was changed."""


@dataclass
class Onboarded:
    """What was done. seconds: by step, in order; path: where the file was filed."""

    dataset: str
    path: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begin


def onboard(
    dsn: str,
    template: Path | str | Mapping[str, Any],
    catalogue: Path | str,
    *,
    at: datetime | None = None,
    rows: int = 200,
) -> Onboarded:
    """Bring one dataset under governance, or refuse with every reason and change nothing.

    dsn: of the table's owner, or of a role that is a member of it. template: a filled-in templates/dataset.yml, or what
    it holds. catalogue: the folder; the file goes to datasets/. Grants are those of the file: PUBLIC and whoever is not
    in it lose theirs. rows: looked at for personal data. OnboardingError, CatalogueError, psycopg.Error.
    """
    folder, at = Path(catalogue), at or now()
    item = template if isinstance(template, Mapping) else load(Path(template))
    name = str(item.get("dataset", "")) if isinstance(item, Mapping) else ""
    done = Onboarded(name, folder / "datasets" / f"{_file_name(name)}.yml")
    with done.step("file"):
        _refuse(flaws_of(item, "dataset"))
        known = read(folder)
        if name in known.datasets or done.path.exists():
            _refuse([f"{name} is in the catalogue already; change {done.path.name} by a pull request"])
        mine = _alone(known, item)
        _refuse([flaw.detail for flaw in mine.flaws if flaw.subject == name])
    dataset = mine.datasets[name]
    with psycopg.connect(
        dsn, row_factory=dict_row, application_name="governance onboarding", client_encoding="UTF8"
    ) as connection:
        with done.step("table"):
            state = _of(look(connection, at, rows), name)
            _refuse(_before(state, dataset, mine, at))
        with done.step("sample"):
            _refuse(_hidden(state, dataset))
        with done.step("grants"):
            _grant(connection, state, dataset)
        with done.step("audit"):
            after = _of(look(connection, at, rows), name)
            parts = {row["name"] for row in after.grants if row["dataset"] == name} | {name}
            _refuse(
                [
                    f"{subject}: {detail}"
                    for subject, detail in _findings(after, mine, at)
                    if any(_about(subject, part) for part in parts)
                ]
            )
        with done.step("filing"):
            # The file comes last and at once: whoever is stopped before it has a database as it was.
            _file(done.path, item, connection)
    return done


def _of(state: State, name: str) -> State:
    """What concerns one dataset, so that no other table is sampled."""
    return replace(state, tables={table: rows for table, rows in state.tables.items() if table == name})


def _refuse(reasons: list[str]) -> None:
    if reasons:
        raise OnboardingError("\n".join(reasons))


def _alone(known: Catalogue, item: Mapping[str, Any]) -> Catalogue:
    """The catalogue with this dataset only: its people, its roles, and the flaws of the one file."""
    made = parse(
        {"people": {login: {"name": login, "trained": "2000-01-01"} for login in known.people}}, [item]
    )
    return Catalogue(**{**known.__dict__, "datasets": made.datasets, "flaws": made.flaws})


def _before(state: State, dataset: Dataset, known: Catalogue, at: datetime) -> list[str]:
    """What in the database does not fit the file, before any grant."""
    if dataset.name not in state.tables:
        return [f"there is no table {dataset.name}, or this role can't see it"]
    if dataset.retention is None:
        return ["no retention: say after how many days and by which column, or why it is kept for ever"]
    roles = {row["role"] for row in state.roles}
    unknown = [
        f"there is no role {grant.role} to grant to" for grant in dataset.access if grant.role not in roles
    ]
    over = [
        f"the access of {grant.role} ended on {grant.until}"
        for grant in dataset.access
        if grant.until < at.date()
    ]
    wrong = [f"{subject}: {detail}" for subject, detail in CHECKS["undeclared_column"][0](state, known, at)]
    owner = [f"{subject}: {detail}" for subject, detail in CHECKS["orphaned_owner"][0](state, known, at)]
    return [
        *unknown,
        *over,
        *(line for line in [*wrong, *owner] if _about(line.partition(":")[0], dataset.name)),
    ]


def _hidden(state: State, dataset: Dataset) -> list[str]:
    """Personal data that the file does not declare. A dataset of which nothing can be read is not onboarded."""
    names = [row["column"] for row in state.tables[dataset.name]]
    found = classify(names, [[row[column] for column in names] for row in state.sample(dataset.name)])
    return [
        f"column {column} looks like {label.label} ({label.why}) and is declared none"
        for column, label in found.items()
        if label.label != NONE and dataset.columns[column][0] == NONE
    ]


def _grant(connection: psycopg.Connection[Any], state: State, dataset: Dataset) -> None:
    first = state.tables[dataset.name][0]
    table = sql.Identifier(first["schema"], first["table"])
    others = {row["grantee"] for row in state.grants if row["dataset"] == dataset.name} | {"PUBLIC"}
    # Who is granted a partition reads it past the table's own grants.
    tree = sql.SQL("SELECT relid::regclass::text AS part FROM pg_partition_tree({}::regclass)")
    rows = connection.execute(tree.format(sql.Literal(table.as_string(connection)))).fetchall()
    for part in {table.as_string(connection), *(row["part"] for row in rows)}:
        for grantee in sorted(others):
            who = sql.SQL("PUBLIC") if grantee == "PUBLIC" else sql.Identifier(grantee)
            # A name that the database has quoted.
            connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.SQL(part), who))
    for grant in dataset.access:
        columns = sql.SQL(", ").join(map(sql.Identifier, sorted(grant.columns)))
        part = sql.SQL(" ({})").format(columns) if grant.columns else sql.SQL("")
        what = sql.SQL(", ").join(sql.SQL(one) + part for one in sorted(grant.privileges))
        connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(what, table, sql.Identifier(grant.role)))
    kind = sql.SQL({"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE"}.get(first["kind"], "TABLE"))
    text = sql.Literal(f"{dataset.description} Owner: {dataset.owner}. Class: {dataset.level}.")
    connection.execute(sql.SQL("COMMENT ON {} {} IS {}").format(kind, table, text))


def _findings(state: State, known: Catalogue, at: datetime) -> Iterator[tuple[str, str]]:
    for check in OWN:
        yield from CHECKS[check][0](state, known, at)


def _about(subject: str, name: str) -> bool:
    """Whether a finding's subject is this dataset, one of its columns, or a grant on it."""
    return subject == name or subject.startswith(f"{name}.") or subject.endswith(f" on {name}")


def _file_name(dataset: str) -> str:
    return "".join(char if char.isalnum() or char in "._-" else "_" for char in dataset)


def _file(path: Path, item: Mapping[str, Any], connection: psycopg.Connection[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        begun.write_text(yaml.safe_dump(dict(item), sort_keys=False, allow_unicode=True), encoding="utf-8")
        connection.commit()
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
