"""One log feeds both stores, so neither can have what the other never gets: `ingest` to Parquet, `follow` to Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from .offline import Offline
from .online import Online, Row
from .registry import FeatureError, View
from .updates import AHEAD, Computer, Update, parse

_EPOCH = datetime(1970, 1, 1)
_MOST = 500  # messages of a batch
Applied = Callable[[Sequence[Row], Sequence[tuple[bool, datetime]]], None]


def ingest(bootstrap: str, topic: str, offline: Offline, view: str) -> tuple[int, int]:
    """Add what the topic has beyond the offline store's files, up to its end now. Returns (added, refused).

    A file is named by partition and offsets, so what was read before is known, and a second run adds nothing. FeatureError
    if the topic no longer has what comes next, or never had so much: one folder belongs to one topic.
    """
    declared = offline.registry.view(view)
    consumer = _consumer(bootstrap)
    added = refused = 0
    try:
        for partition in _partitions(consumer, topic):
            low, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            first = _next(offline, view, partition, low)
            if not low <= first <= end:
                raise FeatureError(
                    f"partition {partition} of {topic} has offsets {low} to {end}, and {first} would be next: it is another "
                    "topic, or it kept too little; load it into a new folder"
                )
            if first == end:
                continue
            messages = list(_between(consumer, TopicPartition(topic, partition, first), end))
            good = [update for update in (_parsed(message, declared) for message in messages) if update]
            added += offline.add(view, good, f"p{partition}-{first}-{end}")
            refused += len(messages) - len(good)
    finally:
        consumer.close()
    return added, refused


def follow(
    bootstrap: str,
    topic: str,
    online: Online,
    view: View,
    stop: Callable[[], bool],
    batch_s: float = 0.01,
    hold_s: float = 0,
    applied: Applied | None = None,
) -> None:
    """Write updates to the online store as they come, until `stop()`.

    It begins with what came in the last twenty minutes, because what was ahead may have happened since; so nothing is missed
    after it was down for ten. Fill the store by `refill` after it has begun. While Redis is gone the updates wait here, and so do
    events that have not happened yet.

    batch_s: gather for so long before features are computed and written. hold_s: apply each no sooner than so long
    after it was known, as a slower job would.
    applied: is told what was written and when.
    """
    consumer = _consumer(bootstrap)
    consumer.assign(_recent(consumer, topic))
    compute, waiting = Computer(view), list[Row]()
    try:
        while not stop():
            waiting += _rows(view, _taken(consumer, batch_s), compute)
            now = _now()
            batch = [row for row in waiting if _due(row, hold_s) <= now]
            if batch:
                waiting = [row for row in waiting if _due(row, hold_s) > now]
                done = _persisting(online, view, batch, stop)
                if applied is not None:
                    applied(batch, done)
    finally:
        consumer.close()


def replay(bootstrap: str, topic: str, online: Online, view: View) -> int:
    """Write what the topic has of events that have happened, in its order, up to its end now. Returns how many updates."""
    consumer, compute, written = _consumer(bootstrap), Computer(view), 0
    try:
        for partition in _partitions(consumer, topic):
            first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            if first < end:
                messages = list(_between(consumer, TopicPartition(topic, partition, first), end))
                for start in range(0, len(messages), _MOST):
                    read = _rows(view, messages[start : start + _MOST], compute)
                    rows = [row for row in read if row.event_time <= _now()]
                    online.write(view, rows)
                    written += len(rows)
    finally:
        consumer.close()
    return written


def _persisting(
    online: Online, view: View, rows: Sequence[Row], stop: Callable[[], bool]
) -> Sequence[tuple[bool, datetime]]:
    """Written, however often it takes: writing twice changes nothing."""
    import redis

    while not stop():
        try:
            return online.write(view, rows)
        except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError):
            time.sleep(0.05)
    return []


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _due(row: Row, hold_s: float) -> datetime:
    """When it counts: known, held back, and happened."""
    return max(row.event_time, row.known_time + timedelta(seconds=hold_s))


def _taken(consumer: Consumer, for_s: float) -> list[Message]:
    """What comes within that time, at most `_MOST`."""
    found: list[Message] = []
    end = time.monotonic() + for_s
    while len(found) < _MOST and (left := end - time.monotonic()) > 0:
        message = consumer.poll(left)
        if message is None:
            break
        error = message.error()
        if error is None:
            found.append(message)
        elif not error.retriable() and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
    return found


def _rows(view: View, messages: Sequence[Message], compute: Computer) -> list[Row]:
    updates = [update for update in (_parsed(message, view) for message in messages) if update]
    return [
        Row(update.entity, update.event_time, update.known_time, found, update.offset)
        for update, found in zip(updates, compute(updates), strict=True)
    ]


def _parsed(message: Message, view: View) -> Update | None:
    """None for a message that is no update: both stores leave out the same ones."""
    kind, milliseconds = message.timestamp()
    if kind != TIMESTAMP_LOG_APPEND_TIME:
        raise FeatureError(
            f"set message.timestamp.type=LogAppendTime on {message.topic()}: that is when an update was known"
        )
    try:
        known_time = _EPOCH + timedelta(milliseconds=milliseconds)
        return parse(message.value(), known_time, view, message.offset() or 0)
    except FeatureError:
        return None


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "features",  # never committed: files and versions say what was read
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "log_level": 3,
        }
    )


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        raise FeatureError(f"no topic {topic}: {found.error}")
    return sorted(found.partitions)


def _recent(consumer: Consumer, topic: str) -> list[TopicPartition]:
    """Of each partition the place of what was appended twenty minutes ago; its end now if nothing was since then."""
    since_ms = int((time.time() - 2 * AHEAD.total_seconds()) * 1000)
    partitions = _partitions(consumer, topic)
    ends = [
        consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
        for partition in partitions
    ]
    asked = [TopicPartition(topic, partition, since_ms) for partition in partitions]
    found = consumer.offsets_for_times(asked, timeout=10)
    return [
        TopicPartition(topic, place.partition, place.offset if place.offset >= 0 else end)
        for place, end in zip(found, ends, strict=True)
    ]


def _next(offline: Offline, view: str, partition: int, low: int) -> int:
    """The offset after what the files have; the topic's first one where there is no file."""
    names = (path.stem for path in (offline.folder / view).glob(f"p{partition}-*-*.parquet"))
    return max((int(name.rpartition("-")[2]) for name in names), default=low)


def _between(consumer: Consumer, start: TopicPartition, end: int) -> Iterator[Message]:
    """Every message from `start` to before `end`.

    The last offsets may be a transaction's own marks, which are no messages: then the end of the partition says so.
    """
    consumer.assign([start])
    while consumer.position([TopicPartition(start.topic, start.partition)])[0].offset < end:
        message = consumer.poll(10)
        if message is None:
            raise KafkaException(f"{start.topic} gave nothing for 10 s")
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        if (message.offset() or 0) >= end:
            break
        if error is None:
            yield message
