"""One member of the consumer group: a process with a worker for each of its partitions."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from lab.experiments.kafka_lag.measure.worker import MESSAGE, Messages, Simulated, Waiting
from lab.experiments.kafka_lag.workload.messages import headers
from lab.experiments.kafka_lag.workload.variants import Topic

COMMIT_EVERY_NS = 20_000_000
# A worker with more queued than this is paused, so that one hot partition can't starve the others.
FULL_NS, READY_NS = 200_000_000, 100_000_000
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
            "fetch.wait.max.ms": 10,
            "heartbeat.interval.ms": 300,
            "session.timeout.ms": 10_000,
            "log_level": 4,
        }
    )
    workers: Workers = {}
    paused: set[Partition] = set()
    consumer.subscribe(
        list(member.topics),
        on_assign=lambda _, partitions: _report(member, [(p.topic, p.partition) for p in partitions]),
        on_revoke=lambda *_: _forget(workers, paused),
    )
    try:
        _work(consumer, member, workers, paused)
    finally:
        consumer.close()
    done = [part for worker in workers.values() for part in worker.committed]
    np.save(member.folder / f"{member.name}.npy", np.concatenate([np.empty(0, MESSAGE), *done]))


def _work(consumer: Consumer, member: Member, workers: Workers, paused: set[Partition]) -> None:
    last_commit = time.monotonic_ns()
    stop = member.folder / "stop"
    while not stop.exists():
        fetched = consumer.consume(2_000, 0.005)
        now = time.monotonic_ns()
        for partition, messages in _by_partition(fetched):
            _worker(member, workers, partition).take(messages, now)
        _pause_full(consumer, workers, paused, now)
        if now - last_commit >= COMMIT_EVERY_NS:
            _commit(consumer, workers)
            last_commit = now


def _worker(member: Member, workers: Workers, partition: Partition) -> Simulated:
    if partition not in workers:
        topic = member.topics[partition[0]]
        workers[partition] = (Waiting if topic.waits else Simulated)(topic.service_ns)
    return workers[partition]


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


def _pause_full(consumer: Consumer, workers: Workers, paused: set[Partition], now_ns: int) -> None:
    full = {p for p, worker in workers.items() if worker.backlog_ns(now_ns) > FULL_NS} - paused
    ready = {p for p in paused if workers[p].backlog_ns(now_ns) < READY_NS}
    if full:
        consumer.pause([TopicPartition(*partition) for partition in full])
    if ready:
        consumer.resume([TopicPartition(*partition) for partition in ready])
    paused |= full
    paused -= ready


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


def _forget(workers: Workers, paused: set[Partition]) -> None:
    for worker in workers.values():
        worker.forget()
    paused.clear()


def _report(member: Member, partitions: list[Partition]) -> None:
    with (member.folder / f"{member.name}.assigned").open("a") as file:
        file.write(f"{json.dumps([time.monotonic_ns(), sorted(partitions)])}\n")


def assignments(member: str, folder: Path) -> list[tuple[int, list[list[Any]]]]:
    """When (monotonic ns) the group gave the member of that name partitions (topic, number); oldest first."""
    path = folder / f"{member}.assigned"
    # The last line may be half-written.
    whole = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return [tuple(json.loads(line)) for line in whole]
