"""Faults of live pipelines, each undone by the runbook alone; and what tells from outside whether it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lab.experiments.observability.kit.pipelinewatch.worker import deploy
from lab.services.session import session

# Holds the lock that a writer needs, for longer than a row may take, lets go for a moment, and again.
_REPORT = """
import sqlite3, sys, time
sink = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=600)
while True:
    sink.execute("BEGIN IMMEDIATE")
    time.sleep(1.4)
    sink.execute("COMMIT")
    time.sleep(0.15)
"""


@dataclass(frozen=True)
class Case:
    """A live pipeline. kind: of anomaly that its fault makes; empty for none. attended: the runbook is run for it."""

    pipeline: str
    kind: str
    fault: str
    attended: bool = True


CASES = (
    Case("orders", "rejected", "a release that rejects amounts with a fraction"),
    Case("payments", "late", "another process that holds the sink's lock"),
    Case("clicks", "missing", "a stopped worker"),
    Case("refunds", "", ""),
    Case("returns", "rejected", "a release that rejects amounts with a fraction", attended=False),
)


@dataclass
class Fault:
    """One case's fault in the folder of its pipeline."""

    case: Case
    home: Path
    _held: dict[str, int] = field(default_factory=dict)

    def inject(self) -> None:
        if self.case.kind == "rejected":
            deploy(self.home, 2)
        elif self.case.kind == "late":
            command = [sys.executable, "-c", _REPORT, str(self.home / "sink.db")]
            self._held["pid"] = subprocess.Popen(command, env=session().environment()).pid
        else:
            self._held["pid"] = self._worker()
            os.kill(self._held["pid"], signal.SIGSTOP)

    def gone(self) -> bool:
        """As the machine tells it, whatever runbook and alerts say."""
        if self.case.kind == "rejected":
            return str((self.home / "current").readlink()) == "releases/1.json"
        if self.case.kind == "late":
            return not _lives(self._held["pid"])
        return self._worker() != self._held["pid"] and _lives(self._worker())

    def end(self) -> None:
        """Kill what the fault started, if it lives."""
        if self.case.kind == "late" and "pid" in self._held and _lives(self._held["pid"]):
            psutil.Process(self._held["pid"]).kill()

    def _worker(self) -> int:
        return int((self.home / "worker.pid").read_text())


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False
