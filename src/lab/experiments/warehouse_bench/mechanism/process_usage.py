"""What an engine's processes use, as the kernel counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

PAUSE_S, PAUSES = 0.02, 4
IDLE_S = 0.011  # of a pause, of all cores together: one step of the counter


@dataclass(frozen=True)
class Seen:
    """Counted so far. cpu_s: processor time, user and system; read_bytes: handed over by read calls.

    machine_s: processor time of all that runs on the machine.
    """

    cpu_s: float
    read_bytes: int
    machine_s: float

    def __sub__(self, earlier: Seen) -> Seen:
        machine = self.machine_s - earlier.machine_s
        return Seen(self.cpu_s - earlier.cpu_s, self.read_bytes - earlier.read_bytes, machine)


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
    return Seen(cpu, read, machine_seconds())


def machine_seconds() -> float:
    """Processor time that the whole machine has spent on anything but idling and waiting, in steps of 10 ms."""
    told = psutil.cpu_times()
    return sum(told) - told.idle - told.iowait - told.guest - told.guest_nice


def settle(busy: Callable[[], float] = machine_seconds, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until the machine idles, but not for long.

    After it has answered, a Java engine goes on compiling and collecting; without a pause that would slow down whichever
    engine is asked next, and most of all the one whose queries take milliseconds.
    """
    before = busy()
    for _ in range(PAUSES):
        sleep(PAUSE_S)
        now = busy()
        if now - before <= IDLE_S:
            return
        before = now


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
