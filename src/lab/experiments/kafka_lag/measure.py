"""Drive one hold through generators, broker and consumer group, and keep what was seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from confluent_kafka.admin import AdminClient, NewTopic
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.experiments.kafka_lag.checks import Little, check_little, growth
from lab.experiments.kafka_lag.consumer import Member, consume
from lab.experiments.kafka_lag.lag import LagProbe, Sample
from lab.experiments.kafka_lag.lane import MESSAGE, Messages
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.producer import Generator, generate
from lab.experiments.kafka_lag.workload import Hold
from lab.load.gate import Gate
from lab.load.histogram import histogram
from lab.services.workers import Worker, spawn

SAMPLE_EVERY_S = 0.1


@dataclass(frozen=True)
class Seen:
    """One hold as it was measured. `messages` (MESSAGE) is known once the group has stopped."""

    hold: Hold
    partitions: int
    start_ns: int
    samples: list[Sample]
    base: NDArray[np.int64]
    lateness_ns: NDArray[np.int64]
    refused: int
    wire_bytes: float
    consumer_cpu_s: float
    messages: Messages

    @property
    def moments_s(self) -> NDArray[np.float64]:
        """Times of the lag samples, seconds after the start of the hold."""
        return np.array([(sample.moment_ns - self.start_ns) / 1e9 for sample in self.samples])

    @property
    def lag(self) -> NDArray[np.int64]:
        """(samples, partitions)."""
        return np.array([sample.lag for sample in self.samples])

    @property
    def seconds(self) -> float:
        return self.hold.count / self.hold.rate

    @property
    def achieved_rate(self) -> float:
        """Messages/s between the first and the last append, by the broker's clock."""
        appended = self.messages["append_ms"]
        span_ms = int(appended.max() - appended.min()) if len(appended) else 0
        return (len(appended) - 1) / span_ms * 1e3 if span_ms else float("nan")

    @property
    def latency(self) -> HdrHistogram:
        """From the intended send to the end of processing."""
        return histogram(self.messages["finished_ns"] - self.start_ns - self.messages["due_ns"])

    @property
    def growth_share(self) -> NDArray[np.float64]:
        """Growth of each partition's lag in the hold's second half, as a share of its arrivals."""
        during = (self.moments_s >= self.seconds / 2) & (self.moments_s <= self.seconds)
        arrivals = self.hold.arrivals(self.partitions)
        return growth(self.moments_s[during], self.lag[during].astype(float)) / np.maximum(arrivals, 1e-9)

    @property
    def little(self) -> Little:
        """From append (middle of the broker's millisecond) to commit, against the sampled lag."""
        sojourns = self.messages["committed_ns"] / 1e9 - (self.messages["append_ms"] + 0.5) / 1e3
        return check_little(self.moments_s, self.lag.sum(axis=1), sojourns)

    def mean_lag(self) -> float:
        """Mean total lag while messages were being sent."""
        during = (self.moments_s >= 0) & (self.moments_s <= self.seconds)
        return float(self.lag[during].sum(axis=1).mean())


