"""An event log: who did what when, arriving in micro-batches, some of it late; the queries on it and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lab.experiments.parquet_compaction import oracle
from lab.experiments.parquet_compaction.mechanism.layouts import Key, Layout, Values, hashed, same
from lab.experiments.parquet_compaction.mechanism.reader import Query, Rows
from lab.experiments.parquet_compaction.params import Params

if TYPE_CHECKING:
    import pyarrow as pa


KINDS = np.array(["view", "click", "cart", "buy"])
DAY_S = 86_400
PAYLOAD = 128  # characters, random, so that they don't compress: what an event carries beside its keys
MEAN_DELAY_S = 300.0  # between an event and its arrival
FIRST_DAY = np.datetime64("2026-03-02", "D")
SORT_BY = ("user_id", "event_time")
FULL_SCAN = "full scan"
USERS = 2_000


@dataclass(frozen=True)
class Events:
    """The log's columns, one entry per event, in the order of arrival; day counts from 0."""

    event_id: Values
    day: Values
    event_s: Values
    user_id: Values
    kind: Values
    cents: Values
    payload: Values

    def __len__(self) -> int:
        return len(self.event_id)

    def columns(self) -> dict[str, Values]:
        """What a judge needs, by name."""
        return {name: getattr(self, name) for name in ("user_id", "day", "kind", "cents", "payload")}

    def table(self, first: int, last: int) -> pa.Table:
        """Events first..last-1 as a table."""
        import pyarrow as pa

        moment = FIRST_DAY.astype("datetime64[us]") + (self.event_s[first:last] * 1e6).astype(
            "timedelta64[us]"
        )
        return pa.table(
            {
                "event_id": self.event_id[first:last],
                "event_time": moment,
                "day": self.day[first:last],
                "user_id": self.user_id[first:last],
                "kind": KINDS[self.kind[first:last]],
                # Neighbours come with one request, so columns that are read together stand together.
                "cents": self.cents[first:last],
                "payload": _texts(self.payload[first:last]),
            }
        )

    def batches(self, rows: int) -> list[pa.Table]:
        """The log in micro-batches of `rows` events; what is left at its end is in none."""
        return [self.table(first, first + rows) for first in range(0, len(self) - rows + 1, rows)]


def generate(events: int, days: int, users: int, seed: int) -> Events:
    """`events` events of `users` users over `days` days, sorted by arrival: a mean delay of five minutes."""
    random = np.random.default_rng(seed)
    # The last hour brings nothing new, so that even late events arrive before the log ends.
    event_s = np.sort(random.uniform(0, days * DAY_S - 3_600, events))
    order = np.argsort(event_s + random.exponential(MEAN_DELAY_S, events), kind="stable")
    event_s = event_s[order]
    return Events(
        event_id=np.arange(events),
        day=(event_s // DAY_S).astype(np.int64),
        event_s=event_s,
        user_id=random.integers(0, users, events),
        kind=random.choice(len(KINDS), events, p=[0.7, 0.2, 0.07, 0.03]),
        cents=random.integers(1, 20_000, events),
        payload=np.frombuffer(random.bytes(events * PAYLOAD // 2).hex().encode(), dtype=f"S{PAYLOAD}"),
    )


def _texts(values: Values) -> pa.Array:
    """Texts of equal length, without a Python object for each."""
    import pyarrow as pa

    edges = np.arange(len(values) + 1, dtype=np.int32) * values.itemsize
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(edges), pa.py_buffer(values.tobytes()))


def layouts(buckets: int) -> dict[str, Layout]:
    """The layouts of the event log that are compared, by name."""
    day, bucket = same("day"), hashed("user_id", buckets)
    return {
        "none": Layout("none"),
        "date": Layout("date", (day,)),
        "user hash": Layout("user hash", (bucket,)),
        "date+hash": Layout("date+hash", (day, bucket)),
    }


def over_partitioned(rows_per_batch: int, buckets: int) -> Layout:
    """Partitions as fine as the ingestion: one for each load (and hash), so none ever has two files to merge."""

    def load(values: Values) -> Values:
        return values // rows_per_batch

    return Layout("over-partitioned", (Key("load", "event_id", load), hashed("user_id", buckets)))


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
        ),
        Query(
            "range",
            f"SELECT kind, count(*), sum(cents) FROM t WHERE day = {day} GROUP BY kind ORDER BY kind",
            {"day": [day]},
        ),
        Query(FULL_SCAN, "SELECT count(*), sum(cents), max(payload) FROM t"),
    )
    return Workload(log, queries, _truth(log.columns(), user, day))


def _truth(columns: Mapping[str, Any], user: int, day: int) -> dict[str, Rows]:
    kinds = [(str(KINDS[number]), *rest) for number, *rest in oracle.by_kind(columns, [day])]
    return {
        "point": [oracle.point(columns, user, day)],
        "range": sorted(kinds),
        FULL_SCAN: [oracle.whole(columns)],
    }
