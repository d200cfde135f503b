"""Live traffic: rows on schedule through a topic of their own, written as they come, while a backlog is replayed beside them.

One process: a thread sends, by the clock alone; the main thread consumes and writes.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from numpy.typing import NDArray

from lab.experiments.backlog_replay.measure.daemon import Job, jobs
from lab.experiments.backlog_replay.measure.sink import Pool, Sink
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.workload import first_live, keys_of, message, wall_ns
from lab.load.gate import Gate
from lab.load.openloop import Send, drive, settle
from lab.load.schedule import SECOND, Nanoseconds, constant

TICK_S = 0.02  # for which rows are gathered into one transaction
CHUNK_S = 0.5  # of the schedule, after which it is looked whether to stop
STOP = "stop"  # the file in a job's folder that ends it
SENT = "live.npz"  # due (ns since 1970) and late (ns that the hand-over was late) of each row in order


@dataclass(frozen=True)
class Live:
    """What is the same in every job. warm: see `Pool`."""

    bootstrap: str
    topic: str
    dsn: str
    warm: str
    params: Params


def serve(live: Live, folder: Path) -> None:
    """One job after the other, on the same connections."""
    pool = Pool(live.dsn, 1, live.warm)
    consumer = Consumer({"bootstrap.servers": live.bootstrap, "group.id": live.warm, "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(live.topic, 0, 0)])
    producer = Producer(
        {
            "bootstrap.servers": live.bootstrap,
            "acks": "all",
            "log_level": 4,
            "linger.ms": 5,
            # A broker serves a connection's requests one after the other. Sent one by one as they come due, some
            # hundred a second pile up before a cold one, for seconds; so what waits goes together.
            "max.in.flight.requests.per.connection": 1,
        }
    )
    # A first message goes all the way before any counts.
    producer.produce(live.topic, b"", partition=0)
    while not _taken(consumer):
        producer.poll(0)
    for job in jobs(folder):
        sink = Sink(pool, job.name, "live", live.params.row_ms / 1e3, job.arm.newest_wins)
        _traffic(live, job, sink, consumer, producer)


def _traffic(live: Live, job: Job, sink: Sink, consumer: Consumer, producer: Producer) -> None:
    """Wait for the common start; send and write until told to stop and all is written."""
    settle()
    start_ns = Gate(job.folder).arrive("live")
    sent, written = _Sent(), 0
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(_send, live, job, producer, start_ns, sent)
        while not sending.done() or written < sent.rows:
            if messages := _taken(consumer):
                sink(messages)
                written += len(messages)
        sending.result()
    due, late = (np.concatenate(parts) for parts in (sent.due, sent.late))
    half = job.folder / f"half-{SENT}"
    np.savez(half, due=due, late=late)
    half.rename(job.folder / SENT)


def _taken(consumer: Consumer) -> list[Message]:
    """What came within a tick."""
    messages: list[Message] = consumer.consume(num_messages=1_000, timeout=TICK_S)
    for broken in (item for item in messages if item.error()):
        raise KafkaException(broken.error())
    return messages


class _Sent:
    """What the sending thread did. rows: handed over."""

    def __init__(self) -> None:
        self.rows = 0
        self.due: list[NDArray[np.int64]] = []
        self.late: list[Nanoseconds] = []


def _send(live: Live, job: Job, producer: Producer, start_ns: int, sent: _Sent) -> None:
    params = live.params
    part = constant(params.live_rate, CHUNK_S)
    for chunk in itertools.count():
        if (job.folder / STOP).exists():
            break
        first = first_live(params) + chunk * len(part)
        keys = keys_of(params, first, len(part)).tolist()
        bodies = [message(key, first + place) for place, key in enumerate(keys)]
        begin = start_ns + round(chunk * CHUNK_S * SECOND)
        kept = drive(part, begin, _sender(producer, live.topic, bodies))
        sent.due.append(wall_ns(begin) + part)
        sent.late.append(kept.lateness_ns)
        sent.rows += len(part)
    producer.flush(30)


def _sender(producer: Producer, topic: str, bodies: list[bytes]) -> Send:
    def send(first: int, end: int) -> int:
        for body in bodies[first:end]:
            producer.produce(topic, body, partition=0)
        producer.poll(0)
        return end - first

    return send
