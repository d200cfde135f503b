"""What one run leaves behind: a hold's messages and lag samples, the network, the words of Kafka's own tools."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.measure.consumer import assignments
from lab.experiments.kafka_lag.measure.lag import Sample
from lab.experiments.kafka_lag.measure.lane import MESSAGE, Messages
from lab.experiments.kafka_lag.oracle import JavaProducer
from lab.experiments.kafka_lag.workload.messages import Hold


@dataclass(frozen=True)
class Seen:
    """One hold as it was measured. `messages` (MESSAGE) is known once the group has stopped."""

    hold: Hold
    partitions: int
    start_ns: int
    samples: list[Sample]
    lateness_ns: NDArray[np.int64]
    consumer_cpu_s: float
    messages: Messages = field(default_factory=lambda: np.empty(0, MESSAGE))

    @property
    def moments_s(self) -> NDArray[np.float64]:
        """Times of the lag samples, seconds after the start of the hold."""
        return np.array([(sample.moment_ns - self.start_ns) / 1e9 for sample in self.samples])

    @property
    def lag(self) -> NDArray[np.float64]:
        """(samples, partitions)."""
        return np.array([sample.lag for sample in self.samples])

    @property
    def seconds(self) -> float:
        """How long the sending lasted, s."""
        return self.hold.count / self.hold.rate


@dataclass(frozen=True)
class Wire:
    """What the clients saw of network and group: messages refused, bytes per message of each generator, rebalances."""

    refused: int
    bytes_per_message: list[float]
    rebalances: int


@dataclass(frozen=True)
class Beside:
    """What Kafka's own tools said. own_lag, reported_lag: by partition, the group having stopped."""

    keys: list[bytes]
    client_partitions: list[int]
    own_lag: NDArray[np.float64]
    reported_lag: NDArray[np.int64]
    java: JavaProducer


def collect(seen: list[Seen], folder: Path) -> tuple[list[Seen], Wire]:
    """Give each hold the messages that the group left behind in `folder`."""
    messages = np.concatenate([np.load(path) for path in sorted(folder.glob("consumer-*.npy"))])
    reports = [json.loads(path.read_text()) for path in sorted(folder.glob("producer-*.json"))]
    wire = Wire(
        sum(report["refused"] for report in reports),
        [report["wire_bytes"] for report in reports],
        _rebalances(folder, seen[0].start_ns),
    )
    return [replace(item, messages=_of(item.hold, messages)) for item in seen], wire


def _rebalances(folder: Path, since_ns: int) -> int:
    """How often the group shared its partitions out anew, as the member saw it that saw it most often."""
    members = [path.stem for path in folder.glob("consumer-*.assigned")]
    times = [[moment for moment, _ in assignments(member, folder)] for member in members]
    return max((sum(moment > since_ns for moment in own) for own in times), default=0)


def _of(hold: Hold, messages: Messages) -> Messages:
    own = (messages["sequence"] >= hold.first) & (messages["sequence"] < hold.first + hold.count)
    return messages[own]
