"""The two topics as Spark reads them: ranges of offsets, committed records only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .batch import Offsets, Read
from .change import parse, parse_end
from .lake import Position

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class Topics:
    """changes, transactions: names of the topics. partitions: of `changes`; the other one has one."""

    spark: SparkSession
    bootstrap: str
    changes: str
    transactions: str
    partitions: int

    def __post_init__(self) -> None:
        from confluent_kafka import Consumer

        # Only asked for offsets; with this isolation "the end" is the last stable offset.
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "cdc-offsets", "log_level": 0}
        self._asking = Consumer(settings | {"isolation.level": "read_committed"})

    def ends(self) -> Position:
        """How far both topics can be read now. Transactions first: what an END counts is then there too."""
        transactions = self._end(self.transactions, 0)
        return Position(
            {number: self._end(self.changes, number) for number in range(self.partitions)}, transactions
        )

    def read(self, begin: Position, end: Position) -> Read:
        """Everything from `begin` up to `end`."""
        ranges = {
            self.changes: (begin.changes, end.changes),
            self.transactions: ({0: begin.transactions}, {0: end.transactions}),
        }
        rows = self._rows({name: pair for name, pair in ranges.items() if pair[0] != pair[1]})
        changes, ends = {}, {}
        for row in rows:
            if row["topic"] == self.transactions:
                if found := parse_end(row["value"]):
                    ends[row["offset"]] = found
            elif change := parse(row["key"], row["value"], _pairs(row["headers"])):
                changes[row["partition"], row["offset"]] = change
        return Read(changes, ends, begin.changes, end.changes, begin.transactions, end.transactions)

    def _rows(self, ranges: dict[str, tuple[Offsets, Offsets]]) -> list[dict[str, Any]]:
        if not ranges:
            return []
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
        # By Arrow: `collect` would pickle row by row.
        return frame.select("topic", "partition", "offset", "key", "value", "headers").toArrow().to_pylist()

    def _end(self, topic: str, partition: int) -> int:
        from confluent_kafka import TopicPartition

        _, end = self._asking.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        return max(end, 0)


def _pairs(headers: list[dict[str, Any]] | None) -> list[tuple[str, bytes]]:
    return [(one["key"], one["value"]) for one in headers or ()]
