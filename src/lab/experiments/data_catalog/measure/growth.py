"""The catalog at other sizes: its words in parts of it, the time of a search in copies of it.

A copy adds no word, and as many matches to every query as there were.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from lab.experiments.data_catalog.measure.retrieval import Collection
from lab.experiments.data_catalog.mechanism import COLUMNS, Catalog, document, open_catalog
from lab.experiments.data_catalog.workload.arms import options
from lab.load.interleave import interleaved

PARTS = (0.125, 0.25, 0.5, 1.0)
BETWEEN = 2  # copies in the catalog that the law is fitted to, beside the catalog itself
SEARCHES = 30
ROUNDS = 15  # of every search
SHORTEST = 4  # letters of a word that is counted, as of one that is corrected


def words(collection: Collection) -> pd.DataFrame:
    """Words of parts of the datasets. Columns: factor, datasets, tokens (words in a row), words (different ones).

    Of a part, those that one drawn at random has on average: a word of d datasets is in it with probability
    1 - (1 - factor)^d. A single draw would tell more of the few datasets with a thousand columns.
    """
    found = [document(item) for item in collection.datasets]
    tokens = sum(len(column) for item in found for column in item.values())
    each = ({word for column in item.values() for word in column if len(word) >= SHORTEST} for item in found)
    spread = np.array(list(Counter(word for own in each for word in own).values()))
    rows = [
        (factor, round(factor * len(found)), factor * tokens, float((1 - (1 - factor) ** spread).sum()))
        for factor in PARTS
    ]
    return pd.DataFrame(rows, columns=["factor", "datasets", "tokens", "words"])


def times(collection: Collection, catalog: Catalog, path: Path) -> pd.DataFrame:
    """Searches in `catalog`, of SQLite's file `path`, and in copies of it. Columns: factor, datasets, bytes, query, round,
    matches, ms (processor time of a search with facets).

    The sizes take turns at every search, so that a slow moment of the machine meets all of them: the line's error in the
    largest catalog is several times that of the difference between the two smaller ones.
    """
    asked = _sample(collection, catalog)
    larger = {copies: _copied(collection, path, copies) for copies in (BETWEEN, collection.params.copies)}
    sizes = {1: catalog, **larger}
    shape = {factor: (factor, len(own), own.size()) for factor, own in sizes.items()}
    rows = []
    for turn, factor in interleaved(list(sizes), ROUNDS * len(asked), collection.params.seed):
        number, place = divmod(turn, len(asked))
        rows.append((*shape[factor], asked[place], number, *_timed(sizes[factor], asked[place])))
    for each in larger.values():
        each.close()
    columns = ["factor", "datasets", "bytes", "query", "round", "matches", "ms"]
    return pd.DataFrame(rows, columns=columns)


def _sample(collection: Collection, catalog: Catalog) -> list[str]:
    """Common queries that find enough as they are typed: the others ask again, and only while the catalog is small."""
    places = collection.common("exact", "two")
    chosen = np.random.default_rng([collection.params.seed, 3]).permutation(places)
    found = (collection.queries[place].typed for place in chosen)
    return list(islice((text for text in found if asks_once(catalog, text)), SEARCHES))


def asks_once(catalog: Catalog, text: str) -> bool:
    """Whether a search finds enough without correction or a looser try."""
    answer = catalog.search(text, limit=1)
    return answer.how == "as typed" and answer.total >= catalog.options.enough


def _timed(catalog: Catalog, text: str) -> tuple[int, float]:
    # Processor time of this process, which holds SQLite: what else the machine does lengthens it little.
    start = time.process_time()
    total = catalog.search(text, facets=True).total
    return total, (time.process_time() - start) * 1e3


def _copied(collection: Collection, path: Path, copies: int) -> Catalog:
    """A catalog of `copies` times the datasets, made in the database: to read the same texts again would take minutes."""
    target = path.with_name(f"copies_{copies}.db")
    with sqlite3.connect(path) as source, sqlite3.connect(target) as connection:
        source.backup(connection)
        for copy in range(1, copies):
            _copy(connection, copy * len(collection.datasets), len(collection.datasets))
    source.close()
    connection.close()
    return open_catalog(str(target), options(collection.params))


def _copy(connection: sqlite3.Connection, shift: int, count: int) -> None:
    names = ", ".join(COLUMNS)
    statements: Sequence[str] = (
        f"INSERT INTO dataset SELECT number + {shift}, id || '#{shift}', updated, record FROM dataset"
        f" WHERE number <= {count}",
        f"INSERT INTO label SELECT number + {shift}, kind, folded, value FROM label WHERE number <= {count}",
        f"INSERT INTO document (rowid, {names}) SELECT rowid + {shift}, {names} FROM document WHERE rowid <= {count}",
    )
    for statement in statements:
        connection.execute(statement)
