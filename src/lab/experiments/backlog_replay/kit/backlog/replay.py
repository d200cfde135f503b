"""Replay a backlog of a Kafka topic into a sink at the rate that a policy allows.

    replay(settings, "orders", write, ramp(seconds=300), capacity=4_000, live_rate=500)

`write(messages)` must be done with them when it returns; an exception ends the replay. What is written is committed in
the consumer group only then, at each look at the policy, so a replay that was killed goes on where it stood, and writes
again at most what was open or had come since: `write` should not mind a message that comes twice (an upsert by version does
not). Batches may then be cut anew: a sink tells a message by its partition and offset. Needs confluent-kafka.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from .policies import Policy, State

Write = Callable[[Sequence[Message]], None]
_NOT_YET = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
LOOK_S = 0.1  # how often a policy is asked
LATE_S = 0.02  # lateness that is made up for; more would be a burst


@dataclass
class Replay:
    """What a replay did. rates: (s since 1970, rows/s allowed from then on); latencies: s of each write."""

    began: float
    rows: int = 0
    rates: list[tuple[float, float]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def replay(
    settings: Mapping[str, object],
    topic: str,
    write: Write,
    policy: Policy,
    capacity: float,
    live_rate: float,
    batch: int = 40,
    connections: int = 4,
    limit_s: float = math.inf,
    until: Mapping[int, int] | None = None,
    most_s: float = math.inf,
) -> Replay:
    """All of `topic` up to the ends that it has now, by `write` in as many threads as `connections`.

    settings: of the consumer, with bootstrap.servers and group.id. until: end offset by partition, instead. most_s: when
    to stop although there is more. ValueError for numbers that make no sense and for a group whose consumers are running,
    before anything is written.
    """
    if batch < 1 or connections < 1 or not live_rate >= 0 or not capacity > live_rate:
        raise ValueError("batch and connections are above 0, live_rate at least 0, capacity above it")
    consumer = Consumer({**settings, "enable.auto.commit": False, "enable.partition.eof": True})
    try:
        ends = dict(until) if until is not None else _ends(consumer, topic)
        starts = _assign(consumer, topic, ends)
        return _Run(consumer, write, policy, capacity, live_rate, limit_s, most_s, connections).work(
            _batches(consumer, starts, ends, batch), sum(ends[p] - starts[p] for p in ends)
        )
    finally:
        consumer.close()


@dataclass
class _Run:
    consumer: Consumer
    write: Write
    policy: Policy
    capacity: float
    live_rate: float
    limit_s: float
    most_s: float
    connections: int

    def work(self, batches: Iterator[list[Message]], remaining: int) -> Replay:
        self.told, self.remaining = Replay(time.time()), remaining
        self.recent: deque[float] = deque(maxlen=2 * self.connections)
        self.open: dict[Future[float], list[Message]] = {}
        self.done: dict[int, dict[int, int]] = {}
        self.begin = since = time.monotonic()
        self.rate, owed = 0.0, 0
        self._look(self.begin)
        with ThreadPoolExecutor(self.connections) as pool:
            for messages in batches:
                due = self._turn(since, owed)
                if due is None:
                    break
                since, owed = max(due, time.monotonic() - LATE_S), len(messages)
                self.open[pool.submit(_timed, self.write, messages)] = messages
            self._settle(leave=0)
            self._commit(asynchronous=False)
        return self.told

    def _turn(self, since: float, owed: int) -> float | None:
        """Wait until a connection is free and the rows owed since then are paid for; when that was due. None: time is up.

        The rate is asked for again and again meanwhile: what was to wait long under a low one need not under a higher.
        """
        while True:
            self._settle(leave=self.connections - 1)
            now = time.monotonic()
            if now - self.begin > self.most_s:
                return None
            if now - self.asked >= LOOK_S:
                self._look(now)
            due = since + owed / self.rate if self.rate > 0 else math.inf
            if now >= due:
                return due
            time.sleep(min(LOOK_S, due - now))

    def _look(self, now: float) -> None:
        """Ask the policy, and commit: a commit for each write would be a broker's main load."""
        self._commit(asynchronous=True)
        latency = sum(self.recent) / len(self.recent) if self.recent else math.nan
        left = self.remaining - self.told.rows
        rate = self.policy(
            State(now - self.begin, left, self.capacity, self.live_rate, latency, self.limit_s, self.rate)
        )
        if math.isnan(rate) or rate < 0:
            raise ValueError(f"the policy allowed {rate!r} rows/s; a rate is a number of at least 0")
        self.told.rates.append((time.time(), rate))
        self.rate, self.asked = rate, now

    def _settle(self, leave: int) -> None:
        """Note what is written; wait until at most `leave` writes are open."""
        while self.open:
            most = 0 if len(self.open) <= leave else None
            ended, _ = wait(self.open, timeout=most, return_when=FIRST_COMPLETED)
            for future in ended:
                messages = self.open.pop(future)
                latency = future.result()
                self.told.latencies.append(latency)
                self.recent.append(latency)
                self.told.rows += len(messages)
                (partition, first), (_, last) = _place(messages[0]), _place(messages[-1])
                self.done.setdefault(partition, {})[first] = last + 1
            if len(self.open) <= leave:
                return

    def _commit(self, asynchronous: bool) -> None:
        """Of each partition only what lies before the first write that is still open."""
        places = []
        still = [_place(messages[0]) for messages in self.open.values()]
        for partition, ends in self.done.items():
            first_open = min((offset for number, offset in still if number == partition), default=math.inf)
            if safe := [first for first in ends if first < first_open]:
                topic = self.consumer.assignment()[0].topic
                places.append(TopicPartition(topic, partition, max(ends.pop(first) for first in safe)))
        if places and asynchronous:
            self.consumer.commit(offsets=places, asynchronous=True)
        elif places:
            self.consumer.commit(offsets=places, asynchronous=False)


