"""A process that stays for the whole run, as a service does, and does one job after the other.

Its code is loaded and its connections are open before the first: what a start costs is no part of a replay.
"""

from __future__ import annotations

import itertools
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.experiments.backlog_replay.workload import Arm
from lab.files import write_atomically
from lab.services.workers import Worker, spawn

_LOOK_AGAIN_S = 0.005


@dataclass(frozen=True)
class Job:
    """One arm, as all are told of it. name: in the sink, and of the consumer's group. capacity: rows/s.

    folder: for the common start, for what they leave, and for the file that ends the live traffic.
    """

    name: str
    arm: Arm
    capacity: float
    folder: Path


@dataclass
class Daemon:
    """The caller's side."""

    folder: Path
    worker: Worker
    given: int = 0

    def give(self, job: Job) -> None:
        write_atomically(self.folder / f"{self.given}.job", pickle.dumps(job))
        self.given += 1


def start(serve: Callable[..., None], told: object, folder: Path) -> Daemon:
    """`serve(told, folder)` in a process of its own; it takes its jobs from `jobs(folder)`."""
    folder.mkdir()
    return Daemon(folder, spawn(serve, told, folder))


def jobs(folder: Path) -> Iterator[Job]:
    """Each job once it is given; without an end."""
    for number in itertools.count():
        file = folder / f"{number}.job"
        while not file.exists():
            time.sleep(_LOOK_AGAIN_S)
        yield pickle.loads(file.read_bytes())
