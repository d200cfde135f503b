"""The Iceberg table as Spark writes it: one MERGE per batch, its offsets in the same commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .batch import Batch, Offsets
from .columns import DECLARED, as_text, column, columns
from .merge import Effect, Net

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROPERTY = "cdc.position"  # where the next batch begins
BEGIN = "cdc.begin"  # where this one began: it must be where the one before ended, or a batch was repeated or left out
_SETTING = "spark.sql.iceberg.snapshot-property."


@dataclass(frozen=True)
class Position:
    """Where the next batch begins: offsets of the topic of changes, and of the transaction metadata topic."""

    changes: Offsets
    transactions: int

    def text(self) -> str:
        return json.dumps({"changes": self.changes, "transactions": self.transactions})


def beginning(partitions: int) -> Position:
    """Before anything."""
    return Position(dict.fromkeys(range(partitions), 0), 0)


def position(text: str) -> Position:
    """The inverse of `Position.text`."""
    found = json.loads(text)
    return Position({int(name): value for name, value in found["changes"].items()}, found["transactions"])


class Lake:
    """One table. name: catalog.namespace.table."""

    def __init__(self, spark: SparkSession, name: str, merge_mode: str) -> None:
        self.spark, self.name = spark, name
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {name.rpartition('.')[0]}")
        body = ", ".join(f"{item.name} {item.type}" for item in DECLARED)
        modes = ", ".join(f"'write.{verb}.mode'='{merge_mode}'" for verb in ("merge", "update", "delete"))
        spark.sql(
            f"CREATE TABLE IF NOT EXISTS {name} ({body}) USING iceberg TBLPROPERTIES "
            f"({modes}, 'format-version'='2', 'write.distribution-mode'='none', "
            "'write.merge.distribution-mode'='none')"
        )
        self.names = spark.table(name).columns

    def position(self, partitions: int) -> Position:
        """What the newest batch in the table says; a compaction has a snapshot too, and says nothing."""
        rows = self.spark.sql(
            f"SELECT summary['{PROPERTY}'] AS said FROM {self.name}.snapshots "
            f"WHERE summary['{PROPERTY}'] IS NOT NULL ORDER BY committed_at DESC LIMIT 1"
        ).collect()
        return position(rows[0].said) if rows else beginning(partitions)

    def merge(
        self,
        net: Net,
        batch: Batch,
        begin: Position | None = None,
        committing: Callable[[], None] = lambda: None,
    ) -> None:
        """Commit a reduced batch, where it began, and the position behind it, in one snapshot.

        committing: called when all is ready, right before the engine is told to.
        """
        effects = list(net.effects.values())
        self._widen([dict(effect.values) for effect in effects if effect.values is not None])
        self._stage(effects)
        said = {PROPERTY: Position(batch.position, batch.transactions_position).text()}
        if begin is not None:
            said[BEGIN] = begin.text()
        for name, text in said.items():
            self.spark.conf.set(_SETTING + name, text)
        try:
            committing()
            self.spark.sql(merge_sql(self.name, self.names, net.truncated))
        finally:
            for name in said:
                self.spark.conf.unset(_SETTING + name)

    def _widen(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add the columns that the source got since; a change of metadata, which makes no snapshot."""
        found = dict.fromkeys(name for row in rows for name in row)
        for name in [name for name in found if name not in self.names]:
            self.spark.sql(f"ALTER TABLE {self.name} ADD COLUMN {name} {column(name).type}")
            self.names = [*self.names, name]

    def _stage(self, effects: Sequence[Effect]) -> None:
        """Effects as a view, by Arrow: rows of Python would go through a Python worker of Spark's."""
        found = {
            "_key": [as_text(effect.key) for effect in effects],
            "_delete": [effect.values is None for effect in effects],
            "_base": [as_text(effect.base) for effect in effects],
            "_kept": [sorted(effect.kept) for effect in effects],
        }
        for name in self.names:
            found[name] = [as_text((effect.values or {}).get(name)) for effect in effects]
        types = {"_delete": pa.bool_(), "_kept": pa.list_(pa.string())}
        schema = pa.schema([(name, types.get(name, pa.string())) for name in found])
        self.spark.createDataFrame(pa.table(found, schema)).coalesce(1).createOrReplaceTempView("staged")


def merge_sql(table: str, names: Sequence[str], truncated: bool) -> str:
    """The MERGE of `staged` effects. The join with the table itself fetches what events did not carry."""
    found = columns(names)
    values = ",\n    ".join(
        f"CASE WHEN array_contains(s._kept, '{item.name}') THEN b.{item.name} "
        f"ELSE {item.decode.format(f's.{item.name}')} END AS {item.name}"
        for item in found
        if item.name != "id"
    )
    updates = ", ".join(f"t.{item.name} = c.{item.name}" for item in found)
    listed = ", ".join(names)
    inserts = ", ".join(f"c.{name}" for name in names)
    emptied = "\nWHEN NOT MATCHED BY SOURCE THEN DELETE" if truncated else ""
    return f"""
MERGE INTO {table} t USING (
  SELECT CAST(s._key AS BIGINT) AS id, s._delete,
    {values}
  FROM staged s LEFT JOIN {table} b ON b.id = CAST(s._base AS BIGINT)
) c ON t.id = c.id
WHEN MATCHED AND c._delete THEN DELETE
WHEN MATCHED THEN UPDATE SET {updates}
WHEN NOT MATCHED AND NOT c._delete THEN INSERT ({listed}) VALUES ({inserts}){emptied}"""
