"""What an engine's processes use, as the kernel counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Seen:
    """Counted so far. cpu_s: processor time, user and system; read_bytes: handed over by read calls."""

    cpu_s: float
    read_bytes: int

    def __sub__(self, earlier: Seen) -> Seen:
        return Seen(self.cpu_s - earlier.cpu_s, self.read_bytes - earlier.read_bytes)


def with_children(pid: int) -> tuple[int, ...]:
    """A process and its descendants."""
    head = psutil.Process(pid)
    return (pid, *(child.pid for child in head.children(recursive=True)))


def seen(pids: Iterable[int]) -> Seen:
    """Sum over the processes; one that has ended counts no more."""
    cpu, read = 0.0, 0
    for pid in pids:
        try:
            cpu += cpu_seconds(pid)
            read += read_bytes(pid)
        except (OSError, ProcessLookupError):
            continue
    return Seen(cpu, read)


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process, also of those that have ended.

    The same counter as utime + stime in /proc/PID/stat, which shows it in steps of 10 ms; the process's
    clock (clock_getcpuclockid(3), whose number Linux makes from the process id) shows nanoseconds.
    """
    return time.clock_gettime((~pid << 3) | 2)


def read_bytes(pid: int) -> int:
    """Bytes that read calls gave to a process (`rchar`): from disk or from the page cache alike."""
    own = Path("/proc") / ("self" if pid == os.getpid() else str(pid)) / "io"
    return int(own.read_text().split("\n", 1)[0].removeprefix("rchar:"))
