"""One member of the consumer group: a process with a lane for each of its partitions."""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from lab.experiments.kafka_lag.measure.lane import MESSAGE, Lane, Messages
from lab.experiments.kafka_lag.workload.messages import headers

COMMIT_EVERY_NS = 20_000_000
# A lane with more queued than this is paused, so that one hot partition can't starve the others.
LANE_FULL_NS, LANE_READY_NS = 200_000_000, 100_000_000
# The broker has not taken a commit that it answers so: the group goes on without this member, or anew.
REBALANCED = {KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS}


@dataclass(frozen=True)
class Member:
    """Who consumes what, at which cost per message."""

    bootstrap: str
    group: str
    topic: str
    number: int
    service_ns: int
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
    lanes: dict[int, Lane] = defaultdict(lambda: Lane(member.service_ns))
    paused: set[int] = set()
    consumer.subscribe(
        [member.topic],
        on_assign=lambda _, partitions: _report(member, [p.partition for p in partitions]),
        on_revoke=lambda *_: _forget(lanes, paused),
    )
    try:
        _work(consumer, member, lanes, paused)
    finally:
        consumer.close()
    done = [part for lane in lanes.values() for part in lane.committed]
    np.save(member.folder / f"{member.name}.npy", np.concatenate([np.empty(0, MESSAGE), *done]))


def _work(consumer: Consumer, member: Member, lanes: dict[int, Lane], paused: set[int]) -> None:
    last_commit = time.monotonic_ns()
    stop = member.folder / "stop"
    while not stop.exists():
        fetched = consumer.consume(2_000, 0.005)
        now = time.monotonic_ns()
        for partition, messages in _by_partition(fetched):
            lanes[partition].take(messages, now)
        _pause_full(consumer, member.topic, lanes, paused, now)
        if now - last_commit >= COMMIT_EVERY_NS:
            _commit(consumer, member.topic, lanes)
            last_commit = now


def _by_partition(fetched: list[Message]) -> Iterator[tuple[int, Messages]]:
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
        messages["partition"] = partition
        messages["offset"] = [message.offset() for message in batch]
        messages["append_ms"] = [message.timestamp()[1] for message in batch]
        yield partition, messages


def _partition(message: Message) -> int:
    number = message.partition()
    assert number is not None  # a fetched message has one
    return number


def _pause_full(
    consumer: Consumer, topic: str, lanes: dict[int, Lane], paused: set[int], now_ns: int
) -> None:
    full = {p for p, lane in lanes.items() if lane.backlog_ns(now_ns) > LANE_FULL_NS} - paused
    ready = {p for p in paused if lanes[p].backlog_ns(now_ns) < LANE_READY_NS}
    if full:
        consumer.pause([TopicPartition(topic, partition) for partition in full])
    if ready:
        consumer.resume([TopicPartition(topic, partition) for partition in ready])
    paused |= full
    paused -= ready


def _commit(consumer: Consumer, topic: str, lanes: dict[int, Lane]) -> None:
    now = time.monotonic_ns()
    counts = {partition: count for partition, lane in lanes.items() if (count := lane.finished(now))}
    if not counts:
        return
    offsets = [TopicPartition(topic, p, lanes[p].offset_after(count)) for p, count in counts.items()]
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
        lanes[partition].commit(count, committed)


def _forget(lanes: dict[int, Lane], paused: set[int]) -> None:
    for lane in lanes.values():
        lane.forget()
    paused.clear()


def _report(member: Member, partitions: list[int]) -> None:
    with (member.folder / f"{member.name}.assigned").open("a") as file:
        file.write(f"{json.dumps([time.monotonic_ns(), sorted(partitions)])}\n")


def assignments(member: str, folder: Path) -> list[tuple[int, list[int]]]:
    """When (monotonic ns) the group gave the member of that name partitions, and which; oldest first."""
    path = folder / f"{member}.assigned"
    # The last line may be half-written.
    whole = path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []
    return [tuple(json.loads(line)) for line in whole]
