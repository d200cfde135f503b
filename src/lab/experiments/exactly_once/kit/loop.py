"""Consume, transform, produce exactly once: what was written and how far was read commit in one Kafka transaction.

    python loop.py --bootstrap HOST:9092 --source orders --target orders-checked --group checker

Put your own function in the place of `transform`. Needs confluent-kafka. Restart it whenever it ends with 1: what it had
begun is aborted then. Of two with the same --id the older one is fenced.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

PATIENCE_S = 60.0
TIMEOUT_MS = 30_000  # transaction.timeout.ms: the broker aborts what is open for longer
COMMIT_S = 5.0  # librdkafka 2.16 may wait for ever for a coordinator that was down (its issue 5511): rather start anew
Transform = Callable[[Any], bytes | None]  # a message to the value that is written; None is a tombstone


def transform(message: Message) -> bytes | None:
    """Yours to replace."""
    return message.value()


def _nothing(handled: int) -> None:
    pass


@dataclass
class Link:
    """One processor's ends. handled: told how many messages of a batch are handed over to the producer.

    acknowledged, refused: what the broker has said of them.
    """

    consumer: Consumer
    producer: Producer
    target: str
    transform: Transform = transform
    handled: Callable[[int], None] = _nothing
    acknowledged: int = 0
    refused: list[Any] = field(default_factory=list)

    def take(self, most: int, seconds: float) -> list[Message]:
        """The next messages; KafkaException for an error of the consumer."""
        batch = self.consumer.consume(most, seconds)
        for message in batch:
            if message.error():
                raise KafkaException(message.error())
        return batch

    def produce(self, batch: Sequence[Message]) -> None:
        """Each message's successor to the same partition, with its key, headers and time."""
        for number, message in enumerate(batch, 1):
            self._hand_over(message)
            self.handled(number)

    def _hand_over(self, message: Message) -> None:
        value = self.transform(message)
        while True:
            try:
                self.producer.produce(
                    self.target,
                    value,
                    key=message.key(),
                    partition=message.partition() or 0,
                    timestamp=max(0, message.timestamp()[1]),
                    headers=message.headers() or [],
                    on_delivery=self._delivered,
                )
                return
            except BufferError:  # the producer's queue is full
                self.producer.poll(0.1)

    def flush(self) -> None:
        """Wait until the broker has acknowledged all; KafkaException if it did not."""
        if self.producer.flush(PATIENCE_S):
            raise TimeoutError(f"{self.target}: not acknowledged within {PATIENCE_S:g} s")
        if self.refused:
            raise KafkaException(self.refused[0])

    def _delivered(self, error: Any, _: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.refused.append(error)


def exactly_once(link: Link, batch: Sequence[Message]) -> None:
    """One transaction. If anything raises, end the process: its successor aborts what was begun."""
    link.producer.begin_transaction()
    link.produce(batch)
    link.producer.send_offsets_to_transaction(ends(batch), link.consumer.consumer_group_metadata(), COMMIT_S)
    link.producer.commit_transaction(COMMIT_S)


def ends(batch: Iterable[Message]) -> list[TopicPartition]:
    """The offset behind the last message of each partition: where a successor goes on."""
    last = {(message.topic() or "", message.partition() or 0): message.offset() or 0 for message in batch}
    return [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]


def connect(
    bootstrap: str, source: str, target: str, group: str, own_id: str, transactional: bool = True
) -> Link:
    """A processor's link. The transaction of a predecessor with the same id is aborted before anything is read."""
    producer = {
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "linger.ms": 5,
        "compression.type": "lz4",
    }
    if transactional:
        producer |= {"transactional.id": own_id, "transaction.timeout.ms": TIMEOUT_MS}
    link = Link(_consumer(bootstrap, group, own_id), Producer(producer), target)
    _check(link.producer, source, target)
    if transactional:
        link.producer.init_transactions(PATIENCE_S)
    link.consumer.subscribe([source])
    return link


def _consumer(bootstrap: str, group: str, own_id: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "group.instance.id": own_id,  # a successor takes the place at once, not after the session's time-out
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )


def _check(producer: Producer, source: str, target: str) -> None:
    """ValueError unless each partition of `source` has one of the same number in `target`."""
    if source == target:
        raise ValueError(f"source and target are both {source!r}: it would read what it writes")
    topics = producer.list_topics(timeout=PATIENCE_S).topics
    if missing := [name for name in (source, target) if name not in topics]:
        raise ValueError(f"there is no topic {', '.join(missing)}")
    have, need = (len(topics[name].partitions) for name in (target, source))
    if have < need:
        raise ValueError(f"{target} has {have} partitions, {source} {need}: give it as many")


def main() -> int:
    parser = argparse.ArgumentParser(description="Consume, transform, produce exactly once.")
    for name in ("bootstrap", "source", "target", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--id", help="of this member, the same after a restart; default: GROUP-0")
    parser.add_argument("--batch", type=int, default=1_000, help="most messages in a transaction")
    parser.add_argument("--seconds", type=float, default=0.1, help="most seconds to wait for them")
    given = parser.parse_args()
    if given.batch < 1:
        parser.error(f"--batch is {given.batch}; a transaction needs at least 1 message")
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    try:
        link = connect(
            given.bootstrap, given.source, given.target, given.group, given.id or f"{given.group}-0"
        )
        while not stopping:
            if batch := link.take(given.batch, given.seconds):
                exactly_once(link, batch)
    except (KafkaException, ValueError, TimeoutError) as error:
        print(f"{given.source} to {given.target}: {error}", file=sys.stderr)
        return 1
    link.consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
