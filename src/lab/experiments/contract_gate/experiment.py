"""Data and pushes that break a contract, with the gate and without."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.contract_gate.judge import census
from lab.experiments.contract_gate.judge.metrics import judged_tables, metrics, tables
from lab.experiments.contract_gate.judge.observations import observe
from lab.experiments.contract_gate.kit import EXAMPLE
from lab.experiments.contract_gate.measure import times
from lab.experiments.contract_gate.measure.data import FILE, create, rows
from lab.experiments.contract_gate.measure.gates import Bench, Gate, built, elsewhere, judged, side_by_side
from lab.experiments.contract_gate.measure.pushes import pushed
from lab.experiments.contract_gate.measure.seen import Pushed, Seen
from lab.experiments.contract_gate.mechanism import check, environment, hook
from lab.experiments.contract_gate.params import Params
from lab.experiments.contract_gate.workload.mutants import Mutant, drawn, mutants
from lab.experiments.contract_gate.workload.pushes import pushes
from lab.progress import steps
from lab.services import datacontract, git
from lab.services import dbt as dbts
from lab.services.datacontract import DataContractCli, datacontract_cli
from lab.services.dbt import Dbt, dbt
from lab.services.postgres import postgres
from lab.services.session import session


@dataclass(frozen=True)
class Services:
    """Warm processes, the address of PostgreSQL, and the data as agreed."""

    on: Bench
    cli: DataContractCli
    dbt: Dbt
    dsn: str
    version: str

    def give_up(self) -> None:
        self.cli.kill()
        self.dbt.kill()


def run(params: Params, gate: Gate = check) -> Result:
    """One way to check data, a reader's own too, on DuckDB. gate: (contract, data, now) -> Report, as `check`."""
    with _services(params) as up:
        return _result(params, Seen(*_gates(up, drawn(mutants(), params.mutants, params.seed), gate)))


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The gate and the hook; the same data and the same pushes without them."""
    with steps(3) as work:
        work.next("services")
        with _services(params) as up:
            chosen = drawn(mutants(), params.mutants, params.seed)
            work.next("changes and pushes")
            # Of those that every place can show: text has no types, and what breaks no rule says little.
            broken = [one for one in chosen if one.broken and not one.typed]
            some = drawn(broken, params.elsewhere, params.seed)
            every, builds, with_hook, without = side_by_side(
                lambda: [*judged(up.on, chosen, up.cli), *elsewhere(up.on, some, up.cli, up.dsn)],
                partial(built, up.on, chosen, up.dbt),
                partial(_pushed, up.on.folder, hooked=True),
                partial(_pushed, up.on.folder, hooked=False),
                give_up=up.give_up,
            )
            work.next("times")
            ended, timed = _timed(params, up)
            seen = Seen(every, builds, with_hook, ended, timed)
            versions = _versions(up)
    # A sweep is what the census is made from, and so not compared with it.
    kept = None if len(chosen) == len(mutants()) else census.kept()
    shown = kept or judged_tables(seen)
    treatment = Result(params, observe(seen, kept), metrics(seen, shown), tables(seen, shown), versions)
    return treatment, {
        # Without a gate nothing is said about the data, and everything goes on to dbt.
        "no gate": _result(params, Seen(built=builds)),
        "no hook": _result(params, Seen(pushed=without)),
    }


@contextmanager
def _services(params: Params) -> Iterator[Services]:
    now = datetime.now(UTC).replace(microsecond=0)
    with (
        tempfile.TemporaryDirectory(dir=session().folder) as name,
        datacontract_cli() as cli,
        dbt() as warm,
        postgres() as server,
    ):
        agreed = Path(name) / "agreed" / FILE
        create(agreed, params.orders, now)
        on = Bench(agreed, rows(agreed), now, Path(name))
        yield Services(on, cli, warm, server.dsn, server.version)


def _gates(up: Services, chosen: Sequence[Mutant], gate: Gate) -> list[list]:
    return side_by_side(
        partial(judged, up.on, chosen, up.cli, gate),
        partial(built, up.on, chosen, up.dbt),
        give_up=up.give_up,
    )


def _pushed(folder: Path, hooked: bool) -> list[Pushed]:
    place = folder / f"repository-{hooked}"
    place.mkdir()
    return list(pushed(place, pushes(EXAMPLE), hook() if hooked else None, environment()))


def _timed(params: Params, up: Services) -> tuple[list, list]:
    called = list(times.commands(params, up.on.agreed, up.on.folder, up.on.now))
    grown = times.by_size(params, up.on.folder, up.on.folder / "project", up.on.now, up.cli, up.dbt)
    return [one for one, _ in called], [*grown, *(one for _, one in called)]


def _result(params: Params, seen: Seen) -> Result:
    return Result(params, observe(seen), metrics(seen, judged_tables(seen)))


def _versions(up: Services) -> dict[str, str]:
    return {
        "datacontract-cli": datacontract.version(),
        "dbt-core": dbts.version(),
        "dbt-duckdb": dbts.version("dbt-duckdb"),
        "git": git.version(),
        "PostgreSQL": up.version,
    }
