"""How long each layer takes on larger sources, in turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.experiments.dbt_contracts.measure.builds import Bench
from lab.experiments.dbt_contracts.measure.seen import Timed
from lab.experiments.dbt_contracts.measure.sources import DuckSource
from lab.experiments.dbt_contracts.params import Params
from lab.experiments.dbt_contracts.workload.arms import LAYERS, NEITHER, Arm
from lab.load.interleave import interleaved


def by_size(params: Params, on: Mapping[str, Bench], folder: Path) -> list[Timed]:
    """Seconds of models, tests and unit tests for each size; DuckDB, one thread.

    on: a bench on DuckDB for each arm by its name, which has run it before; sources of these sizes are put under it in turn.
    """
    sources = {orders: DuckSource(folder / str(orders), orders) for orders in params.sizes}
    for source in sources.values():
        source.fresh(())
    # Without contracts at the largest size alone: there they could cost most.
    cells = [*((orders, LAYERS) for orders in params.sizes), (params.sizes[-1], NEITHER)]
    return [
        timed
        for round_, (orders, arm) in interleaved(cells, params.rounds, params.seed)
        for timed in _timed(
            Bench(on[arm.name].warm, on[arm.name].project, sources[orders]), orders, round_, arm
        )
    ]


def _timed(on: Bench, orders: int, round_: int, arm: Arm) -> Iterator[Timed]:
    told = on.invoke(arm)
    seconds, nodes = defaultdict[str, float](float), defaultdict[str, int](int)
    for node in told.nodes:
        seconds[node.kind] += node.seconds
        nodes[node.kind] += 1
    for kind in seconds:
        yield Timed(orders, round_, arm.name, kind, nodes[kind], seconds[kind])
