"""The processes of one arm: queue, sink, ingestion, and, where clients retry, their side-car."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import Consumer, KafkaException, TopicPartition

from lab.errors import ServiceError
from lab.experiments.backpressure.kit import FOLDER
from lab.experiments.backpressure.kit.backpressure import sink
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import NAMES, Arm, policies
from lab.services import http
from lab.services.process import Process
from lab.services.session import session
from lab.services.topics import create_topics, delete_topics
from lab.services.webapp import WebApp, web_app
from lab.services.workers import Worker, spawn

FIRST = "first"  # id of events that only try the way out
_PATIENCE_S = 20


@dataclass
class Bench:
    """An arm at work. sidecar: None if it was not asked for."""

    bootstrap: str
    events: str
    done: str
    service_s: float
    ingest: WebApp
    sidecar: WebApp | None
    sink: Worker = field(init=False)

    def start_sink(self) -> None:
        self.sink = spawn(sink.serve, self.bootstrap, self.events, self.done, self.service_s)

    def read(self, name: str) -> list[dict]:
        return read_topic(self.bootstrap, name)

    def cpu(self) -> dict[str, float]:
        """Processor seconds that its servers have used so far."""
        servers = {"ingest": self.ingest} | ({"sidecar": self.sidecar} if self.sidecar else {})
        return {name: _cpu(server) for name, server in servers.items()}


@contextmanager
def bench(
    params: Params, bootstrap: str, arm: Arm, sidecar: bool = True, more: Mapping[str, str] | None = None
) -> Iterator[Bench]:
    """The arm's processes for the block, with topics of their own. more: what ingestion is told beside."""
    name = f"press-{uuid.uuid4().hex[:8]}"
    events, done = f"{name}-events", f"{name}-done"
    file = session().folder / f"{name}.json"
    file.write_text(json.dumps(policies(params)))
    create_topics(bootstrap, {events: 1, done: 1})
    with ExitStack() as stack:
        stack.callback(delete_topics, bootstrap, [events, done])
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "INGEST_EVENTS": events,
            "INGEST_DONE": done,
            "INGEST_PROTECT": arm.protect,
            "INGEST_POLICIES": str(file),
        }
        ingest = stack.enter_context(
            web_app("backpressure.ingest:app", FOLDER, environment=told | dict(more or {}))
        )
        retrying = stack.enter_context(_sidecar(ingest.url, file, arm)) if sidecar else None
        made = Bench(bootstrap, events, done, params.service_ms / 1e3, ingest, retrying)
        made.start_sink()
        stack.callback(lambda: made.sink.kill())  # whichever is the last one
        _await_one(made)
        yield made


def _sidecar(target: str, file: Path, arm: Arm) -> AbstractContextManager[WebApp]:
    told = {
        "SIDECAR_TARGET": target,
        "SIDECAR_POLICIES": str(file),
        "SIDECAR_POLITE": str(int(arm.polite)),
    }
    return web_app("backpressure.sidecar:app", FOLDER, environment=told)


def _await_one(made: Bench) -> None:
    """Until an event has gone the whole way; and each client's side has been used once, so that none begins cold."""
    http.call("POST", f"{made.ingest.url}/events?wait=30", {"id": FIRST}, timeout_s=30)
    for name in NAMES if made.sidecar else ():
        headers = {"X-Client": name, "Idempotency-Key": FIRST}
        assert made.sidecar
        urllib.request.urlopen(
            urllib.request.Request(
                f"{made.sidecar.url}/events?wait=30", json.dumps({"id": FIRST}).encode(), headers
            ),
            timeout=30,
        ).close()


def _cpu(app: WebApp) -> float:
    assert isinstance(app.node, Process)
    times = psutil.Process(app.node.pid).cpu_times()
    return float(times.user + times.system)


def read_topic(bootstrap: str, topic: str) -> list[dict[str, Any]]:
    """Its messages so far, from JSON, in order. ServiceError if they do not come."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-auditor",
            "enable.auto.commit": False,
            "log_level": 4,
        }
    )
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), 10)
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[dict[str, Any]] = []
        deadline, position = time.monotonic() + _PATIENCE_S, 0
        while position < end:
            for message in consumer.consume(500, 0.2):
                if message.error():
                    raise KafkaException(message.error())
                position = (message.offset() or 0) + 1
                found.append(json.loads(message.value() or b"{}"))
            if time.monotonic() > deadline:
                raise ServiceError(f"{topic}: {len(found)} of {end} messages came in {_PATIENCE_S} s")
        return found
    finally:
        consumer.close()
