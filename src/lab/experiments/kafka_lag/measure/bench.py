"""Drive one measurement window through generators, broker and consumer group, and keep what was seen of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.experiments.kafka_lag.measure.consumer import MEASURED, Member, assignments, consume
from lab.experiments.kafka_lag.measure.lag import LagProbe, Sample
from lab.experiments.kafka_lag.measure.seen import Seen
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.workload.messages import Window
from lab.experiments.kafka_lag.workload.producer import Generator, generate
from lab.experiments.kafka_lag.workload.variants import STOP_AFTER_S, Topic
from lab.files import write_atomically
from lab.load.gate import Gate
from lab.services.workers import Worker, spawn

# The probe takes some milliseconds of the broker's time, so it asks seldom at full load and of many partitions.
SAMPLE_EVERY_S, SAMPLE_SELDOM_S = 0.025, 0.1


@dataclass
class Bench:
    """Topics with generators and a consumer group at work on them; all are named after the `run`."""

    run: str
    bootstrap: str
    params: Params
    folder: Path
    generators: list[Generator]
    producers: list[Worker]
    members: list[Worker]
    measured: int = 0

    def measure(self, window: Window) -> Seen:
        """Send the window on schedule, sample the lag, return when all is committed."""
        folder = self.folder / f"window-{self.measured}"
        self.measured += 1
        folder.mkdir()
        topic = window.load.topic
        write_atomically(self.folder / MEASURED, topic.name(self.run))
        window.save(folder / "window.npz", topic.name(self.run))
        probe = LagProbe(self.bootstrap, self.run, topic.name(self.run), topic.partitions)
        gate = Gate(folder)
        gate.await_all([generator.name for generator in self.generators])
        base = _await_empty(probe)
        start_ns = gate.open()
        with self._outage(window, start_ns) as stopped:
            samples = self._sample(probe, window, int(base.ends_after.sum()), start_ns)
        lateness = [_load(folder / f"{generator.name}.npy") for generator in self.generators]
        return Seen(
            window,
            start_ns,
            samples,
            np.concatenate(lateness),
            (stopped[0], stopped[1]) if stopped else None,
        )

    @contextmanager
    def _outage(self, window: Window, start_ns: int) -> Iterator[list[int]]:
        """Stop the group (SIGSTOP) while the window is sent, if it says so; the list fills with the two moments.

        Shorter than the group's session, so that it is the same group afterwards.
        """
        moments: list[int] = []
        thread = threading.Thread(target=self._stop, args=(start_ns, window.load.outage_s, moments))
        if window.load.outage_s:
            thread.start()
        try:
            yield moments
        finally:
            if window.load.outage_s:
                thread.join()

    def _stop(self, start_ns: int, seconds: float, moments: list[int]) -> None:
        members = [psutil.Process(worker.pid) for worker in self.members]
        _sleep_until(start_ns / 1e9 + STOP_AFTER_S)
        for do in (psutil.Process.suspend, psutil.Process.resume):
            for member in members:
                do(member)
            moments.append(time.monotonic_ns())
            time.sleep(seconds if len(moments) == 1 else 0)

    def _sample(self, probe: LagProbe, window: Window, base: int, start_ns: int) -> list[Sample]:
        # One reading at a random moment of each slot: a fixed period could march in step with the
        # commits and always see the lag at the same point of its saw-tooth.
        random = np.random.default_rng([self.params.seed, window.first])
        samples = [probe.read()]
        every_s = (
            SAMPLE_EVERY_S
            if window.load.kind == "level" and window.rate < self.params.rate
            else SAMPLE_SELDOM_S
        )
        give_up_s = 3 * window.count / window.rate + 60
        slot = 0
        while not _drained(samples[-1], base + window.count):
            slot += 1
            if slot * every_s > give_up_s:
                raise ServiceError(
                    f"{samples[-1].lag.sum()} messages were still waiting {give_up_s:.0f} s after the start "
                    f"of {window.load.variant.name!r} at {window.rate}/s; lower the rate or the service cost"
                )
            _sleep_until(start_ns / 1e9 + (slot - 1 + random.uniform()) * every_s)
            for worker in [*self.members, *self.producers]:
                worker.check()
            samples.append(probe.read())
        return samples


@contextmanager
def bench(bootstrap: str, run: str, topics: Iterable[Topic], params: Params, folder: Path) -> Iterator[Bench]:
    """Generators and a consumer group (named like the `run`) at work until the block ends."""
    named = {topic.name(run): topic for topic in topics}
    members = [Member(bootstrap, run, named, number, folder) for number in range(params.consumers)]
    generators = [
        Generator(bootstrap, list(named), part, params.producers, params.message_bytes, params.seed, folder)
        for part in range(params.producers)
    ]
    consumers = [spawn(consume, member) for member in members]
    producers = [spawn(generate, generator) for generator in generators]
    try:
        _await_assignment(members, consumers, sum(topic.partitions for topic in named.values()))
        yield Bench(run, bootstrap, params, folder, generators, producers, consumers)
        (folder / "stop").touch()
        for worker in [*producers, *consumers]:
            worker.join(60)
    finally:
        for worker in [*producers, *consumers]:
            worker.kill()


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
    while _assigned(members) != partitions:
        if time.monotonic() > deadline:
            raise ServiceError(
                f"the group shared out {_assigned(members)} of {partitions} partitions in 60 s"
            )
        for worker in workers:
            worker.check()
        time.sleep(0.05)


def _await_empty(probe: LagProbe) -> Sample:
    """Let the group finish what the generators sent to warm up."""
    deadline = time.monotonic() + 60
    while (sample := probe.read()).lag.any():
        if time.monotonic() > deadline:
            raise ServiceError(f"the consumer group does not commit: lag {sample.lag} before the start")
        time.sleep(0.02)
    return sample


def _assigned(members: list[Member]) -> int:
    """How many different partitions the members hold together; none until each has joined."""
    given = [assignments(member.name, member.folder) for member in members]
    return len({tuple(held) for each in given for held in each[-1][1]}) if all(given) else 0


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(0.0, moment_s - time.monotonic()))
