"""The features of a table of events, by DuckDB."""

from __future__ import annotations

import duckdb
import pandas as pd

SQL = """
SELECT epoch(
           time_bucket(to_seconds($window_s::BIGINT), make_timestamp(event_s * 1000000), TIMESTAMP '1970-01-01')
       )::BIGINT AS start_s,
       carrier, origin, count(*) AS events, sum(delay)::BIGINT AS total, max(delay)::BIGINT AS largest
FROM events GROUP BY ALL ORDER BY ALL
"""


def values(events: pd.DataFrame, window_s: int) -> pd.DataFrame:
    """One row per window, carrier and origin. events: with event_s (s since 1970), carrier, origin, delay."""
    with duckdb.connect() as connection:
        connection.register("events", events[["event_s", "carrier", "origin", "delay"]])
        return connection.execute(SQL, {"window_s": window_s}).df()
