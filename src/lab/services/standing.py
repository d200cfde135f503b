"""Servers that outlive a command: held by one background process until `down`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from lab import paths
from lab.errors import ServiceError
from lab.files import write_atomically
from lab.services import (
    connect,
    icebergcatalog,
    kafka,
    objectstore,
    postgres,
    redis,
    schemaregistry,
    sparkcluster,
    toxiproxy,
    trino,
    trinocatalogs,
)
from lab.services import spark as sparks
from lab.services.session import MARK, session

_START_S = 300

Variables = dict[str, str]


def _kafka(stack: ExitStack) -> Variables:
    return {kafka.VARIABLE: stack.enter_context(kafka.kafka()).bootstrap}


def _postgres(stack: ExitStack) -> Variables:
    # Change data capture reads the log; a change of this setting needs a restart.
    return {postgres.VARIABLE: stack.enter_context(postgres.postgres({"wal_level": "logical"})).dsn}


def _connect(stack: ExitStack) -> Variables:
    found = _kafka(stack)
    return found | {connect.VARIABLE: stack.enter_context(connect.connect(found[kafka.VARIABLE])).url}


def _objectstore(stack: ExitStack) -> Variables:
    s3 = stack.enter_context(objectstore.object_store()).s3
    keys = dict(zip(objectstore.KEYS, (s3.access_key, s3.secret_key), strict=True))
    return {objectstore.VARIABLE: s3.endpoint} | keys


def _icebergcatalog(stack: ExitStack) -> Variables:
    return {icebergcatalog.VARIABLE: stack.enter_context(icebergcatalog.iceberg_catalog()).uri}


def _schemaregistry(stack: ExitStack) -> Variables:
    return {schemaregistry.VARIABLE: stack.enter_context(schemaregistry.schema_registry()).registry.url}


def _spark(stack: ExitStack) -> Variables:
    return {sparks.VARIABLE: stack.enter_context(sparkcluster.standalone()).url}


def _trino(stack: ExitStack) -> Variables:
    catalog = stack.enter_context(icebergcatalog.iceberg_catalog())
    catalogs = {
        "ice": trinocatalogs.iceberg(catalog),
        "hive": trinocatalogs.hive(session().folder / "hive-names"),
        "delta": trinocatalogs.delta(session().folder / "delta-names"),
        "tpch": trinocatalogs.tpch(),
    }
    server = stack.enter_context(trino.trino(catalogs))
    return {icebergcatalog.VARIABLE: catalog.uri, trino.VARIABLE: server.url}


def _toxiproxy(stack: ExitStack) -> Variables:
    return {toxiproxy.VARIABLE: stack.enter_context(toxiproxy.toxiproxy()).url}


def _redis(stack: ExitStack) -> Variables:
    return {redis.VARIABLE: stack.enter_context(redis.redis()).url}


# In the order of their starts: one that needs another attaches to it, if it is up, and else brings its own.
_STARTS: dict[str, Callable[[ExitStack], Variables]] = {
    "kafka": _kafka,
    "postgres": _postgres,
    "connect": _connect,
    "objectstore": _objectstore,
    "icebergcatalog": _icebergcatalog,
    "schemaregistry": _schemaregistry,
    "spark": _spark,
    "trino": _trino,
    "toxiproxy": _toxiproxy,
    "redis": _redis,
}
NAMES = tuple(_STARTS)


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
        variables: Variables = {}
        for name in sorted(set(names), key=NAMES.index):
            variables |= _STARTS[name](stack)
            os.environ.update(variables)
        own = psutil.Process()
        state = {"pid": own.pid, "since": own.create_time(), "variables": variables}
        write_atomically(_file(), json.dumps(state))
        _file().chmod(0o600)  # holds the object store's keys
        ended.wait()


if __name__ == "__main__":
    hold(sys.argv[1:])
