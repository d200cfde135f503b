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
    """One reading, offsets by partition: log ends just before and just after the committed offsets.

    moment_ns: monotonic time of the committed reading.
    """

    moment_ns: int
    ends_before: NDArray[np.int64]
    committed: NDArray[np.int64]
    ends_after: NDArray[np.int64]

    @property
    def lag(self) -> NDArray[np.float64]:
        """Messages appended and not yet committed, by partition.

        The log grows between the requests; the middle of the two ends is the end at the time between
        them. With one end only, lag would be off by the rate times the time between two requests.
        """
        return (self.ends_before + self.ends_after) / 2 - self.committed


class LagProbe:
    """Asks the broker through the admin API; a few milliseconds a reading."""

    def __init__(self, bootstrap: str, group: str, topic: str, partitions: int) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
        self._group = group
        self._partitions = [TopicPartition(topic, number) for number in range(partitions)]

    def read(self) -> Sample:
        """One reading of all partitions."""
        before = self._ends()
        asked_ns = time.monotonic_ns()
        committed = self._committed()
        moment_ns = (asked_ns + time.monotonic_ns()) // 2
        return Sample(moment_ns, before, committed, self._ends())

    def _ends(self) -> NDArray[np.int64]:
        latest = self._admin.list_offsets({item: OffsetSpec.latest() for item in self._partitions})
        return self._array({item.partition: future.result().offset for item, future in latest.items()})

    def _committed(self) -> NDArray[np.int64]:
        asked = self._admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(self._group, self._partitions)]
        )[self._group]
        found = asked.result().topic_partitions or []
        # A group that has not committed yet reports -1001: it stands at the beginning.
        return self._array({item.partition: max(0, item.offset) for item in found})

    def _array(self, by_partition: dict[int, int]) -> NDArray[np.int64]:
        return np.array([by_partition.get(item.partition, 0) for item in self._partitions], dtype=np.int64)
