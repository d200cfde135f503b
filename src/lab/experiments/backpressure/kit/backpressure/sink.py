"""A sink to try things with: one worker that takes a fixed time for each event, whether or not anybody still waits for it.

Told by its environment: KAFKA_BOOTSTRAP_SERVERS, INGEST_EVENTS, INGEST_DONE (topics), SINK_MS (of an event).
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

COMMIT_EVERY_S = 0.2
MADE_GOOD_S = 0.1
_PATIENCE_S = 30.0
_SETTLING = (  # a broker that has just begun, or whose groups are moving
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
)


def serve(bootstrap: str, events: str, done: str, service_s: float) -> None:
    """Take events in order, wait `service_s` for each, say on `done` that it is done; commit only what has been said.

    While more is waiting, an event begins when the one before was due to end, so that a late wake-up is not paid for twice;
    at most `MADE_GOOD_S` are made good like that.
    """
    common = {"bootstrap.servers": bootstrap, "log_level": 4}
    consumer = Consumer(
        common | {"group.id": f"{events}-sink", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    )
    consumer.assign([TopicPartition(events, 0, committed(consumer, events))])
    producer = Producer(common | {"acks": "all", "enable.idempotence": True, "linger.ms": 1})
    free, said, offset = 0.0, time.monotonic(), -1
    while True:
        message, waited = consumer.poll(0), False
        if message is None:
            message, waited = consumer.poll(0.05), True
        if message is not None:
            if message.error():
                raise KafkaException(message.error())
            now = time.time()
            begun = now if waited else max(free, now - MADE_GOOD_S)
            free = begun + service_s
            time.sleep(max(0.0, free - time.time()))
            offset = message.offset() or 0
            producer.produce(done, json.dumps(_told(message.value() or b"", offset, begun)).encode())
        producer.poll(0)
        if offset >= 0 and time.monotonic() - said > COMMIT_EVERY_S:
            producer.flush()
            consumer.commit(offsets=[TopicPartition(events, 0, offset + 1)], asynchronous=False)
            said, offset = time.monotonic(), -1


def committed(consumer: Consumer, topic: str) -> int:
    """Where the group stands in partition 0, `OFFSET_BEGINNING` if nowhere.

    Asked for rather than left to librdkafka, which stays without an offset for ever if the group's coordinator is not the one
    that it asks (its issue 5586).
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            found = consumer.committed([TopicPartition(topic, 0)], 5)[0]
            if found.error:
                raise KafkaException(found.error)
            return found.offset if found.offset >= 0 else OFFSET_BEGINNING
        except KafkaException as error:
            if error.args[0].code() not in _SETTLING or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _told(value: bytes, offset: int, begun: float) -> dict[str, Any]:
    return json.loads(value) | {"offset": offset, "begun": begun, "done": time.time()}


if __name__ == "__main__":
    told = os.environ
    serve(
        told["KAFKA_BOOTSTRAP_SERVERS"],
        told["INGEST_EVENTS"],
        told["INGEST_DONE"],
        float(told.get("SINK_MS", "25")) / 1e3,
    )