@dataclass(frozen=True)
class Bench:
    """A topic with a consumer group at work on it, and how to load it."""

    bootstrap: str
    topic: str
    params: Params
    folder: Path
    members: list[Worker]
    probe: LagProbe

    def hold(self, hold: Hold) -> Seen:
        """Send the hold on schedule, sample the lag, return when all is committed."""
        folder = self.folder / f"hold-{hold.first}"
        folder.mkdir()
        path = hold.save(folder / "hold.npz")
        generators = self._generators(path, folder)
        workers = [spawn(generate, generator) for generator in generators]
        base = self.probe.read().ends
        before = self._cpu_s()
        start_ns = Gate(folder).open([generator.name for generator in generators])
        samples = self._sample(hold, int(base.sum()), start_ns, workers)
        for worker in workers:
            worker.join(60)
        reports = [np.load(folder / f"{generator.name}.npz") for generator in generators]
        return Seen(
            hold,
            self.params.partitions,
            start_ns,
            samples,
            base,
            np.concatenate([report["lateness_ns"] for report in reports]),
            sum(int(report["refused"]) for report in reports),
            float(np.mean([report["wire_bytes"] for report in reports])),
            self._cpu_s() - before,
            np.empty(0, MESSAGE),
        )

    def _generators(self, hold: Path, folder: Path) -> list[Generator]:
        params = self.params
        return [
            Generator(
                self.bootstrap,
                self.topic,
                hold,
                part,
                params.producers,
                params.message_bytes,
                params.seed,
                folder,
            )
            for part in range(params.producers)
        ]

    def _sample(self, hold: Hold, base: int, start_ns: int, workers: list[Worker]) -> list[Sample]:
        # One reading at a random moment of each slot: a fixed period could march in step with the
        # commits and always see the lag at the same point of its saw-tooth.
        random = np.random.default_rng([self.params.seed, hold.first])
        samples = [self.probe.read()]
        give_up_s = 3 * hold.count / hold.rate + 60
        slot = 0
        while not _drained(samples[-1], base + hold.count):
            slot += 1
            if slot * SAMPLE_EVERY_S > give_up_s:
                raise ServiceError(
                    f"{samples[-1].lag.sum()} messages were still waiting {give_up_s:.0f} s after the start "
                    f"of {hold.arm.name!r} at {hold.rate}/s; lower the rate or the service cost"
                )
            _sleep_until(start_ns / 1e9 + (slot - 1 + random.uniform()) * SAMPLE_EVERY_S)
            for worker in [*self.members, *workers]:
                worker.check()
            samples.append(self.probe.read())
        return samples

    def _cpu_s(self) -> float:
        times = [psutil.Process(worker.pid).cpu_times() for worker in self.members]
        return sum(time.user + time.system for time in times)


@contextmanager
def bench(bootstrap: str, group: str, params: Params, folder: Path) -> Iterator[Bench]:
    """A consumer group on the topic of the same name, at work until the block ends."""
    members = [
        Member(bootstrap, group, group, number, params.service_ns, folder)
        for number in range(params.consumers)
    ]
    workers = [spawn(consume, member) for member in members]
    try:
        _await_assignment(members, workers, params.partitions)
        probe = LagProbe(bootstrap, group, group, params.partitions)
        yield Bench(bootstrap, group, params, folder, workers, probe)
        (folder / "stop").touch()
        for worker in workers:
            worker.join(60)
    finally:
        for worker in workers:
            worker.kill()


def create_topic(bootstrap: str, topic: str, partitions: int) -> None:
    """A topic whose messages carry the broker's own time of append."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    config = {"message.timestamp.type": "LogAppendTime"}
    made = admin.create_topics([NewTopic(topic, partitions, config=config)])
    made[topic].result(timeout=30)


def delete_topics(bootstrap: str, topics: list[str]) -> None:
    """Leave nothing behind on a cluster that is somebody else's."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_topics(topics).values():
        future.result(timeout=30)


def collect(seen: list[Seen], folder: Path) -> list[Seen]:
    """Give each hold the messages that the group left behind in `folder`."""
    messages = np.concatenate([np.load(path) for path in sorted(folder.glob("consumer-*.npy"))])
    return [replace(item, messages=_of(item.hold, messages)) for item in seen]


def _of(hold: Hold, messages: Messages) -> Messages:
    own = (messages["sequence"] >= hold.first) & (messages["sequence"] < hold.first + hold.count)
    return messages[own]


def _drained(sample: Sample, expected_end: int) -> bool:
    return int(sample.ends.sum()) >= expected_end and int(sample.lag.sum()) == 0


def _await_assignment(members: list[Member], workers: list[Worker], partitions: int) -> None:
    deadline = time.monotonic() + 60
    while _assigned(members) != list(range(partitions)):
        if time.monotonic() > deadline:
            raise ServiceError(f"the group did not share out its partitions in 60 s: {_assigned(members)}")
        for worker in workers:
            worker.check()
        time.sleep(0.05)


def _assigned(members: list[Member]) -> list[int]:
    files = [member.folder / f"{member.name}.partitions" for member in members]
    texts = [file.read_text() if file.exists() else "" for file in files]
    return sorted(int(number) for text in texts for number in text.split(",") if number)


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))
