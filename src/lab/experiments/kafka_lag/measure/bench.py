"""Drive one hold through generators, broker and consumer group, and keep what was seen of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from confluent_kafka.admin import AdminClient, NewTopic
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.experiments.kafka_lag.measure.consumer import Member, assignments, consume
from lab.experiments.kafka_lag.measure.lag import LagProbe, Sample
from lab.experiments.kafka_lag.measure.seen import Seen
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.workload.messages import Hold
from lab.experiments.kafka_lag.workload.producer import Generator, generate
from lab.load.gate import Gate
from lab.services.workers import Worker, spawn

# The probe takes some milliseconds of the broker's time, so it asks less often at full load.
SAMPLE_EVERY_S, SAMPLE_EVERY_AT_TOP_S = 0.025, 0.1


@dataclass
class Bench:
    """A topic with generators and a consumer group at work on it."""

    params: Params
    folder: Path
    generators: list[Generator]
    producers: list[Worker]
    members: list[Worker]
    probe: LagProbe
    held: int = 0

    def hold(self, hold: Hold) -> Seen:
        """Send the hold on schedule, sample the lag, return when all is committed."""
        folder = self.folder / f"hold-{self.held}"
        self.held += 1
        folder.mkdir()
        hold.save(folder / "hold.npz")
        gate = Gate(folder)
        gate.await_all([generator.name for generator in self.generators])
        base = self._await_empty()
        before = self._cpu_s()
        start_ns = gate.open()
        samples = self._sample(hold, int(base.ends_after.sum()), start_ns)
        lateness = [_load(folder / f"{generator.name}.npy") for generator in self.generators]
        return Seen(
            hold, self.params.partitions, start_ns, samples, np.concatenate(lateness), self._cpu_s() - before
        )

    def _await_empty(self) -> Sample:
        """Let the group finish what the generators sent to warm up."""
        deadline = time.monotonic() + 60
        while (sample := self.probe.read()).lag.any():
            if time.monotonic() > deadline:
                raise ServiceError(f"the consumer group does not commit: lag {sample.lag} before the start")
            time.sleep(0.02)
        return sample

    def _sample(self, hold: Hold, base: int, start_ns: int) -> list[Sample]:
        # One reading at a random moment of each slot: a fixed period could march in step with the
        # commits and always see the lag at the same point of its saw-tooth.
        random = np.random.default_rng([self.params.seed, hold.first])
        samples = [self.probe.read()]
        every_s = SAMPLE_EVERY_AT_TOP_S if hold.rate == self.params.rate else SAMPLE_EVERY_S
        give_up_s = 3 * hold.count / hold.rate + 60
        slot = 0
        while not _drained(samples[-1], base + hold.count):
            slot += 1
            if slot * every_s > give_up_s:
                raise ServiceError(
                    f"{samples[-1].lag.sum()} messages were still waiting {give_up_s:.0f} s after the start "
                    f"of {hold.arm.name!r} at {hold.rate}/s; lower the rate or the service cost"
                )
            _sleep_until(start_ns / 1e9 + (slot - 1 + random.uniform()) * every_s)
            for worker in [*self.members, *self.producers]:
                worker.check()
            samples.append(self.probe.read())
        return samples

    def _cpu_s(self) -> float:
        times = [psutil.Process(worker.pid).cpu_times() for worker in self.members]
        return sum(time.user + time.system for time in times)


@contextmanager
def bench(bootstrap: str, topic: str, params: Params, folder: Path) -> Iterator[Bench]:
    """Generators and a consumer group (named like its topic) at work until the block ends."""
    members = [
        Member(bootstrap, topic, topic, number, params.service_ns, folder)
        for number in range(params.consumers)
    ]
    generators = [
        Generator(bootstrap, topic, part, params.producers, params.message_bytes, params.seed, folder)
        for part in range(params.producers)
    ]
    consumers = [spawn(consume, member) for member in members]
    producers = [spawn(generate, generator) for generator in generators]
    try:
        _await_assignment(members, consumers, params.partitions)
        probe = LagProbe(bootstrap, topic, topic, params.partitions)
        yield Bench(params, folder, generators, producers, consumers, probe)
        (folder / "stop").touch()
        for worker in [*producers, *consumers]:
            worker.join(60)
    finally:
        for worker in [*producers, *consumers]:
            worker.kill()


def create_topic(bootstrap: str, topic: str, partitions: int) -> None:
    """A topic whose messages carry the broker's own time of append."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
    config = {"message.timestamp.type": "LogAppendTime"}
    made = admin.create_topics([NewTopic(topic, partitions, config=config)])
    made[topic].result(timeout=30)


def delete_topics(bootstrap: str, topics: list[str]) -> None:
    """Leave nothing behind on a cluster that is somebody else's."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 4})
    for future in admin.delete_topics(topics).values():
        future.result(timeout=30)


def _load(path: Path) -> NDArray[np.int64]:
    # The last message is committed before its generator has written its report.
    deadline = time.monotonic() + 60
    while True:
        try:
            return np.load(path)
        except (FileNotFoundError, ValueError, EOFError):
            if time.monotonic() > deadline:
                raise ServiceError(f"a generator left no report at {path.name}") from None
            time.sleep(0.005)


def _drained(sample: Sample, expected_end: int) -> bool:
    return int(sample.ends_after.sum()) >= expected_end and not sample.lag.any()


def _await_assignment(members: list[Member], workers: list[Worker], partitions: int) -> None:
    deadline = time.monotonic() + 60
    while _assigned(members) != list(range(partitions)):
        if time.monotonic() > deadline:
            raise ServiceError(f"the group did not share out its partitions in 60 s: {_assigned(members)}")
        for worker in workers:
            worker.check()
        time.sleep(0.05)


def _assigned(members: list[Member]) -> list[int]:
    """Partitions that the members hold together; empty until each has joined."""
    given = [assignments(member.name, member.folder) for member in members]
    return sorted(number for each in given for number in each[-1][1]) if all(given) else []


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))
