"""What each arm finds, and in which order; and what the boost for fresh data does to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from lab.experiments.data_catalog import oracle
from lab.experiments.data_catalog.mechanism import Catalog, Dataset, open_catalog
from lab.experiments.data_catalog.params import KINDS, TODAY, Params
from lab.experiments.data_catalog.workload.arms import Search, options
from lab.experiments.data_catalog.workload.datasets import Page
from lab.experiments.data_catalog.workload.queries import queries

DEPTH = 10


@dataclass(frozen=True)
class Collection:
    """The datasets of a run with its queries and what is relevant to each: a test collection, as the field calls it."""

    params: Params
    pages: Sequence[Page]

    @cached_property
    def datasets(self) -> list[Dataset]:
        return [page.dataset for page in self.pages]

    @cached_property
    def facts(self) -> list[oracle.Fact]:
        return [page.fact() for page in self.pages]

    @cached_property
    def queries(self) -> list[oracle.Query]:
        return queries(self.pages, self.params)

    @cached_property
    def relevant(self) -> list[set[str]]:
        return [oracle.relevant(query, self.facts) for query in self.queries]

    def common(self, *forms: str) -> list[int]:
        """Places of the common queries in these forms."""
        return [
            place for place, query in enumerate(self.queries) if query.kind in KINDS and query.form in forms
        ]


def ask(collection: Collection, search: Search) -> list[list[str]]:
    """What `search` finds for each query: the first ten, or as many as are relevant."""
    return [
        list(search(query.typed, max(DEPTH, len(wanted))))
        for query, wanted in zip(collection.queries, collection.relevant, strict=True)
    ]


def boosts(collection: Collection, path: Path) -> pd.DataFrame:
    """For each boost the first ten of the exact common queries to which more than ten datasets are relevant.

    Columns: boost, query, ndcg, age (mean of the first ten, days).
    """
    ages = {item.id: (TODAY - item.updated).days for item in collection.datasets}
    places = [
        place
        for place in collection.common("exact", "prefix", "two")
        if len(collection.relevant[place]) > DEPTH
    ]
    rows = []
    for boost in sorted({*collection.params.boosts, collection.params.boost}):
        catalog = open_catalog(str(path), replace(options(collection.params), boost=boost))
        rows += [_boosted(collection, catalog, place, ages, boost) for place in places]
        catalog.close()
    return pd.DataFrame(rows, columns=["boost", "query", "ndcg", "age"])


def _boosted(
    collection: Collection, catalog: Catalog, place: int, ages: dict[str, int], boost: float
) -> dict[str, float]:
    found = [hit.dataset.id for hit in catalog.search(collection.queries[place].typed, DEPTH).hits]
    gained = oracle.measures(found, collection.relevant[place])
    return {
        "boost": boost,
        "query": place,
        "ndcg": gained["ndcg"],
        "age": float(np.mean([ages[id] for id in found])),
    }
