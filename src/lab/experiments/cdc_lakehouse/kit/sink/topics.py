"""The topics: ranges of offsets, committed records only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .batch import Offsets, Read
from .change import parse, parse_end
from .position import Position
from .source import Table

_AT_ONCE, _WAIT_S = 1_000, 0.05  # records, and how long they are waited for
_SILENT_S = 60.0  # who hears nothing for so long gives up
_PASSING = {
    "NOT_LEADER_FOR_PARTITION",
    "LEADER_NOT_AVAILABLE",
    "OFFSET_NOT_AVAILABLE",
    "_TRANSPORT",
    "_TIMED_OUT",
}  # errors that pass
Places = dict[str, Position]  # by table, as the transaction metadata calls it


class RetentionError(Exception):
    """Kafka has deleted records that were not read yet, or made a topic anew."""


@dataclass
class Topics:
    """bootstrap: of Kafka. prefix: of the topics' names. tables: whose changes are read. partitions: of each table's topic."""

    bootstrap: str
    prefix: str
    tables: Sequence[Table]
    partitions: Mapping[str, int]

    def __post_init__(self) -> None:
        from confluent_kafka import Consumer

        # No group is joined, and no offset committed. With this isolation "the end" is the last stable offset.
        settings = {"bootstrap.servers": self.bootstrap, "group.id": "cdc-offsets", "log_level": 0}
        settings |= {"isolation.level": "read_committed", "enable.auto.commit": False}
        settings |= {"auto.offset.reset": "error"}  # never go on somewhere else
        self._asking = Consumer(settings)
        # An empty answer tells that a partition's end is reached, so it must not be waited for.
        self._reading = Consumer(settings | {"enable.partition.eof": True, "fetch.wait.max.ms": 20})

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

    def _read(self, table: Table, rows: Mapping[str, list[Any]], begin: Position, end: Position) -> Read:
        changes, ends = {}, {}
        for row in rows.get(self.transactions, ()):
            found = parse_end(row.value(), table.collection)
            if found and begin.transactions <= row.offset() < end.transactions:
                ends[row.offset()] = found
        for row in rows.get(table.topic(self.prefix), ()):
            if change := parse(row.key(), row.value(), row.headers() or (), table.key, table.collection):
                changes[row.partition(), row.offset()] = change
        return Read(changes, ends, begin.changes, end.changes, begin.transactions, end.transactions)

    def _rows(self, ranges: dict[str, tuple[Offsets, Offsets]]) -> dict[str, list[Any]]:
        """Every record within the ranges, by topic."""
        for topic, (begin, _) in ranges.items():
            for partition, offset in begin.items():
                self._still_there(topic, partition, offset)
        left = {
            (topic, partition): (offset, end[partition])
            for topic, (begin, end) in ranges.items()
            for partition, offset in begin.items()
            if offset < end[partition]
        }
        found: dict[str, list[Any]] = {topic: [] for topic in ranges}
        for message in self._records(left):
            found[message.topic()].append(message)
        return found

    def _records(self, left: dict[tuple[str, int], tuple[int, int]]) -> Iterator[Any]:
        """Records of partitions from one offset up to another; an end need not hold a record, but a mark of a transaction."""
        from confluent_kafka import KafkaException, TopicPartition

        self._reading.assign([TopicPartition(*place, begin) for place, (begin, _) in left.items()])
        ends = {place: end for place, (_, end) in left.items()}
        silent = time.monotonic() + _SILENT_S
        while ends:
            if time.monotonic() > silent:
                raise TimeoutError(f"Kafka at {self.bootstrap} sent nothing for {_SILENT_S:g} s")
            for message in self._reading.consume(_AT_ONCE, _WAIT_S):
                silent = time.monotonic() + _SILENT_S
                if (error := message.error()) and error.name() != "_PARTITION_EOF":
                    raise KafkaException(error)
                place = message.topic() or "", message.partition() or 0
                if error or (message.offset() or 0) >= ends.get(place, 0):
                    ends.pop(place, None)
                else:
                    yield message
        self._reading.unassign()

    def _still_there(self, topic: str, partition: int, offset: int) -> None:
        first, end = self._watermarks(topic, partition)
        if offset > max(end, 0):
            raise RetentionError(
                f"{topic}, partition {partition}, ends at offset {end}, and was read up to {offset} before: it is another topic "
                "of the same name, or has lost records; load the table anew, into a lake's table of another name"
            )
        if offset < first:
            raise RetentionError(
                f"{topic}, partition {partition}, begins at offset {first}, and {offset} was not read yet: Kafka deleted what "
                "lies between (retention.ms); load the table anew (a connector with another topic.prefix), and "
                "keep the topics for longer than any outage"
            )

    def _end(self, topic: str, partition: int) -> int:
        return max(self._watermarks(topic, partition)[1], 0)

    def _watermarks(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset, and the one behind the last that can be read; while brokers change places it is asked again."""
        from confluent_kafka import KafkaException, TopicPartition

        deadline = time.monotonic() + _SILENT_S
        while True:
            try:
                return self._asking.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            except KafkaException as error:
                if error.args[0].name() not in _PASSING or time.monotonic() > deadline:
                    raise
            time.sleep(_WAIT_S)
