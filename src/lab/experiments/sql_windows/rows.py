"""Every query's rows on every engine against rows that were found without SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.experiments.sql_windows.compare import compare
from lab.experiments.sql_windows.engines import ENGINES, Bench
from lab.experiments.sql_windows.queries import Query


def differences(
    bench: Bench, table: str, queries: Mapping[str, Query], expected: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """engine, query, expected (rows), differing (rows), first (place, found, expected; of one that differs)."""
    found = []
    for name, query in queries.items():
        truth = list(expected[name].itertuples(index=False, name=None))
        for engine in ENGINES:
            difference = compare(query.rows(bench.connection(engine, table)), truth)
            found.append((engine, name, difference.expected, difference.rows, difference.first))
    return pd.DataFrame(found, columns=["engine", "query", "expected", "differing", "first"])
