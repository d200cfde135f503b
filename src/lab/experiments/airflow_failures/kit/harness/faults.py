"""The failure injection scripts, each by itself: `python -m harness.faults NAME ...`. Run them where the processes are.

freeze PID SECONDS              SIGSTOP a server with its children (the postmaster's PID), then SIGCONT
kill PID                        SIGKILL a server with its children
black-hole PROXY SECONDS        toxiproxy swallows all that a proxy carries; PROXY: http://HOST:8474/proxies/NAME
unavailable SOURCE BATCH SECONDS        `harness.source` answers 503
truncate SOURCE BATCH           `harness.source` sends the first part of a batch
kill-task ID [--supervisor]     SIGKILL the process of the task instance ID (of the REST interface), or its supervisor too
"""

from __future__ import annotations

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Fault:
    """One way to fail. mode: of the five. guards: what answers it. due: how a guarded run should end."""

    name: str
    mode: str
    injection: str
    guards: str
    due: str


FAULTS = (
    Fault(
        "database frozen",
        "database outage",
        "SIGSTOP of every process of PostgreSQL within the load; SIGCONT after the outage",
        "bounded waits, retries with backoff and jitter, idempotent load",
        "recovered",
    ),
    Fault(
        "database killed",
        "database outage",
        "SIGKILL of every process of PostgreSQL within the load; started again after the outage",
        "retries with backoff and jitter, idempotent load",
        "recovered",
    ),
    Fault(
        "black hole",
        "network time-out",
        "toxiproxy swallows all bytes between task and database within the load",
        "bounded waits, retries with backoff and jitter, idempotent load",
        "recovered",
    ),
    Fault(
        "truncated batch",
        "partial data",
        "the source sends four fifths of a batch, cut within a line",
        "row-count contract, dead letters, no retry of what can't succeed, alert",
        "failed safe",
    ),
    Fault(
        "task killed",
        "task crash",
        "SIGKILL of the task's process within the load; its supervisor lives",
        "retries, idempotent load; the scheduler sees that executor and state disagree",
        "recovered",
    ),
    Fault(
        "task and supervisor killed",
        "task crash",
        "SIGKILL of the task's process and of the executor's worker that supervises it",
        "heartbeat time-out, retries, idempotent load",
        "recovered",
    ),
    Fault(
        "source unavailable",
        "retry storm",
        "the source answers every call with 503",
        "one layer of retries with backoff and jitter, circuit breaker, pool",
        "recovered",
    ),
)


def tree(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and its descendants."""
    try:
        head = psutil.Process(pid)
        members = [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in members:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A server stopped for the block."""
    tree(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        tree(pid, signal.SIGCONT)


@contextmanager
def black_hole(proxy: str) -> Iterator[None]:
    """All that a toxiproxy's proxy carries, both ways, swallowed for the block. proxy: its address in toxiproxy's interface."""
    toxics, streams = f"{proxy.rstrip('/')}/toxics", ("upstream", "downstream")
    _fill(toxics, streams)  # one that was killed has left its hole
    try:
        for stream in streams:
            hole = {"name": f"hole-{stream}", "type": "timeout", "stream": stream}
            call("POST", toxics, hole | {"attributes": {"timeout": 0}})
        yield
    finally:
        _fill(toxics, streams)


def _fill(toxics: str, streams: Iterable[str]) -> None:
    for stream in streams:
        try:
            call("DELETE", f"{toxics}/hole-{stream}")
        except urllib.error.HTTPError as error:
            if error.code != 404:  # there is none
                raise


def spoil(source: str, batch: int, kind: str) -> None:
    """Set or take away (with an empty kind) what `harness.source` does to a batch."""
    call("POST", f"{source.rstrip('/')}/faults", {"batch": batch, "kind": kind})


def kill_task(task_instance: str, supervisor: bool = False) -> int:
    """SIGKILL a task's process, which Airflow names after its instance, and the supervisor that it is a child of; how many.

    The supervisor goes first: it would tell of its child's death.
    """
    tasks = [process for process in psutil.process_iter() if _is_of(process, task_instance)]
    victims = [parent for task in tasks if supervisor and (parent := task.parent())] + tasks
    for process in victims:
        process.kill()
    return len(victims)


def _is_of(process: psutil.Process, task_instance: str) -> bool:
    try:
        return f"airflow worker -- {task_instance}" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def call(method: str, url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def main(name: str, *given: str) -> None:
    if name == "freeze":
        with frozen(int(given[0])):
            time.sleep(float(given[1]))
    elif name == "kill":
        tree(int(given[0]), signal.SIGKILL)
    elif name == "black-hole":
        with black_hole(given[0]):
            time.sleep(float(given[1]))
    elif name == "unavailable":
        spoil(given[0], int(given[1]), "unavailable")
        time.sleep(float(given[2]))
        spoil(given[0], int(given[1]), "")
    elif name == "truncate":
        spoil(given[0], int(given[1]), "truncated")
    elif name == "kill-task":
        if not kill_task(given[0], "--supervisor" in given):
            raise SystemExit(f"no process of the task instance {given[0]} on this machine")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or ("",))
