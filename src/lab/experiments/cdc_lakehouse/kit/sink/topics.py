"""The topics as Spark reads them: ranges of offsets, committed records only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .batch import Offsets, Read
from .change import parse, parse_end
from .position import Position
from .source import Table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Places = dict[str, Position]  # by table, as the transaction metadata calls it


class RetentionError(Exception):
    """Kafka has deleted records that were not read yet."""


@dataclass
class Topics:
    """prefix: of the topics' names. tables: whose changes are read. partitions: of each table's topic."""

    spark: SparkSession
    bootstrap: str
    prefix: str
    tables: Sequence[Table]
    partitions: Mapping[str, int]

    def __post_init__(self) -> None:
        from confluent_kafka import Consumer

        # Only asked for offsets; with this isolation "the end" is the last stable offset.
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "cdc-offsets", "log_level": 0}
        self._asking = Consumer(settings | {"isolation.level": "read_committed"})

    @property
    def transactions(self) -> str:
        """The topic of BEGIN and END."""
        return f"{self.prefix}.transaction"

    def beginning(self, table: Table) -> Position:
        """Before anything of a table. Transactions from the first that Kafka still has: the table may be new to an old sink."""
        first = self._watermarks(self.transactions, 0)[0]
        return Position(dict.fromkeys(range(self.partitions[table.collection]), 0), max(first, 0))

    def ends(self) -> Places:
        """How far the topics can be read now. Transactions first: what an END counts is then there too.

        The same end of transactions for all tables: their batches are of one cut.
        """
        transactions = self._end(self.transactions, 0)
        return {
            table.collection: Position(
                {
                    number: self._end(table.topic(self.prefix), number)
                    for number in range(self.partitions[table.collection])
                },
                transactions,
            )
            for table in self.tables
        }

    def read(self, begin: Places, end: Places) -> dict[str, Read]:
        """Everything from `begin` up to `end`, by table."""
        rows = self._rows(self._ranges(begin, end))
        return {
            table.collection: self._read(table, rows, begin[table.collection], end[table.collection])
            for table in self.tables
        }

    def _ranges(self, begin: Places, end: Places) -> dict[str, tuple[Offsets, Offsets]]:
        found = {
            table.topic(self.prefix): (begin[table.collection].changes, end[table.collection].changes)
            for table in self.tables
        }
        first = min(begin[table.collection].transactions for table in self.tables)
        last = max(end[table.collection].transactions for table in self.tables)
        found[self.transactions] = ({0: first}, {0: last})
        return {topic: pair for topic, pair in found.items() if pair[0] != pair[1]}

    def _read(
        self, table: Table, rows: Mapping[str, list[dict[str, Any]]], begin: Position, end: Position
    ) -> Read:
        changes, ends = {}, {}
        for row in rows.get(self.transactions, ()):
            found = parse_end(row["value"], table.collection)
            if found and begin.transactions <= row["offset"] < end.transactions:
                ends[row["offset"]] = found
        for row in rows.get(table.topic(self.prefix), ()):
            headers = _pairs(row["headers"])
            if change := parse(row["key"], row["value"], headers, table.key, table.collection):
                changes[row["partition"], row["offset"]] = change
        return Read(changes, ends, begin.changes, end.changes, begin.transactions, end.transactions)

    def _rows(self, ranges: dict[str, tuple[Offsets, Offsets]]) -> dict[str, list[dict[str, Any]]]:
        if not ranges:
            return {}
        for topic, (begin, _) in ranges.items():
            for partition, offset in begin.items():
                self._still_there(topic, partition, offset)
        options = {
            "kafka.bootstrap.servers": self.bootstrap,
            "kafka.isolation.level": "read_committed",
            "subscribe": ",".join(ranges),
            "startingOffsets": json.dumps({name: pair[0] for name, pair in ranges.items()}),
            "endingOffsets": json.dumps({name: pair[1] for name, pair in ranges.items()}),
            "includeHeaders": "true",
            "minPartitions": "1",
        }
        frame = self.spark.read.format("kafka").options(**options).load()
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in ranges}
        # By Arrow: `collect` would pickle row by row.
        for row in (
            frame.select("topic", "partition", "offset", "key", "value", "headers").toArrow().to_pylist()
        ):
            found[row["topic"]].append(row)
        return found

    def _still_there(self, topic: str, partition: int, offset: int) -> None:
        first = self._watermarks(topic, partition)[0]
        if offset < first:
            raise RetentionError(
                f"{topic}, partition {partition}, begins at offset {first}, and {offset} was not read yet: Kafka deleted what "
                "lies between (retention.ms); load the table anew (a connector with another topic.prefix), and "
                "keep the topics for longer than any outage"
            )

    def _end(self, topic: str, partition: int) -> int:
        return max(self._watermarks(topic, partition)[1], 0)

    def _watermarks(self, topic: str, partition: int) -> tuple[int, int]:
        from confluent_kafka import TopicPartition

        return self._asking.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)


def _pairs(headers: list[dict[str, Any]] | None) -> list[tuple[str, bytes]]:
    return [(one["key"], one["value"]) for one in headers or ()]
