"""Each change of the data: judged by the gate and by datacontract-cli, and built by dbt as if there were no gate."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lab import duck
from lab.errors import ServiceError
from lab.experiments.contract_gate import oracle
from lab.experiments.contract_gate.kit import EXAMPLE
from lab.experiments.contract_gate.kit.contract_gate import Contract, Report
from lab.experiments.contract_gate.measure.data import Tables, changed, cli_server, exported, in_postgres
from lab.experiments.contract_gate.measure.seen import (
    CSV,
    DUCKDB,
    PARQUET,
    POSTGRES,
    Built,
    Judged,
    Places,
    Said,
)
from lab.experiments.contract_gate.mechanism import CONTRACT, check, load
from lab.experiments.contract_gate.workload.mutants import Broken, Mutant
from lab.experiments.contract_gate.workload.shop import SHOP
from lab.services.datacontract import Checked, DataContractCli, Outcome
from lab.services.dbt import Dbt

Gate = Callable[[Contract, Path | str, datetime], Report]
MARTS = {
    "daily_sales": "ordered_on, country, orders, items, revenue, late",
    "customer_value": "customer_id, email, orders, revenue",
}
FLAGS = ("--quiet", "--no-write-json")
# What datacontract-cli calls a check, and the kind of rule that it is of.
CLI_KINDS = {
    "field_is_present": "presence",
    "field_type": "type",
    "field_physical_type": "type",
    "field_required": "required",
    "field_primary_key_required": "required",
    "field_unique": "unique",
    "field_primary_key_unique": "unique",
    "primary_key_unique": "unique",
    "field_minimum": "range",
    "field_maximum": "range",
    "field_min_length": "length",
    "field_max_length": "length",
    "field_regex": "pattern",
    "field_enum": "set",
    "field_invalid_values": "set",
    "field_relationships": "reference",
    "servicelevel_freshness": "freshness",
    "row_count": "row count",
    "model_quality_sql": "query",
}
# It calls a check that it could not run a failed one; only its reason tells.
CLI_UNABLE = ("Error evaluating check", "Column '")


@dataclass(frozen=True)
class Bench:
    """The shop as agreed. now: the clock that it was set by."""

    agreed: Path
    tables: Tables
    now: datetime
    folder: Path


def side_by_side(*work: Callable[[], list], give_up: Callable[[], object]) -> list[list]:
    """Results of all, each in a thread of its own. give_up: called if one fails or Ctrl-C comes, to end the others."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(one) for one in work]
        try:
            return [one.result() for one in running]
        except BaseException:
            give_up()
            raise


def judged(on: Bench, tried: Sequence[Mutant], cli: DataContractCli, gate: Gate = check) -> list[Judged]:
    """The data as agreed and each change, in DuckDB files."""
    contract = load(CONTRACT)
    found = []
    for mutant in (None, *tried):
        with _fresh(on, mutant, "judged") as path:
            server = {"type": "duckdb", "database": str(path), "schema": "main"}
            report = gate(contract, path, on.now)
            found.append(Judged(DUCKDB, mutant, said(report), cli_said(cli.test(CONTRACT, server))))
    return found


def elsewhere(on: Bench, tried: Sequence[Mutant], cli: DataContractCli, dsn: str) -> Iterator[Judged]:
    """The data as agreed and some changes, as Parquet, as CSV and in PostgreSQL."""
    contract = load(CONTRACT)
    for mutant in (None, *tried):
        with _fresh(on, mutant, "elsewhere") as path:
            for place in (PARQUET, CSV):
                folder = exported(path, path.parent / place, place)
                server = {
                    "type": "local",
                    "path": f"{folder}/{{model}}.{place.lower()}",
                    "format": place.lower(),
                }
                if place == CSV:
                    server["delimiter"] = ","
                report = check(contract, folder, on.now)
                yield Judged(place, mutant, said(report), cli_said(cli.test(CONTRACT, server)))
        statements = mutant.statements if mutant else ()
        with in_postgres(dsn, on.tables, statements) as (own, schema):
            report = check(contract, own, on.now)
            tested = cli.test(CONTRACT, *cli_server(dsn, schema))
            yield Judged(POSTGRES, mutant, said(report), cli_said(tested))


@contextmanager
def _fresh(on: Bench, mutant: Mutant | None, name: str) -> Iterator[Path]:
    """A changed copy of the data, in a folder that goes at the end."""
    folder = on.folder / name
    try:
        yield changed(on.agreed, folder, mutant.statements if mutant else ())
    finally:
        shutil.rmtree(folder)


def said(report: Report) -> Said:
    """What the gate says, by kind, table and columns."""
    broken = frozenset((one.kind, one.table, one.column) for one in report.violations)
    # A table can have several queries: where one of them was not judged, nothing is said of them together.
    holds, skipped = (
        frozenset((rule.kind, rule.table, rule.column) for rule in rules)
        for rules in (report.passed, report.skipped)
    )
    return Said(broken, holds - broken - skipped, tuple(map(str, report.violations)))


def cli_said(tested: Outcome) -> Said:
    """What datacontract-cli says. A check that only warns, or could not be run, is no opinion."""
    broken, holds = _places(tested, "failed"), _places(tested, "passed")
    # It has no check of a table itself: one that is missing lacks every column.
    there = frozenset(("presence", table, "") for kind, table, _ in holds if kind == "presence")
    missing = frozenset(("presence", table, "") for kind, table, _ in broken if kind == "presence") - there
    words = [
        f"{one.type} {one.table}.{one.column}: {one.reason}"
        for one in tested.checks
        if one.result == "failed"
    ]
    return Said(broken | missing, (holds | there) - broken, tuple(words))


def _places(tested: Outcome, result: str) -> Places:
    return frozenset(
        _place(one)
        for one in tested.checks
        if one.result == result and one.type in CLI_KINDS and not one.reason.startswith(CLI_UNABLE)
    )


def _place(one: Checked) -> Broken:
    key = next((", ".join(table.key) for table in SHOP if table.name == one.table), "")
    return (CLI_KINDS[one.type], one.table, key if one.type == "primary_key_unique" else one.column)


def built(on: Bench, tried: Sequence[Mutant], dbt: Dbt) -> list[Built]:
    """The marts of the data as agreed and of each change, whatever the gate says."""
    project = Path(
        shutil.copytree(EXAMPLE, on.folder / "project", ignore=shutil.ignore_patterns("__pycache__"))
    )
    due = oracle.marts(on.tables["customers"], on.tables["orders"], on.tables["order_lines"])
    found = []
    for mutant in (None, *tried):
        with _fresh(on, mutant, "built") as path:
            told = dbt.invoke(["run", *FLAGS], project, environment={"SHOP_DUCKDB": str(path)})
            if told.error:  # not of a model: dbt itself could not work
                raise ServiceError(f"dbt failed: {told.error}")
            found.append(Built(mutant, told.success, _differing(path, due) if told.success else None))
    return found


def _differing(path: Path, due: dict[str, list[tuple[Any, ...]]]) -> int | None:
    import duckdb

    try:
        with duck.connect(database=path, settings={"access_mode": "READ_ONLY"}) as source:
            rows = {
                name: source.execute(f"SELECT {columns} FROM marts.{name}").fetchall()
                for name, columns in MARTS.items()
            }
    except duckdb.Error:
        return None
    return sum(oracle.differing(rows[name], due[name]) for name in due)
