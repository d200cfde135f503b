"""The offline store: Parquet files of updates with two times each, asked by DuckDB what was known when.

`event_time`: when it happened. `known_time`: when the log had it. Both UTC, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .registry import FeatureError, Registry, View
from .updates import ARROW, Update, entity_text

_TIME = pa.timestamp("us")
_PANDAS = {
    pa.int64(): pd.Int64Dtype(),  # with NULL too, and to the last digit
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.string(): pd.StringDtype(),
}

# An update counts from the moment at which it has happened and is known. Of two that count, the later event wins, then
# what became known later, then what is later in the log. Only updates that win when they come ever show; of those the
# last one before `at` is the answer. So one inequality is enough for DuckDB's ASOF JOIN; a join on both times makes a row
# for each update before `at`.
JOIN = """
WITH placed AS (
  SELECT *, greatest(event_time, known_time) AS counts_from,
    row_number() OVER (PARTITION BY entity ORDER BY event_time, known_time, log_offset, event_id) AS place
  FROM log WHERE entity IN (SELECT entity FROM asked)
), winning AS (
  SELECT * FROM placed
  QUALIFY place = max(place) OVER (PARTITION BY entity ORDER BY counts_from)
), joined AS (
  SELECT asked.position, asked.moment, winning.* EXCLUDE (entity)
  FROM asked ASOF LEFT JOIN winning ON asked.entity = winning.entity AND asked.moment >= winning.counts_from
)
SELECT position, event_time, known_time, log_offset, event_id, {features}
FROM (SELECT position, {kept} FROM joined) ORDER BY position
"""


class Offline:
    """Updates of all views in `folder`, one sub-folder for each view."""

    def __init__(self, folder: str | Path, registry: Registry) -> None:
        self.folder, self.registry = Path(folder), registry

    def add(self, view: str, updates: Iterable[Update], name: str) -> int:
        """Write updates as the file `name`, whole or not at all; one of that name is replaced. Returns how many."""
        declared = self.registry.view(view)
        rows = list(updates)
        columns = {
            "entity": pa.array([row.entity for row in rows], pa.string()),
            "event_time": pa.array([row.event_time for row in rows], _TIME),
            "known_time": pa.array([row.known_time for row in rows], _TIME),
            "event_id": pa.array([row.event_id for row in rows], pa.string()),
            "log_offset": pa.array([row.offset for row in rows], pa.int64()),
            **{
                field: pa.array([row.fields[field] for row in rows], ARROW[kind])
                for field, kind in declared.fields.items()
            },
        }
        place = self.folder / view
        place.mkdir(parents=True, exist_ok=True)
        part = place / f".{name}.part"
        pq.write_table(pa.table(columns, schema=_schema(declared)), part)
        part.replace(place / f"{name}.parquet")
        return len(rows)

    def historical(self, view: str, entities_with_time: pd.DataFrame) -> pd.DataFrame:
        """What a lookup at each time would have found, had the online store been without delay.

        entities_with_time: the view's entity and `at` (naive times are UTC). Its rows, columns and index stay as they
        are; the features and the `event_time` that they come from are added, NULL where nothing was known or it was
        too old. FeatureError for what is no entity or no time, and for columns that the features would replace.
        """
        declared = self.registry.view(view)
        taken = {"event_time", *declared.names} & set(entities_with_time.columns)
        if missing := {declared.entity, "at"} - set(entities_with_time.columns):
            raise FeatureError(f"entities_with_time lacks {', '.join(sorted(missing))}")
        if taken:
            raise FeatureError(f"entities_with_time has {', '.join(sorted(taken))}, which would be replaced")
        entities = [entity_text(value) for value in entities_with_time[declared.entity]]
        times = [_moment(value) for value in entities_with_time["at"]]
        found = self.join(view, entities, times).select(["event_time", *declared.names])
        frame = found.to_pandas(types_mapper=_PANDAS.get)
        return pd.concat([entities_with_time, frame.set_axis(entities_with_time.index)], axis=1)

    def join(
        self, view: str, entities: Sequence[str], times: Sequence[datetime], sql: str = JOIN
    ) -> pa.Table:
        """The same as Arrow, in the order asked. times: naive UTC. sql: another way to join, see JOIN."""
        declared = self.registry.view(view)
        kept = ["event_time", "known_time", "log_offset", "event_id", *declared.fields]
        alive = "event_time IS NOT NULL" + (" AND event_time >= moment - $ttl" if declared.ttl else "")
        written = sql.format(
            features=declared.select("event_id IS NOT NULL"),
            kept=", ".join(f"CASE WHEN {alive} THEN {name} END AS {name}" for name in kept),
        )
        asked = pa.table(
            {
                "position": range(len(entities)),
                "entity": pa.array(entities, pa.string()),
                "moment": pa.array(times, _TIME),
            }
        )
        with duckdb.connect() as connection:
            connection.register("asked", asked)
            connection.execute(self._log(declared))
            values = {"ttl": declared.ttl} if "$ttl" in written else {}
            return connection.execute(written, values).to_arrow_table()

    def latest(self, view: str, at: datetime) -> list[Mapping[str, Any]]:
        """The state of every entity at `at` (naive UTC): entity, the two times, log_offset, event_id and the features."""
        with duckdb.connect() as connection:
            connection.execute(self._log(self.registry.view(view)))
            entities = [row[0] for row in connection.execute("SELECT DISTINCT entity FROM log").fetchall()]
        rows = self.join(view, entities, [at] * len(entities)).to_pylist()
        return [
            {"entity": entity, **row} for entity, row in zip(entities, rows, strict=True) if row["event_id"]
        ]

    def _log(self, view: View) -> str:
        """A statement that names all updates of the view `log`."""
        files, schema = sorted(map(str, (self.folder / view.name).glob("*.parquet"))), _schema(view)
        if not files:
            raise FeatureError(f"no updates of {view.name} in {self.folder}; load some first")
        if other := [file for file in files if not pq.read_schema(file).equals(schema)]:
            # Read together they would be cast, or lack what is new, and nobody would be told.
            raise FeatureError(
                f"{other[0]} has other fields than the registry; load the log into a new folder"
            )
        return f"CREATE TEMP VIEW log AS SELECT * FROM read_parquet({files!r})"


def _schema(view: View) -> pa.Schema:
    """Columns of a file of the view's updates."""
    return pa.schema(
        {"entity": pa.string(), "event_time": _TIME, "known_time": _TIME, "event_id": pa.string()}
        | {"log_offset": pa.int64()}
        | {field: ARROW[kind] for field, kind in view.fields.items()}
    )


def _moment(value: Any) -> datetime:
    """As naive UTC. What lies between two microseconds counts as the earlier one, so nothing later is seen."""
    if not isinstance(value, datetime) or pd.isna(value):
        raise FeatureError(f"at is {value!r}; give a time for each row (naive times are UTC)")
    moment = pd.Timestamp(value).floor("us").to_pydatetime(warn=False)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
