"""What helps when the table grows: partitions worked on side by side, pre-aggregation, approximation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.sql_windows.measure.engines import DUCKDB_SESSION, Bench
from lab.experiments.sql_windows.measure.timing import seconds
from lab.experiments.sql_windows.mechanism.queries import Query

WORKERS = 2
PERCENTILE = 0.95


@dataclass(frozen=True)
class Speedups:
    """Each as a ratio: time without / time with, at the stated rows.

    halves: PostgreSQL, customers split over two connections. threads: DuckDB with two threads for one.
    daily: RFM from customer-days instead of purchases; daily_rows: how many purchases make a customer-day.
    approximate: DuckDB's approx_quantile for quantile_disc; rank_error: how far its rank is off.
    """

    halves: float
    threads: float
    daily: float
    daily_rows: float
    approximate: float
    rank_error: float


def measure(
    bench: Bench, top: str, middle: str, data: pd.DataFrame, queries: Mapping[str, Query]
) -> Speedups:
    """top, middle: names of tables; data: the purchases of `top`."""
    total, rfm = queries["running_total"], queries["rfm_percentiles"]
    approximate, rank_error = _approximate(bench.connection("DuckDB", top), data["cents"].to_numpy())
    return Speedups(
        halves=_halves(bench, top, total),
        threads=_threads(bench.connection("DuckDB", top), total),
        daily=_daily(bench.connection("PostgreSQL", middle), rfm),
        daily_rows=len(data) / len(data[["customer_id", "day"]].drop_duplicates()),
        approximate=approximate,
        rank_error=rank_error,
    )


def _halves(bench: Bench, table: str, query: Query) -> float:
    """Customers split in two by their number; each half on a connection of its own, both at once."""
    parts = [
        query.changed(
            "FROM transactions",
            f"FROM (SELECT * FROM transactions WHERE customer_id % {WORKERS} = {part}) AS transactions",
        )
        for part in range(WORKERS)
    ]
    connections = [bench.connection("PostgreSQL", table), bench.another(table)]

    def together() -> float:
        begin = time.perf_counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(seconds, connections, parts))
        return time.perf_counter() - begin

    return _times_as_fast(lambda: seconds(connections[0], query), together)


def _threads(connection: Any, query: Query) -> float:
    def together() -> float:
        connection.execute(f"SET threads = {WORKERS}")
        taken = seconds(connection, query)
        connection.execute(f"SET threads = {DUCKDB_SESSION['threads']}")
        return taken

    return _times_as_fast(lambda: seconds(connection, query), together)


def _daily(connection: Any, query: Query) -> float:
    connection.execute(
        "CREATE TEMPORARY TABLE daily AS "
        "SELECT customer_id, day, sum(cents)::bigint AS cents FROM transactions GROUP BY customer_id, day"
    )
    connection.execute("ANALYZE daily")
    from_daily = query.changed("FROM transactions", "FROM daily")
    faster = _times_as_fast(lambda: seconds(connection, query), lambda: seconds(connection, from_daily))
    connection.execute("DROP TABLE daily")
    return faster


def _times_as_fast(without: Callable[[], float], helped: Callable[[], float]) -> float:
    """Median seconds without over median seconds with help, taken in turn."""
    pairs = [(without(), helped()) for _ in range(3)]
    return median(alone for alone, _ in pairs) / median(taken for _, taken in pairs)


def _approximate(connection: Any, cents: np.ndarray) -> tuple[float, float]:
    exact_s, _ = _quantile(connection, "quantile_disc")
    approximate_s, found = _quantile(connection, "approx_quantile")
    return exact_s / approximate_s, abs(float((cents <= found).mean()) - PERCENTILE)


def _quantile(connection: Any, function: str) -> tuple[float, float]:
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        (value,) = connection.execute(f"SELECT {function}(cents, {PERCENTILE}) FROM transactions").fetchone()
        times.append(time.perf_counter() - begin)
    return median(times), float(value)
