"""The Iceberg table as Spark writes it: one MERGE per batch, its offsets in the same commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .batch import Batch
from .merge import Effect, Net
from .position import BEGIN, PROPERTY, SETTLED, Position, Settled, Version, resumed
from .source import SourceError, Table
from .values import Type, holds, of_lake, staged

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTING = "spark.sql.iceberg.snapshot-property."
# A quiet table is looked after so often, and notes its position when so many records of the transaction metadata went by.
_LOOK_S, _OFTEN = 60.0, 10_000


def quoted(*names: str) -> str:
    """A name of Spark's SQL, whatever its parts are made of."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


class Lake:
    """One table. name: as Spark's SQL takes it, catalog.namespace.table. table: that of the source."""

    def __init__(
        self, spark: SparkSession, name: str, table: Table, merge_mode: str = "merge-on-read"
    ) -> None:
        self.spark, self.name, self.table = spark, name, table
        namespace = name[: name.rindex(".`") if name.endswith("`") else name.rindex(".")]
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {namespace}")
        body = ", ".join(f"{quoted(column)} {kind.name}" for column, kind in table.columns.items())
        modes = ", ".join(f"'write.{verb}.mode'='{merge_mode}'" for verb in ("merge", "update", "delete"))
        spark.sql(
            f"CREATE TABLE IF NOT EXISTS {name} ({body}) USING iceberg TBLPROPERTIES "
            f"({modes}, 'format-version'='2', 'write.distribution-mode'='none', "
            "'write.merge.distribution-mode'='none', "
            # One file of metadata for each commit: without this all of them stay.
            "'write.metadata.delete-after-commit.enabled'='true', 'write.metadata.previous-versions-max'='20')"
        )
        self.columns: dict[str, Type] = {}
        self._settled: Settled | None = None
        self._looked = self._noted_at = time.monotonic()
        self._fresh = False  # whether a batch was written since
        self.follow(table)

    def follow(self, table: Table) -> None:
        """Take the columns that the source has now; SourceError if it changed one to a type that Iceberg can't change to."""
        if self.columns and table == self.table:
            return
        self.table = table
        fields = self.spark.table(self.name).schema.fields
        found = {field.name: of_lake(field.dataType.simpleString()) for field in fields}
        for column, kind in table.columns.items():
            held = found.get(column)
            if held is None:
                self.spark.sql(f"ALTER TABLE {self.name} ADD COLUMN {quoted(column)} {kind.name}")
            elif holds(held, kind):
                kind = kind if held.name == kind.name else held
            elif holds(kind, held):
                self.spark.sql(f"ALTER TABLE {self.name} ALTER COLUMN {quoted(column)} TYPE {kind.name}")
            else:
                raise SourceError(
                    f"{table.collection}.{column} is {kind.name} by the source and {held.name} in {self.name}, and Iceberg "
                    "does not turn one into the other; rename the lake's column, then start an incremental snapshot"
                )
            found[column] = kind
        self.columns = found

    def position(self, beginning: Position) -> Position:
        """Where to go on: at `beginning` if nothing was ever written. ExpiredError if that can't be known."""
        rows = self.spark.sql(
            f"SELECT snapshot_id, parent_id, summary['{PROPERTY}'] AS said FROM {self.name}.snapshots"
        ).collect()
        versions = {row.snapshot_id: Version(row.parent_id, row.said) for row in rows}
        self._settled = self._noted()
        found = resumed(self.name, self._current(), versions, self._settled)
        return found or beginning

    def _current(self) -> int | None:
        rows = self.spark.sql(f"SELECT snapshot_id FROM {self.name}.refs WHERE name = 'main'").collect()
        return rows[0].snapshot_id if rows else None

    def _noted(self) -> Settled | None:
        rows = self.spark.sql(f"SHOW TBLPROPERTIES {self.name}").collect()
        said = next((row.value for row in rows if row.key == SETTLED), None)
        return Settled.of(said) if said else None

    def settle(self, position: Position) -> None:
        """Note in the table itself that the newest snapshot is all there is up to `position`: no expiry takes that away."""
        if (current := self._current()) is not None:
            self._settled = Settled(current, position)
            said = self._settled.text()
            self.spark.sql(f"ALTER TABLE {self.name} SET TBLPROPERTIES ('{SETTLED}' = '{said}')")
        self._fresh, self._noted_at = False, time.monotonic()

    def note(self, position: Position, idle: bool) -> None:
        """Settle what was written, when the sink is idle or once a minute. A batch's own snapshot says it in the meantime."""
        if self._fresh and (idle or time.monotonic() - self._noted_at >= _LOOK_S):
            self.settle(position)

    def quiet(self, begin: Position, after: Position) -> Position:
        """Where to read on if there is nothing to write between the two: at `begin`, until so much went by that it is noted.

        If another has compacted the table, that is noted too.
        """
        if after.transactions - begin.transactions >= _OFTEN:
            self.settle(after)
            return after
        if time.monotonic() - self._looked >= _LOOK_S:
            self._looked = time.monotonic()
            if self._settled and self._settled.snapshot != self._current():
                self.settle(begin)
        return begin

    def merge(
        self,
        net: Net,
        batch: Batch,
        begin: Position | None = None,
        committing: Callable[[], None] = lambda: None,
    ) -> None:
        """Commit a reduced batch, where it began, and the position behind it, in one snapshot.

        committing: called when all is ready, right before the engine is told to. UnreadableValueError, before anything
        is written, if a value does not fit.
        """
        effects = list(net.effects.values())
        self._widen(name for effect in effects for name in effect.values or ())
        absent = self._stage(effects)
        after = Position(batch.position, batch.transactions_position)
        said = {PROPERTY: after.text()} | ({BEGIN: begin.text()} if begin else {})
        for name, words in said.items():
            self.spark.conf.set(_SETTING + name, words)
        try:
            committing()
            self.spark.sql(merge_sql(self.name, self.columns, self.table.key, net.truncated, absent))
            self._fresh = True
        finally:
            for name in said:
                self.spark.conf.unset(_SETTING + name)

    def _widen(self, names: Iterable[str]) -> None:
        """Add columns of which events tell and the source has no more: as text. No change of metadata makes a snapshot."""
        for name in dict.fromkeys(names):
            if name not in self.columns and name not in self.table.generated | self.table.without:
                self.columns[name] = of_lake("STRING")
                self.spark.sql(f"ALTER TABLE {self.name} ADD COLUMN {quoted(name)} STRING")

    def _stage(self, effects: Sequence[Effect]) -> set[str]:
        """Effects as a view, by Arrow: rows of Python would go through a Python worker of Spark's.

        Columns are called by their number (c: new value, b: key of the row that has the others). Names of those that not
        every effect has.
        """
        lacking = [
            [
                number
                for number, name in enumerate(self.columns)
                if one.base is not None and name not in (one.values or {})
            ]
            for one in effects
        ]
        where, key = self.table.collection, self.table.key
        found = {
            "gone": pa.array([one.values is None for one in effects], pa.bool_()),
            "lacking": pa.array(lacking, pa.list_(pa.int32())),
        }
        for number, (name, kind) in enumerate(self.columns.items()):
            own = [_value(one, name, key) for one in effects]
            found[f"c{number}"] = staged(f"{where}.{name}", kind, own)
            if name in key:
                place = key.index(name)
                bases = [
                    one.base[place] if one.base and wanted else None
                    for one, wanted in zip(effects, lacking, strict=True)
                ]
                found[f"b{number}"] = staged(f"{where}.{name}", kind, bases)
        self.spark.createDataFrame(pa.table(found)).coalesce(1).createOrReplaceTempView("staged")
        names = list(self.columns)
        return {names[number] for numbers in lacking for number in numbers}


