"""TPC-H from DuckDB's extension: tables, queries and the published answers; lineitem in every layout."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lab import duck
from lab.experiments.parquet_compaction.mechanism.layouts import Key, Layout, Values, hashed

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


FACT = "lineitem"
OTHERS = ("customer", "nation", "orders", "part", "partsupp", "region", "supplier")
SORT_BY = ("l_shipdate",)


def tables(scale_factor: float) -> dict[str, pa.Table]:
    """The eight tables by name. Lineitem's rows come in the order in which customers received the items."""
    with duck.connect("tpch") as connection:
        connection.execute("CALL dbgen(sf = ?)", [scale_factor])
        made = {name: connection.execute(f"FROM {name}").to_arrow_table() for name in OTHERS}
        ordered = f"FROM {FACT} ORDER BY l_receiptdate, l_orderkey, l_linenumber"
        return made | {FACT: connection.execute(ordered).to_arrow_table()}


def loads(fact: pa.Table, count: int) -> list[pa.Table]:
    """Lineitem's rows as they arrive, in `count` loads of equal size."""
    edges = np.linspace(0, fact.num_rows, count + 1).astype(int).tolist()
    return [fact.slice(first, last - first) for first, last in pairwise(edges)]


def queries(connection: DuckDBPyConnection) -> dict[int, str]:
    """The 22 queries by number."""
    return dict(connection.execute("SELECT query_nr, query FROM tpch_queries()").fetchall())


def layouts(buckets: int) -> Mapping[str, Layout]:
    """The same layouts as the event log's: lineitem by the year of shipping and by a hash of the order."""
    year, bucket = Key("year", "l_shipdate", _year), hashed("l_orderkey", buckets)
    return {
        "none": Layout("none"),
        "date": Layout("date", (year,)),
        "user hash": Layout("user hash", (bucket,)),
        "date+hash": Layout("date+hash", (year, bucket)),
    }


def _year(values: Values) -> Values:
    return values.astype("datetime64[Y]").astype(np.int64) + 1970
