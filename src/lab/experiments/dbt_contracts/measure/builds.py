"""One build after another: the source changed, dbt run, its marts read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import ServiceError
from lab.experiments.dbt_contracts import oracle
from lab.experiments.dbt_contracts.measure.seen import Built
from lab.experiments.dbt_contracts.measure.sources import Source, Tables
from lab.experiments.dbt_contracts.mechanism import project
from lab.experiments.dbt_contracts.workload.arms import Arm
from lab.experiments.dbt_contracts.workload.mutants import Mutant, mutants
from lab.experiments.dbt_contracts.workload.shop import SHOP
from lab.services.dbt import Dbt, Told

PASSED = ("success", "pass", "skipped")
# What dbt prints and writes is not looked at here, and takes a quarter of its time.
FLAGS = ("--quiet", "--no-write-json")
Rows = Mapping[str, Sequence[tuple[Any, ...]]]  # of marts, by name


@dataclass(frozen=True)
class Bench:
    """A warm dbt with the package installed in a project on one source."""

    warm: Dbt
    project: Path
    source: Source

    def invoke(self, arm: Arm, select: Sequence[str] = ()) -> Told:
        """dbt on the source as it is now. select: what to build; nothing for all."""
        variables = {"shop_schema": self.source.schema, **arm.variables}
        command = [*arm.command, *FLAGS, *(["--select", *select] if select else [])]
        return self.warm.invoke(command, self.project, variables, self.source.environment)


@contextmanager
def bench(warm: Dbt, folder: Path, source: Source) -> Iterator[Bench]:
    """The package installed in a project of its own in `folder`. ServiceError if dbt does not install it."""
    target = source.engine.lower()
    made = project(folder, {target: source.outputs}, target)
    told = warm.invoke(["deps"], made, environment=source.environment, parse_once=False)
    if not told.success:
        raise ServiceError(f"dbt deps failed: {told.error}")
    yield Bench(warm, made, source)


Work = tuple[Bench, Arm, Sequence[Mutant]]


def lanes(work: Sequence[Sequence[Work]], due: Rows) -> list[Built]:
    """All builds of `work`: its lanes side by side, each on benches of its own; in a lane one after another."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(_lane, lane, due) for lane in work]
        try:
            for lane in as_completed(running):
                lane.result()
        except BaseException:  # Ctrl-C too: the pool would wait for the other lane's end
            for on in {id(part[0].warm): part[0].warm for lane in work for part in lane}.values():
                on.kill()
            raise
    return [one for lane in running for one in lane.result()]


def _lane(lane: Sequence[Work], due: Rows) -> list[Built]:
    return [one for part in lane for one in builds(*part, due)]


def builds(on: Bench, arm: Arm, tried: Sequence[Mutant], due: Rows) -> Iterator[Built]:
    """A build of the source as it was agreed, then one for each of `tried`. due: the marts' rows without a change.

    Where what was built before is still there, only what is downstream of the changed table is built.
    """
    own = {one.name: one for one in mutants(SHOP, on.source.schema)}
    on.source.fresh(())
    yield _built(on, arm, None, (), due)
    on.source.keep()
    for mutant in tried:
        on.source.fresh(own[mutant.name].statements)
        select = [f"source:shop.{mutant.table}+"] if mutant.table and on.source.keeps else []
        yield _built(on, arm, mutant, select, due)


def _built(on: Bench, arm: Arm, mutant: Mutant | None, select: Sequence[str], due: Rows) -> Built:
    told = on.invoke(arm, select)
    if told.error:  # not of a node: dbt itself could not work
        raise ServiceError(f"dbt failed ({arm.name}): {told.error}")
    failures = tuple(node for node in told.nodes if node.status not in PASSED)
    return Built(
        *(on.source.engine, arm.name, mutant, told.success, failures, len(told.nodes)),
        *(told.seconds, _differing(on.source, due) if told.success else None),
    )


def _differing(source: Source, due: Rows) -> int | None:
    try:
        found = source.marts()
    except Exception:  # a column or a mart is not there: each engine has errors of its own for that
        return None
    return sum(oracle.differing(found[name], due[name]) for name in due)


def marts_due(tables: Tables) -> dict[str, list[tuple[Any, ...]]]:
    """The marts of the source as agreed."""
    return oracle.marts(tables["customers"], tables["orders"], tables["order_lines"])
