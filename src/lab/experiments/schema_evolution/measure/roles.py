"""Those who act in a drill, seen from outside: by the files that they write."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.experiments.schema_evolution.mechanism.consumer import Event, Place
from lab.experiments.schema_evolution.workload.producer import Deploy, Sent, unpickled
from lab.services.workers import Worker

PATIENCE_S = 60


@dataclass
class Application:
    """A consumer as it is seen from outside: its process, and the events that it has written."""

    place: Place
    schema: Any
    out: Path
    worker: Worker
    events: list[Event] = field(default_factory=list)
    offset: int = 0

    def look(self) -> None:
        """Take in what it has written since; WorkerError if it is dead."""
        self.worker.check()
        more, self.offset = unpickled(self.out, self.offset)
        self.events += more

    @property
    def read(self) -> set[str]:
        return {event.identity for event in self.events if event.kind == "order"}

    @property
    def stuck(self) -> list[Event]:
        return [event for event in self.events if event.kind == "unreadable"]


@dataclass
class Release:
    """A producer that was deployed, and what it has sent."""

    deploy: Deploy
    sent_file: Path
    worker: Worker
    sent: list[Sent] = field(default_factory=list)
    offset: int = 0

    def look(self) -> None:
        """Take in what it has sent since; WorkerError if it is dead."""
        self.worker.check()
        more, self.offset = unpickled(self.sent_file, self.offset)
        self.sent += more

    def stop(self) -> None:
        """SIGTERM, and wait until all is sent."""
        self.worker.terminate()
        self.worker.join(PATIENCE_S)
