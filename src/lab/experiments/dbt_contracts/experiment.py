"""Systematic changes of a source, with all layers of dbt's checks on and with some of them off."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.dbt_contracts.judge import census
from lab.experiments.dbt_contracts.judge.layers import table
from lab.experiments.dbt_contracts.judge.metrics import counts, timed_table, times
from lab.experiments.dbt_contracts.judge.observations import census_agrees, observe, tests_predicted
from lab.experiments.dbt_contracts.measure import timing
from lab.experiments.dbt_contracts.measure.builds import Bench, bench, builds, lanes, marts_due
from lab.experiments.dbt_contracts.measure.seen import Built
from lab.experiments.dbt_contracts.measure.sources import DuckSource, PostgresSource, Tables, agreed
from lab.experiments.dbt_contracts.params import Params
from lab.experiments.dbt_contracts.workload.arms import (
    CASTS,
    CONTRACTS,
    LAYERS,
    NEITHER,
    TESTS,
    Arm,
    changing,
    stratified,
)
from lab.experiments.dbt_contracts.workload.mutants import SCHEMA, Mutant, mutants
from lab.experiments.dbt_contracts.workload.shop import SCHEMA as PLACE
from lab.experiments.dbt_contracts.workload.shop import SHOP
from lab.progress import steps
from lab.services import dbt as service
from lab.services.dbt import dbt
from lab.services.postgres import postgres
from lab.services.session import session


@dataclass(frozen=True)
class Plan:
    """Which mutants are tried. known: all that change something; skipped: those that do not; chosen: of the known.

    elsewhere: of the chosen, those that are tried on PostgreSQL too. Layers alone are tried on these, or on all in a sweep.
    """

    known: Sequence[Mutant]
    skipped: int
    chosen: Sequence[Mutant]
    elsewhere: Sequence[Mutant]

    @property
    def whole(self) -> bool:
        """Whether this is a sweep over all."""
        return len(self.chosen) == len(self.known)

    def of(self, kinds: Sequence[str], among: bool = True) -> list[Mutant]:
        """Violations of `kinds`, or of all other kinds, for a layer alone."""
        tried = self.chosen if self.whole else self.elsewhere
        return [one for one in tried if not one.benign and (one.kind in kinds) == among]

    @property
    def types(self) -> list[Mutant]:
        """Changes of types, and always those of a decimal into a float."""
        float_ = [one for one in self.known if one.variant == "to double precision"]
        return [*(one for one in self.of(("type",)) if one not in float_), *float_]


def plan(params: Params) -> Plan:
    """The mutants of a run: drawn by kind."""
    every = mutants(SHOP, PLACE)
    known = changing(every, params.orders)
    chosen = stratified(known, params.mutants, params.seed)
    return Plan(known, len(every) - len(known), chosen, stratified(chosen, params.elsewhere, params.seed))


def run(params: Params, arm: Arm = LAYERS) -> Result:
    """One arm, a reader's own too, on DuckDB."""
    tried, due = plan(params).chosen, marts_due(agreed(params.orders))
    with tempfile.TemporaryDirectory(dir=session().folder) as name, dbt() as warm:
        source = DuckSource(Path(name) / "source", params.orders)
        with bench(warm, Path(name) / "project", source) as on:
            return _result(params, list(builds(on, arm, tried, due)), None)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """All layers on both engines, beside some of them alone; two of these are the controls."""
    with steps(4) as work, tempfile.TemporaryDirectory(dir=session().folder) as name:
        work.next("changes")
        tables, chosen = agreed(params.orders), plan(params)
        work.next("services")
        with _benches(Path(name), params, tables) as (first, second, on_postgres):
            work.next("builds")
            found = lanes(_work(chosen, first, second, on_postgres), marts_due(tables))
            work.next("times")
            timed = timed_table(
                timing.by_size(params, {LAYERS.name: first, NEITHER.name: second}, Path(name))
            )
            versions = {"PostgreSQL": on_postgres.version}
    kept = None if chosen.whole else census.kept()
    return _treatment(params, chosen, found, timed, kept, versions), {
        arm.name: _result(params, _of(found, arm), kept) for arm in (NEITHER, CASTS)
    }


@dataclass(frozen=True)
class OnPostgres:
    """A bench with its server's version."""

    bench: Bench
    version: str


@contextmanager
def _benches(folder: Path, params: Params, tables: Tables) -> Iterator[tuple[Bench, Bench, OnPostgres]]:
    """Two warm processes, each with DuckDB; the second with PostgreSQL too, in schemas that go at the end."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        source = PostgresSource(server.dsn, tables)
        stack.callback(source.drop)
        warm = [stack.enter_context(dbt()) for _ in range(2)]
        ducks = [
            stack.enter_context(
                bench(warm[n], folder / f"duck{n}", DuckSource(folder / f"source{n}", params.orders))
            )
            for n in range(2)
        ]
        other = stack.enter_context(bench(warm[1], folder / "postgres", source))
        yield ducks[0], ducks[1], OnPostgres(other, server.version)


def _work(chosen: Plan, first: Bench, second: Bench, on_postgres: OnPostgres) -> list[list]:
    """Two lanes of about the same length. An arm is run where it can differ from all layers."""
    return [
        [(first, LAYERS, chosen.chosen), (first, CASTS, chosen.types)],
        [
            (second, NEITHER, chosen.of((), among=False)),
            (second, CONTRACTS, chosen.of(SCHEMA, among=False)),
            (second, TESTS, chosen.of(SCHEMA)),
            (on_postgres.bench, LAYERS, chosen.elsewhere),
        ],
    ]


def _of(found: Sequence[Built], arm: Arm) -> list[Built]:
    return [built for built in found if built.arm == arm.name]


def _result(params: Params, found: Sequence[Built], kept: pd.DataFrame | None) -> Result:
    rows = table(found)
    clean = [built for built in found if built.mutant is None]
    return Result(params, observe(clean, rows, kept), counts(rows, found[0].arm), {"builds": rows})


def _treatment(
    params: Params,
    chosen: Plan,
    found: Sequence[Built],
    timed: pd.DataFrame,
    kept: pd.DataFrame | None,
    versions: dict[str, str],
) -> Result:
    """What all arms showed; criteria are judged on all layers. Counts are those of the census, where there is one."""
    own, rows = _result(params, _of(found, LAYERS), kept), table(found)
    everything = rows if kept is None else kept
    observed = dict(own.observed) | {"tests_predicted": tests_predicted(timed)}
    if kept is not None:
        observed["census_agrees"] = census_agrees(rows, kept)
    metrics = [
        metric
        for arm in (LAYERS, CONTRACTS, TESTS, CASTS, NEITHER)
        for metric in counts(_on_duckdb(everything, arm), arm.name)
    ]
    plans = pd.DataFrame(
        {"known": [len(chosen.known)], "skipped": [chosen.skipped], "tried": [len(chosen.chosen)]}
    )
    tables = {"builds": rows, "census": everything, "timed": timed, "plan": plans}
    return Result(params, observed, [*metrics, *times(timed)], tables, versions | _versions())


def _on_duckdb(rows: pd.DataFrame, arm: Arm) -> pd.DataFrame:
    return rows[(rows["arm"] == arm.name) & (rows["engine"] == "DuckDB")]


def _versions() -> dict[str, str]:
    names = ("dbt-core", "dbt-duckdb", "dbt-postgres", "duckdb")
    return {name: service.version(name) for name in names}
