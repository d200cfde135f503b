"""Every answer of the bench, held against the published one as it comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lab.experiments.warehouse_bench import oracle
from lab.experiments.warehouse_bench.bench import Cell
from lab.experiments.warehouse_bench.queries import ORDER


@dataclass
class Answers:
    """published: answers by query number, by dataset; what has none (a size between) is not compared."""

    published: Mapping[str, Mapping[int, list[tuple[str, ...]]]]
    found: list[dict] = field(default_factory=list)

    def __call__(self, cell: Cell, number: int, rows: Sequence[tuple]) -> None:
        wanted = self.published.get(cell.dataset)
        if wanted is None:
            return
        seen = oracle.check(rows, wanted[int(cell.query)], ORDER[int(cell.query)])
        self.found.append(
            {"engine": cell.engine, "dataset": cell.dataset, "query": cell.query, "round": number}
            | {"values": seen.values, "differing": seen.differing, "first": seen.first}
        )

    def table(self) -> pd.DataFrame:
        """One row for each answer that was compared."""
        return pd.DataFrame(self.found)
