"""The kit by its README; parameters that are refused."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING

import readmes
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.backpressure import KIT, Params
from lab.experiments.backpressure.kit.backpressure import sink
from lab.experiments.backpressure.measure import bench
from lab.load.vegeta import program
from lab.services import http
from lab.services.kafka import VARIABLE, Kafka, kafka
from lab.services.ports import free_ports
from lab.services.topics import create_topics
from lab.services.webapp import web_app
from lab.services.workers import spawn

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    """One for all tests here: the experiment attaches to it."""
    with kafka(heap_mb=256) as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, found.bootstrap)
        yield found


@pytest.fixture
def topics(broker: Kafka) -> Iterator[tuple[str, str]]:
    """Events and what is done of them, with a sink between."""
    events, done = (f"{name}-{uuid.uuid4().hex[:6]}" for name in ("events", "done"))
    create_topics(broker.bootstrap, {events: 1, done: 1})
    worker = spawn(sink.serve, broker.bootstrap, events, done, 0.01)
    yield events, done
    worker.kill()


def test_the_readmes_lines_serve_and_load_from_an_empty_folder(broker: Kafka, tmp_path: Path) -> None:
    topics = tuple(f"{name}-{uuid.uuid4().hex[:6]}" for name in ("events", "done"))
    create_topics(broker.bootstrap, dict.fromkeys(topics, 1))
    home = Path(shutil.copytree(KIT, tmp_path / "home", ignore=shutil.ignore_patterns("__pycache__")))
    for words in ("add_middleware", "AsyncClient"):
        (home / "example.py").write_text(readmes.block(home / "README.md", words))
        assert readmes.typed(home, "python example.py") == (0, "")
    ports = dict(zip(("8000", "8001"), map(str, free_ports(2)), strict=True))
    lines = readmes.block(home / "README.md", "vegeta attack")
    lines = re.sub("8000|8001", lambda found: ports[found[0]], lines)
    for ours, theirs in (
        ("127.0.0.1:9092", broker.bootstrap),
        ("INGEST_EVENTS=events INGEST_DONE=done", "INGEST_EVENTS={} INGEST_DONE={}".format(*topics)),
        ("-rate=130/s -duration=10s", "-rate=20/s -duration=4s"),
        # So short a load is over before a sink on a busy machine is up; this answers when it is.
        ("printf ", f"curl -s -d @event.json 'http://127.0.0.1:{ports['8000']}/events?wait=120'\nprintf "),
    ):
        assert ours in lines
        lines = lines.replace(ours, theirs)
    path = {"PATH": f"{program().parent}{os.pathsep}{os.environ['PATH']}"}
    # What stands in for python is a function, so each job is a shell whose child is the server: one group with -m.
    ended = "set -m; trap 'for job in $(jobs -p); do kill -- -$job || true; done' EXIT"
    status, said = readmes.typed(home, f"{ended}\n{lines}", path)
    assert status == 0 and re.search(r"Status Codes.*200:", said), said
    assert {one["id"] for one in bench.read_topic(broker.bootstrap, topics[1])} == {"1"}


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[1]", b'{"no": "id"}', b'"text"', b"null", b"\xff"])
def test_what_is_no_event_is_refused_in_words_and_the_service_goes_on(
    broker: Kafka, topics: tuple[str, str], body: bytes
) -> None:
    import asyncio

    import httpx

    from lab.experiments.backpressure.kit.backpressure import durable, ingest

    async def post() -> tuple[httpx.Response, httpx.Response]:
        queue = durable.KafkaQueue(broker.bootstrap, *topics)
        transport = httpx.ASGITransport(ingest.create_app(queue))
        queue.open()  # ASGITransport knows no lifespan
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.post("/events", content=body), await client.post(
                    "/events?wait=120", json={"id": 7, "more": "é"}
                )
        finally:
            await asyncio.to_thread(queue.close)

    refused, taken = asyncio.run(post())
    assert refused.status_code == 422 and "id is needed" in refused.json()["reason"]
    assert taken.status_code == 200 and taken.json() == {"id": "7"}


def test_a_queue_whose_partition_has_no_leader_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from confluent_kafka import KafkaError, KafkaException

    from lab.experiments.backpressure.kit.backpressure.durable import KafkaQueue

    queue = KafkaQueue("127.0.0.1:1", "events", "done")
    answers = iter([KafkaError.NOT_LEADER_FOR_PARTITION, None, KafkaError.TOPIC_AUTHORIZATION_FAILED])

    def end(partition: object, patience: float) -> tuple[int, int]:
        if (code := next(answers)) is not None:
            raise KafkaException(KafkaError(code))
        return 0, 7

    monkeypatch.setattr(queue, "_consumer", SimpleNamespace(get_watermark_offsets=end))
    assert queue._ends("events") == (0, 7)
    with pytest.raises(KafkaException):
        queue._ends("events")


def test_a_sink_whose_coordinator_is_another_by_now_asks_again() -> None:
    from confluent_kafka import KafkaError, KafkaException, TopicPartition

    answers = iter([KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, 7, -1001])

    def asked(partitions: object, patience: float) -> list[TopicPartition]:
        if (found := next(answers)) in sink._SETTLING:
            raise KafkaException(KafkaError(found))
        return [TopicPartition("events", 0, found)]

    consumer: Any = SimpleNamespace(committed=asked)
    assert sink.committed(consumer, "events") == 7
    assert sink.committed(consumer, "events") == OFFSET_BEGINNING
    answers = iter([KafkaError.GROUP_AUTHORIZATION_FAILED])

    def refused(partitions: object, patience: float) -> list[TopicPartition]:
        raise KafkaException(KafkaError(next(answers)))

    with pytest.raises(KafkaException):
        sink.committed(SimpleNamespace(committed=refused), "events")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("events", "last", "inherited"),
    [
        ((0, 0), -1, 0),
        ((0, 7), -1, 7),
        ((0, 7), 4, 2),
        ((7, 7), -1, 0),
        ((5, 7), -1, 2),
        ((5, 7), 6, 0),
        ((5, 7), 2, 2),
    ],
)
def test_what_has_expired_waits_for_nobody(events: tuple[int, int], last: int, inherited: int) -> None:
    from lab.experiments.backpressure.kit.backpressure.durable import KafkaQueue

    queue = KafkaQueue("127.0.0.1:1", "events", "done")
    (queue._oldest, queue._first), queue._last = events, last
    assert queue.inherited == inherited


@pytest.mark.parametrize(
    "value",
    [None, b"", b"no JSON", b"\xff", b"{}", b"[1]", b"null", b'{"ref": "a"}', b'{"ref": "a", "offset": "x"}'],
)
def test_a_strangers_message_among_those_that_are_done_ends_nothing(
    broker: Kafka, topics: tuple[str, str], value: bytes | None
) -> None:
    import asyncio

    from confluent_kafka import Producer

    from lab.experiments.backpressure.kit.backpressure.durable import KafkaQueue

    async def whole() -> None:
        queue, done = KafkaQueue(broker.bootstrap, *topics), asyncio.Event()
        queue.open()
        try:
            stranger = Producer({"bootstrap.servers": broker.bootstrap})
            stranger.produce(topics[1], value)
            assert stranger.flush(30) == 0
            queue.expect("mine", done.set)
            await queue.append({"ref": "mine", "id": "1"})
            await asyncio.wait_for(done.wait(), 120)
        finally:
            await asyncio.to_thread(queue.close)

    asyncio.run(whole())


def test_after_a_restart_what_is_left_counts_as_in_flight(broker: Kafka) -> None:
    events, done = (f"{name}-{uuid.uuid4().hex[:6]}" for name in ("events", "done"))
    create_topics(broker.bootstrap, {events: 1, done: 1})
    told = {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap, "INGEST_EVENTS": events, "INGEST_DONE": done}
    with web_app("backpressure.ingest:app", KIT, environment=told) as app:
        for number in range(5):
            assert http.call("POST", f"{app.url}/events", {"id": number}, 30) == {"id": str(number)}
        app.node.kill()
        app.node.start()
        assert http.call("GET", app.url) == {"inherited": 5}
        worker = spawn(sink.serve, broker.bootstrap, events, done, 0.01)
        try:
            assert http.call("POST", f"{app.url}/events?wait=120", {"id": 5}, timeout_s=120) == {"id": "5"}
            assert http.call("GET", app.url) == {"inherited": 0}
        finally:
            worker.kill()


@pytest.mark.parametrize(
    "wrong",
    [
        {"service_ms": 1},
        {"base": 1.0},
        {"burst": 1},
        {"kills": 0},
        {"alone": 2},
        {"raet": 1},
        {"base": 0.2, "burst": 2.0},
        {"after_s": 3.0},
        {"target_ms": 900.0},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=list(wrong)[-1]):
        parameters.parse(Params, wrong)
