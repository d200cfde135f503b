"""A processor in a process of its own: reads, works, writes and commits until it is told to stop, or fails."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException, Message

from lab.experiments.exactly_once.kit.loop import Link, connect
from lab.experiments.exactly_once.measure.marks import Log, Mark
from lab.experiments.exactly_once.mechanism import Processor

STAMP = struct.Struct("<ii")  # behind the value: member, batch
_AT_ONCE = 20  # messages between two waits
MOST = 2_000  # messages of a batch


@dataclass(frozen=True)
class Job:
    """What a processor does. member: how many have been started before it under the same name."""

    bootstrap: str
    source: str
    target: str
    processor: Processor
    member: int
    batch_ms: int
    work_us: int
    folder: Path

    @property
    def mark(self) -> Path:
        """Messages of the batch at work that are handed over to the producer, and all of it."""
        return self.folder / f"{self.processor.slug}-{self.member}.mark"


def work(job: Job) -> None:
    """Until the file `stop` appears. Ends with an exception when Kafka refuses something: a successor goes on."""
    mark, log = Mark(job.mark), Log(job.folder, job.processor.name, job.member)
    number = size = before = 0

    def stamped(message: Message) -> bytes:
        return (message.value() or b"") + STAMP.pack(job.member, number)

    def handled(count: int) -> None:
        if count % _AT_ONCE == 0 or count == size:
            link.producer.poll(0)  # serves acknowledgements
            mark.set(count, size, link.acknowledged - before)
            time.sleep(_AT_ONCE * job.work_us / 1e6)

    name = f"{job.target}-loop"
    link = connect(job.bootstrap, job.source, job.target, name, name, job.processor.transactional)
    link.transform, link.handled = stamped, handled
    log.tell(-1, "started")
    while not (job.folder / "stop").exists():
        try:
            if batch := link.take(MOST, job.batch_ms / 1_000):
                size, before = len(batch), link.acknowledged
                log.tell(number, "began", str(size))
                job.processor.step(link, batch)
                log.tell(number, "committed")
                number += 1
        except KafkaException as error:
            log.tell(number, "refused", _code(error))
            if job.processor.transactional and _code(error) in ("_FATAL", "_FENCED"):
                _insist(link, log, number)
            raise
        mark.set(0)
    link.consumer.close()


def _insist(link: Link, log: Log, number: int) -> None:
    """A zombie does not know that it is one: it tries to commit whatever it was told before."""
    try:
        link.producer.commit_transaction(10)
    except KafkaException as error:
        log.tell(number, "insisted", _code(error))
    else:
        log.tell(number, "committed", "after all")


def _code(error: KafkaException) -> str:
    return str(error.args[0].name())