def _place(message: Message) -> tuple[int, int]:
    """Partition and offset: one that was consumed has both."""
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return partition, offset


def _timed(write: Write, messages: Sequence[Message]) -> float:
    begin = time.monotonic()
    write(messages)
    return time.monotonic() - begin


def _ends(consumer: Consumer, topic: str) -> dict[int, int]:
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error:
        raise KafkaException(found.error)
    return {
        number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
        for number in found.partitions
    }


def _assign(consumer: Consumer, topic: str, ends: Mapping[int, int]) -> dict[int, int]:
    """Begin where the group stands, or at the first message that there is."""
    stands = _committed(consumer, [TopicPartition(topic, number) for number in ends])
    for place in stands:
        low, _ = consumer.get_watermark_offsets(TopicPartition(topic, place.partition), timeout=10)
        place.offset = max(place.offset, low)
    _claim(consumer, stands)
    starts = {place.partition: min(place.offset, ends[place.partition]) for place in stands}
    consumer.assign([TopicPartition(topic, number, start) for number, start in starts.items()])
    return starts


def _claim(consumer: Consumer, stands: list[TopicPartition]) -> None:
    """Commit where the group stands, before anything is written: one with running members takes no commit from outside."""
    try:
        consumer.commit(offsets=stands, asynchronous=False)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.UNKNOWN_MEMBER_ID:
            raise
        raise ValueError(
            "consumers of this group are running; give the replay a group of its own, or stop them"
        ) from error


def _committed(
    consumer: Consumer, places: list[TopicPartition], patience_s: float = 30
) -> list[TopicPartition]:
    """Where the group stands. A cluster's first group has to wait until its coordinator is there."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return consumer.committed(places, timeout=10)
        except KafkaException as error:
            if error.args[0].code() not in _NOT_YET or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _batches(
    consumer: Consumer, starts: Mapping[int, int], ends: Mapping[int, int], size: int
) -> Iterator[list[Message]]:
    """Up to `size` messages of one partition each; the rest at the end."""
    waiting: dict[int, list[Message]] = defaultdict(list)
    open_ends = {number for number in ends if starts[number] < ends[number]}
    while open_ends:
        for message in consumer.consume(num_messages=500, timeout=0.2):
            error = message.error()
            # What stands at the end may be no message: markers of transactions take offsets, too. So the end is told as such.
            if error and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            number, offset = _place(message)
            if number not in open_ends or offset >= ends[number]:
                open_ends.discard(number)
            elif not error:
                waiting[number].append(message)
                open_ends -= {number} if offset + 1 == ends[number] else set()
                if len(waiting[number]) == size:
                    yield waiting.pop(number)
    yield from waiting.values()
