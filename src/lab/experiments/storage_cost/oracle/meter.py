"""A meter in SQL that looks at every object on every day: slow, and by another engine (DuckDB)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab import duck

# Where each object is by a rule of age, told by SQL alone.
BY_AGE = """
SELECT o.object, d.day, coalesce((
    SELECT arg_max(r.to_class, r.days) FROM rules r
    WHERE r.days <= d.day - o.created AND o.size >= 131072), $hot) AS class
FROM objects o, LATERAL (SELECT unnest(generate_series(o.created, o.ended - 1)) AS day) d
"""

_USD = """
WITH placed AS (
    SELECT p.object, p.day, c.*, o.size, o.size / $gb AS gigabytes,
        lag(c.rank) OVER w AS was, coalesce(r.times, 0) AS times, lag(coalesce(r.times, 0)) OVER w AS times_before
    FROM places p JOIN objects o USING (object) JOIN classes c ON c.name = p.class
    LEFT JOIN reads r ON r.object = p.object AND r.day = p.day
    WINDOW w AS (PARTITION BY p.object ORDER BY p.day)
), runs AS (
    SELECT *, sum(CASE WHEN was IS DISTINCT FROM rank THEN 1 ELSE 0 END) OVER (PARTITION BY object ORDER BY day) AS run
    FROM placed
), kept AS (
    SELECT sum((greatest(size, min_bytes) + overhead_bytes) / $gb * gb_month / $month
        + overhead_hot_bytes / $gb * hot.hot_month / $month
        + CASE WHEN monitoring > 0 AND size >= 131072 THEN monitoring / 1000 / $month ELSE 0 END) AS usd
    FROM runs, hot
), short AS (
    SELECT sum((greatest(size, min_bytes) + overhead_bytes) / $gb * gb_month * (min_days - days) / $month) AS usd
    FROM (SELECT any_value(size) AS size, any_value(min_bytes) AS min_bytes, any_value(overhead_bytes) AS overhead_bytes,
        any_value(gb_month) AS gb_month, any_value(min_days) AS min_days, count(*) AS days, max(day) AS last
        FROM runs GROUP BY object, run)
    WHERE days < min_days AND last + 1 < $days
), moved AS (
    SELECT sum(CASE
        WHEN n.was IS NULL THEN n.put / 1000
        WHEN n.automatic THEN 0
        WHEN n.rank > n.was THEN n.transition / 1000
        ELSE n.put / 1000 + CASE WHEN n.times_before > 0 THEN 0 ELSE
            n.gigabytes * old.retrieval_gb + CASE WHEN old.restore THEN old.retrieval / 1000 ELSE 0 END END
        END) AS usd
    FROM runs n LEFT JOIN classes old ON old.rank = n.was
    WHERE n.was IS DISTINCT FROM n.rank
), fetched AS (
    SELECT sum(CASE WHEN restore
        THEN times * hot.hot_get / 1000 + retrieval / 1000 + gigabytes * (retrieval_gb + hot.hot_month / $month)
        ELSE times * (get / 1000 + gigabytes * retrieval_gb) END + times * gigabytes * $egress) AS usd
    FROM runs, hot WHERE times > 0
)
SELECT kept.usd + coalesce(short.usd, 0) + moved.usd + coalesce(fetched.usd, 0) FROM kept, short, moved, fetched
"""


def usd(
    objects: pd.DataFrame,
    reads: pd.DataFrame,
    places: pd.DataFrame | list[tuple[int, str]],
    classes: pd.DataFrame,
    constants: Mapping[str, float],
) -> float:
    """What it costs in dollars.

    objects: object, size, created, ended. reads: object, day, times. places: object, day, class for every day that an object
    is kept, or rules of age (days, class). classes: the price table, rank from 0. constants: gb, month, egress (USD per GB read),
    days (what is kept until then is not deleted).
    """
    with duck.connect(settings={"threads": "1"}) as connection:
        for name, table in (("objects", objects), ("reads", reads), ("classes", classes)):
            connection.register(f"given_{name}", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given_{name}")
        connection.execute(
            "CREATE TABLE hot AS SELECT gb_month AS hot_month, get AS hot_get FROM classes WHERE rank = 0"
        )
        if isinstance(places, pd.DataFrame):
            connection.register("given_places", places)
            connection.execute("CREATE TABLE places AS SELECT * FROM given_places")
        else:
            connection.register(
                "rules", pd.DataFrame(places, columns=["days", "to_class"]).astype({"days": int})
            )
            hot = classes.loc[classes["rank"] == 0, "name"].iloc[0]
            connection.execute(f"CREATE TABLE places AS {BY_AGE}", {"hot": hot})
        row = connection.execute(_USD, dict(constants)).fetchone()
    return float(row[0]) if row else 0.0
