"""The queries that are timed, and what they must answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lab.experiments.parquet_compaction import oracle
from lab.experiments.parquet_compaction.events import KINDS, Events, generate
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.reader import Query, Rows

SORT_BY = ("user_id", "event_time")
TPCH_TIMED = 6
USERS = 2_000


@dataclass(frozen=True)
class Workload:
    """The event log, the queries on it, and the right answer of each by the query's name."""

    log: Events
    queries: tuple[Query, ...]
    truth: Mapping[str, Rows]


def workload(params: Params) -> Workload:
    """Log, queries and answers for `params`: one user's day, one day, everything."""
    log = generate(params.batch_rows * params.batches, params.days, USERS, params.seed)
    user, day = int(log.user_id[len(log) // 2]), params.days // 2
    queries = (
        Query(
            "point",
            f"SELECT count(*), sum(cents) FROM t WHERE user_id = {user} AND day = {day}",
            {"user_id": [user], "day": [day]},
            ("user_id", "day", "cents"),
            (("user_id", "=", user), ("day", "=", day)),
        ),
        Query(
            "range",
            f"SELECT kind, count(*), sum(cents) FROM t WHERE day = {day} GROUP BY kind ORDER BY kind",
            {"day": [day]},
            ("day", "kind", "cents"),
            (("day", "=", day),),
        ),
        Query(
            "full scan",
            "SELECT count(*), sum(cents), max(payload) FROM t",
            columns=("cents", "payload"),
        ),
    )
    return Workload(log, queries, _truth(log.columns(), user, day))


def _truth(columns: Mapping[str, Any], user: int, day: int) -> dict[str, Rows]:
    kinds = [(str(KINDS[number]), *rest) for number, *rest in oracle.by_kind(columns, [day])]
    return {
        "point": [oracle.point(columns, user, day)],
        "range": sorted(kinds),
        "full scan": [oracle.whole(columns)],
    }


def tpch_query(sql: str) -> Query:
    """The timed TPC-H query on lineitem alone, from its published text. Its columns and filters are those of Q6."""
    filters = (
        ("l_shipdate", ">=", date(1994, 1, 1)),
        ("l_shipdate", "<", date(1995, 1, 1)),
        ("l_discount", ">=", Decimal("0.05")),
        ("l_discount", "<=", Decimal("0.07")),
        ("l_quantity", "<", Decimal(24)),
    )
    columns = ("l_shipdate", "l_discount", "l_quantity", "l_extendedprice")
    return Query(f"TPC-H {TPCH_TIMED}", sql.replace("lineitem", "t"), columns=columns, filters=filters)
