"""The executor that every locally started service shares: start, wait until ready, hurt, mend, stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lab.errors import ServiceError
from lab.services.ports import occupied
from lab.services.session import session

_STOP_S = 5  # a thread that waits for a disk can't be stopped before it has its data


@dataclass
class Process:
    """One server as a child process.

    ready: makes a real request; any exception means "not yet". ports: must be free before the start.
    hint: what to do if it does not come up. stdin: subprocess.PIPE for one that ends when nobody writes to it.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], object]
    log: Path
    ports: Sequence[int] = ()
    timeout_s: float = 60
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    hint: str = ""
    stdin: int = subprocess.DEVNULL
    _child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id; ServiceError if it does not run."""
        if self._child is None or self._child.poll() is not None:
            raise ServiceError(f"{self.name} is not running")
        return self._child.pid

    def alive(self) -> bool:
        """True from launch to end."""
        return self._child is not None and self._child.poll() is None

    def ended(self, within_s: float = 0) -> bool:
        """True if it has ended, or does so within that time."""
        deadline = time.monotonic() + within_s
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.alive()

    def start(self) -> None:
        """Launch and block until ready."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start without waiting. ServiceError if a port is occupied or the program is missing."""
        for port in self.ports:
            if occupied(port):
                raise ServiceError(
                    f"{self.name} needs port {port}, which is in use; free it or choose another"
                )
        with self.log.open("ab") as log:
            try:
                self._child = subprocess.Popen(
                    self.command,
                    stdin=self.stdin,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=session().environment(self.environment),
                    cwd=self.cwd,
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise ServiceError(f"{self.name}: no program {self.command[0]!r}. {self.hint}") from None

    def await_ready(self) -> None:
        """Block until ready. ServiceError with the log's last lines on an early exit or a time-out."""
        assert self._child is not None
        deadline = time.monotonic() + self.timeout_s
        while True:
            if (status := self._child.poll()) is not None:
                raise ServiceError(self.story(f"ended with status {status} before it was ready"))
            try:
                self.ready()
                return
            except Exception as error:
                reason = error
            if time.monotonic() > deadline:
                self.kill()
                raise ServiceError(self.story(f"not ready after {self.timeout_s:g} s ({reason})"))
            time.sleep(0.05)

    def story(self, what: str) -> str:
        """`what` happened to it, what to do, and the last lines of its log."""
        last = last_lines(self.log)
        return f"{self.name}: {what}. {self.hint}\nLast lines of its log:\n{last}"

    def stop(self, timeout_s: float = 20) -> None:
        """SIGTERM and wait; SIGKILL after `timeout_s`."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL the process and all its children, and wait until they are gone."""
        if self._child is None:
            return
        for process in self._family():
            _signal(process, signal.SIGKILL)
        self._child.wait()

    def pause(self) -> None:
        """SIGSTOP, and wait until it has taken hold: alive for the kernel, dead for its clients."""
        stopping = self._family()
        for process in stopping:
            _signal(process, signal.SIGSTOP)
        # The signal takes effect once a thread of the process is given a processor; until then others may answer.
        deadline = time.monotonic() + _STOP_S
        while not all(map(_stopped, stopping)) and time.monotonic() < deadline:
            time.sleep(0.005)

    def resume(self) -> None:
        """SIGCONT after `pause`, and block until ready: clients may have given it up, and its peers too."""
        for process in self._family():
            _signal(process, signal.SIGCONT)
        if self.alive():
            self.await_ready()

    def restart(self) -> None:
        """Stop if it runs, start again on the same data and ports."""
        self.stop()
        self.start()

    def logs(self, lines: int = 50) -> str:
        """The last lines of what it printed."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _family(self) -> list[psutil.Process]:
        try:
            return family(self.pid)
        except ServiceError:
            return []


@contextmanager
def running(process: Process) -> Iterator[Process]:
    """`process` started; killed at the end, because its data are thrown away with the session."""
    try:
        process.start()
        yield process
    finally:
        process.kill()


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a server's log without Java's stack frames, which would push the reason out of sight."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join([line for line in text.splitlines() if not line.startswith("\tat ")][-count:])


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants but a reaper, which must outlive them; empty if it is gone."""
    try:
        head = psutil.Process(pid)
        return [item for item in [head, *head.children(recursive=True)] if not _is_reaper(item)]
    except psutil.NoSuchProcess:
        return []


def kill_family(pid: int) -> None:
    """SIGKILL a process and all its descendants at once."""
    for process in family(pid):
        _signal(process, signal.SIGKILL)


def _stopped(process: psutil.Process) -> bool:
    """True if no thread of it can run. Only Linux tells of threads; elsewhere the signal is trusted."""
    try:
        stats = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/stat")]
    except OSError:  # a thread or the whole process has just ended
        return False
    return all(stat.rpartition(")")[2].split()[0] in "TtZX" for stat in stats)


def _is_reaper(process: psutil.Process) -> bool:
    try:
        return "lab.services.reaper" in process.cmdline()
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