def _value(effect: Effect, name: str, key: tuple[str, ...]) -> Any:
    return effect.key[key.index(name)] if name in key else (effect.values or {}).get(name)


def merge_sql(
    table: str, columns: Mapping[str, Type], key: Sequence[str], truncated: bool, absent: Collection[str] = ()
) -> str:
    """The MERGE of `staged` effects. The join with the table itself fetches what events did not carry (`absent`)."""
    number = {name: place for place, name in enumerate(columns)}
    values = [
        kind.sql.format(f"s.c{number[name]}")
        if name not in absent
        else f"CASE WHEN array_contains(s.lacking, {number[name]}) THEN b.{quoted(name)} "
        f"ELSE {kind.sql.format(f's.c{number[name]}')} END"
        for name, kind in columns.items()
    ]
    selected = ",\n    ".join(f"{value} AS c{place}" for place, value in enumerate(values))
    same = " AND ".join(f"t.{quoted(name)} = c.c{number[name]}" for name in key)
    base = " AND ".join(
        f"b.{quoted(name)} = {columns[name].sql.format(f's.b{number[name]}')}" for name in key
    )
    # Of the table only rows that are asked for: the other way round Spark would sort all of it.
    asked = f"SELECT b.* FROM {table} b LEFT SEMI JOIN staged s ON {base}"
    joined = f"staged s LEFT JOIN ({asked}) b ON {base}" if absent else "staged s"
    updates = ", ".join(f"t.{quoted(name)} = c.c{place}" for name, place in number.items())
    listed = ", ".join(map(quoted, columns))
    inserts = ", ".join(f"c.c{place}" for place in number.values())
    emptied = "\nWHEN NOT MATCHED BY SOURCE THEN DELETE" if truncated else ""
    return f"""
MERGE INTO {table} t USING (
  SELECT s.gone,
    {selected}
  FROM {joined}
) c ON {same}
WHEN MATCHED AND c.gone THEN DELETE
WHEN MATCHED THEN UPDATE SET {updates}
WHEN NOT MATCHED AND NOT c.gone THEN INSERT ({listed}) VALUES ({inserts}){emptied}"""
