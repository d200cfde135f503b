"""Sliding windows by DuckDB over the generator's log: once of all events, once of those that may count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab import duck

MEASURES = ("count", "sum", "mean", "distinct")
_RTOL = 1e-12  # of a mean: two engines may round a division differently

# A window that begins at s holds the events from s up to s + size; windows begin at multiples of the slide since 1970.
_TRUTH = """
WITH event AS (
    SELECT event_id, any_value("user") AS "user", any_value(event_ms) AS event_ms, any_value(value) AS value,
           min(delay_ms) AS delay_ms, bool_or(counts) AS counts
    FROM log GROUP BY event_id
), placed AS (
    SELECT event.*, (event_ms // {slide} - back.n) * {slide} AS start_ms
    FROM event, range({per_event}) AS back(n)
)
SELECT "user", start_ms, max(delay_ms) AS delay_ms,
       count(*) AS count, sum(value)::BIGINT AS sum, avg(value) AS mean, count(DISTINCT value) AS distinct_values,
       count(*) FILTER (counts) AS kept_count, coalesce(sum(value) FILTER (counts), 0)::BIGINT AS kept_sum,
       avg(value) FILTER (counts) AS kept_mean, count(DISTINCT value) FILTER (counts) AS kept_distinct
FROM placed GROUP BY ALL
"""


def truth(log: pd.DataFrame, size_ms: int, slide_ms: int, counting: NDArray[np.int64]) -> pd.DataFrame:
    """One row per user and window: its measures over all events, and over those whose ids are in `counting` (kept_...).

    log: event_id, user, event_ms, value, delay_ms, a row per copy. delay_ms: of the window's latest event, by the copy
    that comes first. The slide must divide the size.
    """
    if size_ms % slide_ms:
        raise ValueError(f"a slide of {slide_ms} ms does not divide a window of {size_ms} ms")
    told = log[["event_id", "user", "event_ms", "value", "delay_ms"]]
    told = told.assign(counts=np.isin(log["event_id"].to_numpy(), counting))
    with duck.connect() as connection:
        connection.register("log", told)
        found = connection.execute(_TRUTH.format(slide=slide_ms, per_event=size_ms // slide_ms)).df()
    return found.rename(columns={"distinct_values": "distinct"})


def compare(known: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Both side by side, a row per user and window of either: equal (to all events), as_kept, over (counts too many).

    seen: user, start_ms, count, sum, mean, distinct, a row per window.
    """
    both = known.merge(seen, "outer", ["user", "start_ms"], suffixes=("", "_seen"))
    names = [f"{name}_seen" for name in MEASURES]
    both["equal"] = _same(both, MEASURES, names)
    # A window of which nothing is let in is never written.
    empty = (both["kept_count"].fillna(0) == 0) & both["count_seen"].isna()
    both["as_kept"] = _same(both, [f"kept_{name}" for name in MEASURES], names) | empty
    both["over"] = both["count_seen"].fillna(0) > both["count"].fillna(0)
    return both


def _same(both: pd.DataFrame, left: Sequence[str], right: Sequence[str]) -> NDArray[np.bool_]:
    """Whether all measures of a row agree; a missing one agrees with none."""
    agree = np.ones(len(both), dtype=bool)
    for one, other in zip(left, right, strict=True):
        ours, theirs = both[one].to_numpy(float), both[other].to_numpy(float)
        agree &= np.isclose(ours, theirs, rtol=_RTOL, atol=0) if one.endswith("mean") else ours == theirs
    return agree
