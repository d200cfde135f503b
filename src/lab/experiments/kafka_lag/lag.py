"""Consumer lag as the broker sees it: log end minus committed offset, per partition."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """One reading. moment_ns: monotonic; ends, committed: offsets by partition."""

    moment_ns: int
    ends: NDArray[np.int64]
    committed: NDArray[np.int64]

    @property
    def lag(self) -> NDArray[np.int64]:
        """Messages appended and not yet committed, by partition."""
        return self.ends - self.committed


class LagProbe:
    """Asks the broker through the admin API; about 5 ms a reading."""

    def __init__(self, bootstrap: str, group: str, topic: str, partitions: int) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._group = group
        self._partitions = [TopicPartition(topic, number) for number in range(partitions)]

    def read(self) -> Sample:
        """Both requests go out together, committed offsets first, so lag is never below zero."""
        before = time.monotonic_ns()
        asked = self._admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(self._group, self._partitions)]
        )[self._group]
        latest = self._admin.list_offsets({item: OffsetSpec.latest() for item in self._partitions})
        ends = {item.partition: future.result().offset for item, future in latest.items()}
        # A group that has not committed yet reports -1001: it stands at the beginning.
        committed = {item.partition: max(0, item.offset) for item in asked.result().topic_partitions or []}
        moment = (before + time.monotonic_ns()) // 2
        return Sample(moment, self._array(ends), self._array(committed))

    def _array(self, by_partition: dict[int, int]) -> NDArray[np.int64]:
        return np.array([by_partition.get(item.partition, 0) for item in self._partitions], dtype=np.int64)
