"""The catalog at other sizes: parts of it, and copies. A copy adds no word, and as many matches to every query."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lab.experiments.data_catalog.measure.retrieval import Collection
from lab.experiments.data_catalog.mechanism import COLUMNS, Catalog, document, open_catalog
from lab.experiments.data_catalog.workload.arms import options
from lab.load.interleave import interleaved

PARTS = (0.125, 0.25, 0.5, 1.0)
SEARCHES = 40
ROUNDS = 5


def growth(collection: Collection, folder: Path) -> pd.DataFrame:
    """One row for each size and round. Columns: factor, datasets, tokens (words in a row), words (different ones), bytes,
    round, ms (processor time, mean of SEARCHES searches with facets), matches (mean)."""
    factors = [*PARTS, float(collection.params.copies)]
    made = {factor: _made(collection, factor, folder) for factor in factors}
    facts = {
        factor: (len(catalog), tokens, catalog.vocabulary(), catalog.size())
        for factor, (catalog, tokens) in made.items()
    }
    asked = _sample(collection)
    rows = []
    for number, factor in interleaved(factors, ROUNDS, collection.params.seed):
        rows.append((factor, *facts[factor], number, *_timed(made[factor][0], asked)))
    for catalog, _ in made.values():
        catalog.close()
    return pd.DataFrame(
        rows, columns=["factor", "datasets", "tokens", "words", "bytes", "round", "ms", "matches"]
    )


def _sample(collection: Collection) -> list[str]:
    """Exact common queries; those that were mistyped take a second question, at any size."""
    places = collection.common("exact", "two")
    chosen = np.random.default_rng([collection.params.seed, 3]).permutation(places)[:SEARCHES]
    return [collection.queries[place].typed for place in chosen]


def _timed(catalog: Catalog, asked: Sequence[str]) -> tuple[float, float]:
    # Processor time of this process, which holds SQLite: what else the machine does lengthens it little.
    start, matches = time.process_time(), 0
    for text in asked:
        matches += catalog.search(text, facets=True).total
    return (time.process_time() - start) * 1e3 / len(asked), matches / len(asked)


def _made(collection: Collection, factor: float, folder: Path) -> tuple[Catalog, int]:
    """A catalog of that size, and how many words stand in it."""
    path = folder / f"size-{factor:g}.db"
    catalog = open_catalog(str(path), options(collection.params))
    order = np.random.default_rng([collection.params.seed, 4]).permutation(len(collection.datasets))
    chosen = [collection.datasets[place] for place in order[: round(factor * len(order))]]
    catalog.put(chosen)
    if factor > 1:
        _copy(path, round(factor) - 1, len(chosen))
    tokens = sum(len(part) for item in chosen for part in document(item).values())
    return catalog, round(max(1.0, factor) * tokens)


def _copy(path: Path, times: int, count: int) -> None:
    """So many copies more of what is in the file, made in the database: to read the same texts again would take minutes."""
    names = ", ".join(COLUMNS)
    with sqlite3.connect(path) as connection:
        for shift in (count * (copy + 1) for copy in range(times)):
            for statement in (
                f"INSERT INTO dataset SELECT number + {shift}, id || '#{shift}', updated, record FROM dataset"
                f" WHERE number <= {count}",
                f"INSERT INTO label SELECT number + {shift}, kind, folded, value FROM label WHERE number <= {count}",
                f"INSERT INTO document (rowid, {names}) SELECT rowid + {shift}, {names} FROM document WHERE rowid <= {count}",
            ):
                connection.execute(statement)
    connection.close()
