"""Servers that outlive a command: held by one background process until `down`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from lab import paths
from lab.errors import ServiceError
from lab.files import write_atomically
from lab.services import kafka, postgres
from lab.services.session import MARK

NAMES = ("kafka", "postgres")
_START_S = 180


def up(names: Sequence[str]) -> dict[str, str]:
    """Start the named servers; the variables by which experiments attach. ServiceError if some are up."""
    if status():
        raise ServiceError(
            "services are up already; see `lab services status`, stop them by `lab services down`"
        )
    _file().unlink(missing_ok=True)
    log = paths.build() / "services.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        holder = subprocess.Popen(
            [sys.executable, "-m", "lab.services.standing", *names],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            # Not this command's child in the reaper's eyes: it is meant to stay.
            env={name: value for name, value in os.environ.items() if name != MARK},
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_S
    while not (found := status()):
        if holder.poll() is not None or time.monotonic() > deadline:
            raise ServiceError(f"the services did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)
    return found


def down() -> bool:
    """Stop what is up; False if nothing was."""
    state = _state()
    if not state:
        return False
    process = psutil.Process(state["pid"])
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except psutil.TimeoutExpired:
        process.kill()  # its reaper takes the servers away
    _file().unlink(missing_ok=True)
    return True


def status() -> dict[str, str]:
    """Variables of what is up, by name; empty if nothing is."""
    state = _state()
    return state["variables"] if state else {}


def _state() -> dict | None:
    if not _file().exists():
        return None
    state = json.loads(_file().read_text())
    # A number alone could belong to another process by now.
    alive = psutil.pid_exists(state["pid"]) and psutil.Process(state["pid"]).create_time() == state["since"]
    return state if alive else None


def _file() -> Path:
    return paths.build() / "services.json"


def hold(names: Sequence[str]) -> None:
    """The background process: start, tell, wait for SIGTERM, stop."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ExitStack() as stack:
        variables = {}
        if "kafka" in names:
            variables[kafka.VARIABLE] = stack.enter_context(kafka.kafka()).bootstrap
        if "postgres" in names:
            variables[postgres.VARIABLE] = stack.enter_context(postgres.postgres()).dsn
        own = psutil.Process()
        state = {"pid": own.pid, "since": own.create_time(), "variables": variables}
        write_atomically(_file(), json.dumps(state))
        ended.wait()


if __name__ == "__main__":
    hold(sys.argv[1:])
