"""What one run leaves behind: a window's messages and lag samples, the network, the words of Kafka's own tools."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.measure.consumer import assignments
from lab.experiments.kafka_lag.measure.lag import Sample
from lab.experiments.kafka_lag.measure.worker import MESSAGE, Messages
from lab.experiments.kafka_lag.oracle import JavaProducer
from lab.experiments.kafka_lag.workload.messages import Window


@dataclass(frozen=True)
class Seen:
    """One measurement window as it was. `messages` (MESSAGE) is known once the group has stopped.

    stopped_ns: when (monotonic) the group was stopped and let go again, if it was.
    """

    window: Window
    start_ns: int
    samples: list[Sample]
    lateness_ns: NDArray[np.int64]
    stopped_ns: tuple[int, int] | None = None
    messages: Messages = field(default_factory=lambda: np.empty(0, MESSAGE))

    @property
    def moments_s(self) -> NDArray[np.float64]:
        """Times of the lag samples, seconds after the start of the window."""
        return np.array([(sample.moment_ns - self.start_ns) / 1e9 for sample in self.samples])

    @property
    def lag(self) -> NDArray[np.float64]:
        """(samples, partitions)."""
        return np.array([sample.lag for sample in self.samples])

    @property
    def seconds(self) -> float:
        """How long the sending lasted, s."""
        return self.window.count / self.window.rate

    @property
    def partitions(self) -> int:
        return self.window.load.topic.partitions

    @property
    def worker_rate(self) -> float:
        """What one partition's worker can process, messages/s, if it takes no longer than it is told."""
        return 1e9 / self.window.load.topic.service_ns

    def of(self, partition: int) -> Messages:
        """Messages of one partition, in the order in which they were finished."""
        return np.sort(self.messages[self.messages["partition"] == partition], order="finished_ns")


@dataclass(frozen=True)
class Wire:
    """What the clients saw of network and group: messages refused, rebalances."""

    refused: int
    rebalances: int


@dataclass(frozen=True)
class Beside:
    """What Kafka's own tools said. own_lag, reported_lag: by partition, the group having stopped.

    java, murmur2, default: where Kafka's Java producer and the C client, set to `murmur2_random` and as it comes, put
    the keys.
    """

    keys: list[bytes]
    java: list[int]
    murmur2: list[int]
    default: list[int]
    own_lag: NDArray[np.float64]
    reported_lag: NDArray[np.int64]
    performance: JavaProducer


def collect(seen: list[Seen], folder: Path) -> tuple[list[Seen], Wire]:
    """Give each window the messages that the group left behind in `folder`."""
    messages = np.concatenate([np.load(path) for path in sorted(folder.glob("consumer-*.npy"))])
    reports = [json.loads(path.read_text()) for path in sorted(folder.glob("producer-*.json"))]
    wire = Wire(
        sum(report["refused"] for report in reports),
        _rebalances(folder, seen[0].start_ns),
    )
    return [replace(item, messages=_of(item.window, messages)) for item in seen], wire


def _rebalances(folder: Path, since_ns: int) -> int:
    """How often the group shared its partitions out anew, as the member saw it that saw it most often."""
    members = [path.stem for path in folder.glob("consumer-*.assigned")]
    times = [[moment for moment, _ in assignments(member, folder)] for member in members]
    return max((sum(moment > since_ns for moment in own) for own in times), default=0)


def _of(window: Window, messages: Messages) -> Messages:
    own = (messages["sequence"] >= window.first) & (messages["sequence"] < window.first + window.count)
    return messages[own]
