"""The audit's time against the number of tables, in databases of their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pandas as pd

from lab.experiments.governance.measure.bench import Bench, catalogue, quiet
from lab.experiments.governance.mechanism import audit
from lab.experiments.governance.params import CHECKED_AT, Params
from lab.experiments.governance.workload.company import AUDITOR, SUPERUSER, Company, company
from lab.load.interleave import interleaved

ROUNDS = 5


def times(bench: Bench, params: Params) -> pd.DataFrame:
    """Audits without the log, in turns. Columns: tables, round, seconds, findings."""
    sizes = [*params.sizes, CHECKED_AT * params.sizes[-1]]
    made = {size: company(size, params.seed) for size in sizes}
    for size, own in made.items():
        _install(bench, size, own)
    rows = []
    for number, size in interleaved(sizes, ROUNDS, params.seed):
        known = catalogue(made[size].books)
        at = datetime.now(UTC)
        begin = time.perf_counter()
        found = audit(bench.as_role(AUDITOR, _name(size)), known, since=at, at=at, rows=params.rows)
        rows.append((size, number, time.perf_counter() - begin, len(found)))
    return pd.DataFrame(rows, columns=["tables", "round", "seconds", "findings"])


def _name(size: int) -> str:
    return f"tables_{size}"


def _install(bench: Bench, size: int, own: Company) -> None:
    bench.seeder.execute(f"CREATE DATABASE {_name(size)}")
    # Roles are the server's, and there already.
    roles = ("CREATE ROLE", "GRANT analysts", "GRANT support", "GRANT pg_monitor")
    statements = [one for one in own.statements if not one.startswith(roles)]
    with quiet(bench.as_role(SUPERUSER, _name(size))) as connection:
        Company(own.books, own.tables, statements, own.rows).install(connection)
