"""The log on a real broker: what its two readers make of foreign topics."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from lab.experiments.feature_store import KIT, REGISTRY, Offline, Online, load_registry
from lab.experiments.feature_store.kit.features.registry import FeatureError
from lab.experiments.feature_store.kit.features.stream import follow, ingest, replay
from lab.experiments.feature_store.measure.offline import VIEW
from lab.services.kafka import kafka
from lab.services.redis import redis
from lab.services.waiting import until

pytestmark = pytest.mark.service
CARD = load_registry(REGISTRY).view(VIEW)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with kafka(brokers=1) as found:
        yield found.bootstrap


@pytest.fixture
def topic(broker: str) -> str:
    name = f"test-{uuid.uuid4().hex[:8]}"
    new = NewTopic(name, 1, config={"message.timestamp.type": "LogAppendTime"})
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([new])[name].result(30)
    return name


def update(number: int, ahead_s: float = -60) -> bytes:
    at = datetime.now(UTC) + timedelta(seconds=ahead_s)
    return json.dumps(
        {
            "event_id": f"u{number}",
            "card_id": f"c{number}",
            "event_time": at.isoformat(),
            "amount": 1,
            "balance": number,
        }
    ).encode()


def send(broker: str, topic: str, *bodies: bytes, **more: Any) -> None:
    producer = Producer({"bootstrap.servers": broker, **more})
    if more:
        producer.init_transactions(30)
        producer.begin_transaction()
    for body in bodies:
        producer.produce(topic, body)
    if more:
        producer.commit_transaction(30)
    assert not producer.flush(30)


def _assert_end(broker: str, topic: str, offset: int) -> None:
    """For those who read what is committed."""
    admin = AdminClient({"bootstrap.servers": broker})  # gone, it would take its answers along
    ends = {TopicPartition(topic, 0): OffsetSpec.latest()}
    (found,) = admin.list_offsets(ends, isolation_level=IsolationLevel.READ_COMMITTED).values()
    assert found.result(10).offset == offset


class Written:
    """Stands where the online store is: what was written, when."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, datetime]] = []

    def write(self, _: object, rows: Any) -> list[tuple[bool, datetime]]:
        now = datetime.now(UTC).replace(tzinfo=None)
        self.rows += [(row.entity, now) for row in rows]
        return [(True, now)] * len(rows)


def test_a_topic_that_ends_with_a_transactions_mark_is_read_to_its_end(
    broker: str, topic: str, tmp_path: Path
) -> None:
    send(broker, topic, update(1), update(2), **{"transactional.id": topic})
    # A commit is told before its mark is in the topic; until then nobody may read what is before it.
    until(lambda: _assert_end(broker, topic, 3), "the transaction's mark")
    offline = Offline(tmp_path, load_registry(REGISTRY))
    assert [ingest(broker, topic, offline, VIEW) for _ in range(2)] == [(2, 0), (0, 0)]


def test_a_topic_that_forgets_is_read_from_what_is_left_and_a_gap_is_refused(
    broker: str, topic: str, tmp_path: Path
) -> None:
    admin, forgetful = (
        AdminClient({"bootstrap.servers": broker}),
        Offline(tmp_path / "a", load_registry(REGISTRY)),
    )
    send(broker, topic, *map(update, range(3)))

    def forget(before: int) -> None:
        for future in admin.delete_records([TopicPartition(topic, 0, before)]).values():
            future.result(30)

    forget(2)
    assert ingest(broker, topic, forgetful, VIEW) == (1, 0)
    send(broker, topic, *map(update, range(3, 6)))
    forget(5)
    with pytest.raises(FeatureError, match="offsets 5 to 6, and 3 would be next"):
        ingest(broker, topic, forgetful, VIEW)
    assert ingest(broker, topic, Offline(tmp_path / "b", load_registry(REGISTRY)), VIEW) == (1, 0)


def test_a_topic_of_the_same_name_with_less_in_it_is_refused(broker: str, topic: str, tmp_path: Path) -> None:
    offline = Offline(tmp_path, load_registry(REGISTRY))
    offline.add(VIEW, [], "p0-0-5")
    send(broker, topic, update(1))
    with pytest.raises(FeatureError, match="it is another topic"):
        ingest(broker, topic, offline, VIEW)


def test_the_readmes_batch_commands_fill_both_stores_and_say_what_is_gone(
    broker: str, topic: str, tmp_path: Path
) -> None:
    shutil.copytree(KIT / "features", tmp_path / "features", ignore=shutil.ignore_patterns("__pycache__"))
    send(broker, topic, update(1), update(2), b"no update")

    def ran(command: str, url: str) -> tuple[int, str]:
        places = f"--topic {topic} --space {topic} --kafka {broker} --redis {url}".split()
        said = [sys.executable, "-m", "features", command, "card", *places]
        done = subprocess.run(said, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180)
        return done.returncode, done.stdout + done.stderr

    with redis() as server:
        assert ran("load", server.url) == (0, "2 updates added, 1 refused\n")
        assert ran("refill", server.url) == (0, "2 entities written\n")
        assert Online(server.url, topic).read(CARD, ["c2"]).found[0]["balance_eur"] == 0.02  # type: ignore[index]
    code, said = ran("refill", "redis://127.0.0.1:1/0")
    assert code == 2 and said.startswith("features: ") and "Traceback" not in said


def test_an_event_that_is_ahead_waits_until_it_has_happened(broker: str, topic: str) -> None:
    """Sent before the job begins, so a job that was started again finds it too. One far ahead is refused."""
    due, store = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=15), Written()
    send(broker, topic, update(1), update(2, ahead_s=15), update(3, ahead_s=3_600))
    assert replay(broker, topic, store, CARD) == 1  # type: ignore[arg-type]
    stopped = threading.Event()
    job = threading.Thread(target=follow, args=(broker, topic, store, CARD, stopped.is_set), daemon=True)
    job.start()
    deadline = time.monotonic() + 90
    while "c2" not in dict(store.rows) and time.monotonic() < deadline:
        time.sleep(0.05)
    stopped.set()
    job.join(60)
    assert [name for name, _ in store.rows] == ["c1", "c1", "c2"]
    assert store.rows[-1][1] >= due
