"""Processors and a Spark driver at work: started, watched, replaced; and rounds driven through them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.exactly_once.measure import driver, marks, outputs, processor
from lab.experiments.exactly_once.measure.seen import APPENDED, SINK, Rows
from lab.experiments.exactly_once.mechanism import EXACTLY_ONCE, Processor
from lab.experiments.exactly_once.params import Params
from lab.experiments.exactly_once.workload.cut import Cut
from lab.services.kafka import Kafka
from lab.services.workers import Worker, spawn

PATIENCE_S = 120.0  # after a round's load: what has not come by then is lost
_LOOK_S, _ASK_S = 0.05, 0.25  # between two looks; between two questions to a server, which cost it time


@dataclass
class Member:
    """One process of an arm. number: how many were started before it."""

    worker: Worker
    number: int
    mark: marks.Mark


@dataclass
class Bench:
    """One broker with the arms of a run on it. dsn: of the database; None where nothing is written to one."""

    params: Params
    broker: Kafka
    run: str
    folder: Path
    processors: list[Processor]
    dsn: str | None = None
    link: Cut | None = None
    members: dict[str, Member] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    tails: dict[str, outputs.Tail] = field(default_factory=dict)
    stopped: list[Worker] = field(default_factory=list)

    @property
    def source(self) -> str:
        return f"{self.run}-in"

    def target(self, arm: Processor) -> str:
        return f"{self.run}-{arm.slug}"

    def start(self) -> None:
        """Every loop's first process; returns when all arms are at work."""
        for arm in self.processors:
            self.start_processor(arm)
            self.tails[arm.name] = outputs.Tail(
                self.broker.bootstrap, self.target(arm), self.params.partitions
            )
        for arm in self.processors:
            self.until(partial(self.told, arm.name, "started"), f"{arm.name} to start", 60)
        if self.dsn:
            self.until(lambda: self.told(SINK, "started"), "Spark to start", 120)

    def start_processor(self, arm: Processor) -> Member:
        """A new process of this arm: the current one from now on."""
        job = processor.Job(
            self.broker.bootstrap,
            self.source,
            self.target(arm),
            arm,
            self._next(arm.name),
            self.params.batch_ms,
            self.params.work_us,
            self.folder,
        )
        mark = marks.Mark(job.mark)
        self.members[arm.name] = Member(spawn(processor.work, job), job.member, mark)
        return self.members[arm.name]

    def attach(self, dsn: str, link: Cut, first: Member) -> None:
        """Take over the first Spark driver, and have it and its successors write to this database by the link."""
        self.dsn, self.link, self.members[SINK] = dsn, link, first
        target = self.target(EXACTLY_ONCE)
        driver.assign(self.folder, driver.Job(self.broker.bootstrap, target, through(dsn, link.port)))

    def start_driver(self) -> None:
        """A new Spark driver: the current one from now on."""
        self.members[SINK] = new_driver(self.folder, self._next(SINK))

    def _next(self, arm: str) -> int:
        return self.members[arm].number + 1 if arm in self.members else 0

    def told(self, arm: str, what: str, member: int | None = None) -> list[marks.Told]:
        """Lines of an arm's logs."""
        found = marks.read(self.folder, arm)
        return [one for one in found if one.what == what and member in (None, one.member)]

    def mend(self) -> None:
        """Start anew whoever has ended without having been killed, as a supervisor does."""
        for arm in self.processors:
            if self.members[arm.name].worker._child.poll() is not None:
                self._count(arm.name)
                self.start_processor(arm)
        if self.dsn and self.members[SINK].worker._child.poll() is not None:
            self._count(SINK)
            self.start_driver()

    def _count(self, arm: str) -> None:
        self.restarts[arm] = self.restarts.get(arm, 0) + 1
        if self.restarts[arm] > 20:
            self.members[arm].worker.check()
            raise ServiceError(f"{arm} has ended 20 times by itself")

    def until(self, ready: Callable[[], object], what: str, seconds: float) -> None:
        """Wait, and mend meanwhile. ServiceError after so many seconds."""
        if not self.came(ready, seconds):
            for member in self.members.values():
                member.worker.check()
            raise ServiceError(f"waited {seconds:g} s for {what}")

    def came(self, ready: Callable[[], object], seconds: float, every_s: float = _LOOK_S) -> bool:
        """The same, but whether it came."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                return False
            self.mend()
            time.sleep(every_s)
        return True

    def drain(self, sent: int) -> dict[str, int]:
        """Wait until every arm is done with what was sent; rows that each has delivered by then."""
        ends = outputs.ends(self.broker.bootstrap, self.source, self.params.partitions)
        for arm in self.processors:
            self.came(partial(self._done, arm, ends), PATIENCE_S, _ASK_S)
        counts = {arm.name: self._tail(arm, sent) for arm in self.processors}
        if self.dsn:
            dsn = self.dsn
            self.came(lambda: outputs.count(dsn, driver.ONCE) >= sent, PATIENCE_S, _ASK_S)
            counts |= {SINK: outputs.count(dsn, driver.ONCE), APPENDED: outputs.count(dsn, driver.APPENDED)}
        return counts

    def _done(self, arm: Processor, ends: list[int]) -> bool:
        """Whether it has committed all of the source, and is between batches."""
        group = f"{self.target(arm)}-loop"
        there = outputs.committed(self.broker.bootstrap, group, self.source, self.params.partitions)
        return there == ends and self.members[arm.name].mark.idle()

    def _tail(self, arm: Processor, sent: int) -> int:
        """A commit's marks are written behind its answer: of a transactional arm the last records may take a moment."""
        found = self.tails[arm.name].read()
        if arm.transactional and found < sent:
            self.came(lambda: self.tails[arm.name].read() >= sent, 5)
            found = self.tails[arm.name].read()
        return found

    def delivered(self) -> dict[str, Rows]:
        found = {name: tail.rows() for name, tail in self.tails.items()}
        if self.dsn:
            found |= {
                SINK: outputs.table(self.dsn, driver.ONCE),
                APPENDED: outputs.table(self.dsn, driver.APPENDED),
            }
        return found

    def close(self) -> None:
        """Stop the processors in an orderly way and Spark at once, then read what came after the last round's end."""
        (self.folder / "stop").touch()
        if self.dsn:
            self.members[SINK].worker.kill()
        for arm in self.processors:
            self.members[arm.name].worker.join(60)
        for tail in self.tails.values():
            tail.read()
            tail.close()

    def kill(self) -> None:
        for worker in [*self.stopped, *(member.worker for member in self.members.values())]:
            worker.kill()


def new_driver(folder: Path, member: int) -> Member:
    """A Spark driver in a process of its own. member: how many were started before it."""
    mark = marks.Mark(driver.mark_of(folder, member))
    return Member(spawn(driver.drive, folder, member), member, mark)


def through(dsn: str, port: int) -> str:
    """The same database by way of a link on this machine; in clear, so that the link can read along."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(dsn, host="127.0.0.1", port=port, sslmode="disable", gssencmode="disable")
