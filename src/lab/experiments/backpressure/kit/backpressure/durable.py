"""Kafka as a durable queue: an append is over when the broker has it; what is done comes back on a second topic."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

_PATIENCE_S = 10.0
_NO_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


class KafkaQueue:
    """A queue with one partition; `done` holds a JSON message {"ref": ..., "offset": ...} for each event that is dealt with.

    acknowledged: False for the mistake of trusting the client's own memory: it then waits a second for more to send along.
    """

    def __init__(self, bootstrap: str, events: str, done: str, acknowledged: bool = True) -> None:
        common = {"bootstrap.servers": bootstrap, "log_level": 4}
        linger = 1 if acknowledged else 1_000
        own = {"acks": "all", "enable.idempotence": True, "linger.ms": linger, "message.timeout.ms": 10_000}
        self._producer = Producer(common | own)
        # A consumer without a group's rights: it is told where to begin, and commits nothing.
        self._consumer = Consumer(common | {"group.id": f"{done}-reader", "enable.auto.commit": False})
        self._events, self._done, self._acknowledged = events, done, acknowledged
        self._expected: dict[str, Callable[[], None]] = {}
        self._oldest, self._first = 0, 0  # first offset that there is, and first of this process's own events
        self._last = -1  # last offset that is done
        self._open = False
        self._threads: list[threading.Thread] = []

    @property
    def inherited(self) -> int:
        """Events from before this process that are not done yet."""
        return max(0, self._first - max(self._oldest, self._last + 1))

    def open(self) -> None:
        """Find out what is waiting, and begin to listen. To be called within the event loop that `append` is used in."""
        self._loop = asyncio.get_running_loop()
        self._oldest, self._first = self._ends(self._events)
        begin, end = self._ends(self._done)  # the same where all has expired, or nothing was ever done
        self._consumer.assign([TopicPartition(self._done, 0, max(begin, end - 1))])
        if end > begin:
            last = self._consumer.poll(_PATIENCE_S)
            if last is None or last.error() or (told := _done(last)) is None:
                raise ConnectionError(
                    f'{self._done}: no JSON with "ref" and "offset" at its end; has it another writer?'
                )
            self._last = told[1]
        self._open = True
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._acks, self._answers)]
        for thread in self._threads:
            thread.start()

    def expect(self, ref: str, then: Callable[[], None]) -> None:
        """Call `then`, in the event loop, when `ref` is done."""
        self._expected[ref] = then

    def forget(self, ref: str) -> None:
        self._expected.pop(ref, None)

    async def append(self, event: dict[str, Any]) -> None:
        """Over when the broker has it; KafkaException if it does not take it, BufferError if too much waits for it."""
        acked: asyncio.Future[None] = self._loop.create_future()

        def told(error: Any, message: Message) -> None:
            self._loop.call_soon_threadsafe(_settle, acked, error)

        self._producer.produce(self._events, json.dumps(event).encode(), on_delivery=told)
        if self._acknowledged:
            await acked

    def close(self) -> None:
        self._open = False
        for thread in self._threads:
            thread.join()
        self._producer.flush(_PATIENCE_S)
        self._consumer.close()

    def _ends(self, topic: str) -> tuple[int, int]:
        """First offset that there is, and the next one.

        Asked again while the partition has no leader, as for a moment after its topic was made.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                begin, end = self._consumer.get_watermark_offsets(TopicPartition(topic, 0), _PATIENCE_S)
                return int(begin), int(end)
            except KafkaException as error:
                if error.args[0].code() not in _NO_LEADER or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _acks(self) -> None:
        while self._open:
            self._producer.poll(0.1)

    def _answers(self) -> None:
        while self._open:
            message = self._consumer.poll(0.1)
            # What somebody else writes there must not end this thread: nothing would ever be done again.
            if message is not None and not message.error() and (told := _done(message)):
                self._loop.call_soon_threadsafe(self._finish, *told)

    def _finish(self, ref: str, offset: int) -> None:
        self._last = max(self._last, offset)
        if then := self._expected.pop(ref, None):
            then()


def _done(message: Message) -> tuple[str, int] | None:
    """Reference and offset of the event that is dealt with; None for a message of another kind."""
    try:
        told = json.loads(message.value() or b"")
        return str(told["ref"]), int(told["offset"])
    except (ValueError, TypeError, KeyError):
        return None


def _settle(acked: asyncio.Future[None], error: Any) -> None:
    if acked.done():  # whoever waited has gone
        return
    if error:
        acked.set_exception(KafkaException(error))
    else:
        acked.set_result(None)
