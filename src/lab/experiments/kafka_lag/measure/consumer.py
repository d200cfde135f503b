"""One member of the consumer group: a process with a worker for each of its partitions."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from lab.experiments.kafka_lag.measure.worker import MESSAGE, Messages, Simulated, Waiting
from lab.experiments.kafka_lag.workload.variants import Topic
from lab.load.stamped import headers

COMMIT_EVERY_NS = 20_000_000
MEASURED = "measured"  # file with the name of the topic that is measured now
# The broker has not taken a commit that it answers so: the group goes on without this member, or anew.
REBALANCED = {KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS}

Partition = tuple[str, int]  # topic, number
Workers = dict[Partition, Simulated]


@dataclass(frozen=True)
class Member:
    """Who consumes what, at which cost per message. topics: by their names on the broker."""

    bootstrap: str
    group: str
    topics: Mapping[str, Topic]
    number: int
    folder: Path

    @property
    def name(self) -> str:
        return f"consumer-{self.number}"


def consume(member: Member) -> None:
    """Consume until the file `stop` appears in the folder; leave NAME.npy (MESSAGE) behind.

    A machine that starves a member makes the group give its partitions to another. The members survive that, and
    count it (see `assignments`): it tells of the machine, not of the strategy.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": member.bootstrap,
            "group.id": member.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            # A fetch for each message would cost more than the messages: answer every 10 ms, or when much has come.
            "fetch.wait.max.ms": 10,
            "fetch.min.bytes": 100_000,
            "heartbeat.interval.ms": 300,
            "session.timeout.ms": 10_000,
            "log_level": 4,
        }
    )
    own = _Own(member)
    consumer.subscribe(
        list(member.topics),
        on_assign=lambda _, partitions: own.assign([(p.topic, p.partition) for p in partitions]),
        on_revoke=lambda *_: own.forget(),
    )
    try:
        _work(consumer, member, own)
    finally:
        consumer.close()
    done = [part for worker in own.workers.values() for part in worker.committed]
    np.save(member.folder / f"{member.name}.npy", np.concatenate([np.empty(0, MESSAGE), *done]))


@dataclass
class _Own:
    """The partitions that the group gave this member, their workers, and which of them are not fetched just now."""

    member: Member
    workers: Workers = field(default_factory=dict)
    paused: dict[Partition, bool] = field(default_factory=dict)

    def assign(self, partitions: list[Partition]) -> None:
        self.paused = dict.fromkeys(partitions, False)
        _report(self.member, partitions)

    def forget(self) -> None:
        for worker in self.workers.values():
            worker.forget()
        self.paused.clear()

    def worker(self, partition: Partition) -> Simulated:
        if partition not in self.workers:
            topic = self.member.topics[partition[0]]
            self.workers[partition] = (Waiting if topic.waits else Simulated)(topic.service_ns)
        return self.workers[partition]

    def fetch_only(self, consumer: Consumer, topic: str) -> None:
        """Pause all other topics: each partition in a fetch costs the broker time.

        Within the topic nothing is paused, however much is queued: a partition that is resumed was seen to be fetched half
        a second later, which would be the lag of this client and not of the strategy.
        """
        changed: dict[bool, list[TopicPartition]] = {False: [], True: []}
        for partition, paused in self.paused.items():
            if paused != (partition[0] != topic):
                changed[not paused].append(TopicPartition(*partition))
                self.paused[partition] = not paused
        if changed[True]:
            consumer.pause(changed[True])
        if changed[False]:
            consumer.resume(changed[False])


def _work(consumer: Consumer, member: Member, own: _Own) -> None:
    last_commit = time.monotonic_ns()
    stop, measured = member.folder / "stop", member.folder / MEASURED
    # A thread that has waited long enough may not wait for this one too.
    sys.setswitchinterval(0.0005)
    while not stop.exists():
        fetched = consumer.consume(2_000, 0.005)
        now = time.monotonic_ns()
        for partition, messages in _by_partition(fetched):
            own.worker(partition).take(messages, now)
        if measured.exists():
            own.fetch_only(consumer, measured.read_text())
        if now - last_commit >= COMMIT_EVERY_NS:
            _commit(consumer, own.workers)
            last_commit = now


def _by_partition(fetched: list[Message]) -> Iterator[tuple[Partition, Messages]]:
    for message in fetched:
        if message.error():
            raise KafkaException(message.error())
    # The client hands over a partition's messages in offset order, and a stable sort keeps it.
    fetched.sort(key=_partition)
    for partition, group in itertools.groupby(fetched, key=_partition):
        batch = list(group)
        messages = np.zeros(len(batch), dtype=MESSAGE)
        head = headers([message.value() or b"" for message in batch])
        messages["sequence"], messages["due_ns"] = head["sequence"], head["due_ns"]
        messages["partition"] = partition[1]
        messages["offset"] = [message.offset() for message in batch]
        messages["append_ms"] = [message.timestamp()[1] for message in batch]
        yield partition, messages


def _partition(message: Message) -> Partition:
    topic, number = message.topic(), message.partition()
    assert topic is not None and number is not None  # a fetched message has both
    return topic, number


def _commit(consumer: Consumer, workers: Workers) -> None:
    now = time.monotonic_ns()
    counts = {partition: count for partition, worker in workers.items() if (count := worker.finished(now))}
    if not counts:
        return
    offsets = [TopicPartition(*p, workers[p].offset_after(count)) for p, count in counts.items()]
    before = time.time_ns()
    try:
        consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException as error:
        if error.args[0].code() not in REBALANCED:
            raise
        return
    # The broker took the commit somewhere between the call and its answer; the middle errs least.
    committed = (before + time.time_ns()) // 2
    for partition, count in counts.items():
        workers[partition].commit(count, committed)


def _report(member: Member, partitions: list[Partition]) -> None:
    with (member.folder / f"{member.name}.assigned").open("a") as file:
        file.write(f"{json.dumps([time.monotonic_ns(), sorted(partitions)])}\n")


def assignments(member: str, folder: Path) -> list[tuple[int, list[list[Any]]]]:
    """When (monotonic ns) the group gave the member of that name partitions (topic, number); oldest first."""
    path = folder / f"{member}.assigned"
    # The last line may be half-written.
    whole = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return [tuple(json.loads(line)) for line in whole]
