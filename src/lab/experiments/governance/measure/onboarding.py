"""Datasets onboarded one after the other, and files that must be refused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import psycopg
import yaml

from lab.experiments.governance import oracle
from lab.experiments.governance.measure.bench import Bench
from lab.experiments.governance.mechanism import OnboardingError, audit, onboard
from lab.experiments.governance.params import Params
from lab.experiments.governance.workload.company import (
    KINDS,
    OWNER,
    SCHEMA,
    Books,
    Column,
    create,
    dataset,
    grant,
    identifier,
    later,
)
from lab.services.session import session

ROWS = 60
Item = dict[str, Any]


def _hide(item: Item) -> None:
    name = next(name for name, column in item["columns"].items() if column["label"] != oracle.NONE)
    item["columns"][name] = {"label": oracle.NONE, "class": "internal"}


# What is wrong with a file, by the words that its refusal must have.
WRONG: dict[str, Callable[[Item], object]] = {
    "no retention": lambda item: item.pop("retention"),
    "is no person of access.yml": lambda item: item.update(owner="nobody"),
    "not in the catalogue": lambda item: item["columns"].pop("id"),
    "not in the database": lambda item: item["columns"].update(more={"label": "none", "class": "internal"}),
    "looks like": _hide,
    "ended on": lambda item: item["access"].append(grant("support", ["SELECT"], until=later(-1))),
    "there is no role": lambda item: item["access"].append(grant("nobodies", ["SELECT"])),
    "there is no table": lambda item: item.update(dataset=f"{SCHEMA}.nothing"),
    "is a required property": lambda item: item.pop("lawful_basis"),
}


def onboarded(bench: Bench, params: Params) -> tuple[pd.DataFrame, dict[str, str]]:
    """(a row for each dataset and step: dataset, kind, step, ms; what came out of each case, "" if it was right)."""
    random = Random(f"{params.seed} onboarding")
    rows: list[tuple[str, str, str, float]] = []
    kept: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=session().folder) as name:
        folder = Path(name)
        file(bench.company.books, folder)
        for number in range(params.onboardings):
            kind = list(KINDS)[number % len(KINDS)]
            table = f"{SCHEMA}.new_{kind}_{number}"
            _table(bench, table, KINDS[kind], random)
            done = onboard(
                bench.as_role(OWNER), dataset(table, KINDS[kind], number), folder, rows=params.rows
            )
            rows += [(table, kind, step, 1e3 * seconds) for step, seconds in done.seconds.items()]
        found = audit(bench.auditor, folder, since=bench.now())
        kept["audit after onboarding"] = "; ".join(f"{one.subject}: {one.detail}" for one in found)
        kept |= _refused(bench, folder, random)
        for table in dict.fromkeys(table for table, *_ in rows):
            bench.seeder.execute(f"DROP TABLE {table}")
    return pd.DataFrame(rows, columns=["dataset", "kind", "step", "ms"]), kept


def file(books: Books, folder: Path) -> None:
    """Write a catalogue as its files."""
    (folder / "datasets").mkdir(parents=True)
    (folder / "access.yml").write_text(yaml.safe_dump(books.access, sort_keys=False))
    for name, item in books.datasets.items():
        (folder / "datasets" / f"{name}.yml").write_text(yaml.safe_dump(item, sort_keys=False))


def _table(bench: Bench, name: str, columns: tuple[Column, ...], random: Random) -> None:
    bench.seeder.execute(create(name, columns))
    bench.seeder.execute(f"ALTER TABLE {name} OWNER TO {OWNER}")
    with (
        bench.seeder.cursor() as cursor,
        cursor.copy(psycopg.sql.SQL("COPY {} FROM STDIN").format(identifier(name))) as to,
    ):
        for number in range(ROWS):
            to.write_row((number, *(column.make(random) for column in columns)))


def _refused(bench: Bench, folder: Path, random: Random) -> dict[str, str]:
    """Each wrong file is tried on the same table, which must be as it was."""
    table, columns = f"{SCHEMA}.refused", KINDS["customers"]
    _table(bench, table, columns, random)
    before, kept = _state(bench, folder), {}
    for words, spoil in WRONG.items():
        item = dataset(table, columns, 1)
        spoil(item)
        try:
            onboard(bench.as_role(OWNER), item, folder)
            kept[words] = "accepted"
        except OnboardingError as error:
            kept[words] = "" if words in str(error) else f"refused in other words: {error}"
        if _state(bench, folder) != before:
            kept[words] += " and changed something"
    bench.seeder.execute(f"DROP TABLE {table}")
    return kept


def _state(bench: Bench, folder: Path) -> tuple[Any, ...]:
    """Grants and comments of the database, and what is in the folder."""
    query = "SELECT oid, relacl::text, obj_description(oid) FROM pg_class WHERE relnamespace = %s::regnamespace ORDER BY 1"
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return bench.seeder.execute(query, (SCHEMA,)).fetchall(), files
