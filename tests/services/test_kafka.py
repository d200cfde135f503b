"""Kafka, started for real: one broker and three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services import kafka as kafkas
from lab.services.kafka import VARIABLE, Kafka, kafka

pytestmark = [pytest.mark.service, pytest.mark.timeout(500)]


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Kafka]:
    """One for all tests that leave it up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with kafka() as found:
            yield found


def _create(bootstrap: str, topic: str, brokers: list[list[int]] | None = None) -> None:
    """A topic of one partition, kept by these brokers."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(topic, 1, replica_assignment=brokers or [[1]])])
    made[topic].result(30)


def _send(bootstrap: str, topic: str, count: int) -> int:
    """How many of `count` messages were acknowledged."""
    done: list[bool] = []
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "message.timeout.ms": 60_000, "log_level": 0}
    )
    for number in range(count):
        producer.produce(topic, str(number).encode(), on_delivery=lambda error, _: done.append(error is None))
    producer.flush(90)
    return sum(done)


def _stored(bootstrap: str, topic: str, timeout_s: float = 30) -> int:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "count", "log_level": 0})
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=timeout_s)
        return high - low
    finally:
        consumer.close()


def test_messages_survive_a_killed_broker(cluster: Kafka) -> None:
    _create(cluster.bootstrap, "t")
    assert _send(cluster.bootstrap, "t", 1000) == 1000
    cluster.nodes[0].kill()
    with pytest.raises(KafkaException):
        _stored(cluster.bootstrap, "t", timeout_s=5)
    cluster.nodes[0].restart()
    assert _stored(cluster.bootstrap, "t") == 1000
    with hang(cluster.nodes[0]), pytest.raises(KafkaException):
        _stored(cluster.bootstrap, "t", timeout_s=5)
    assert _stored(cluster.bootstrap, "t") == 1000


@pytest.mark.drill
def test_three_brokers_go_on_when_one_is_killed_which_is_ready_again_once_its_partitions_are_led() -> None:
    with kafka(brokers=3, heap_mb=256) as cluster:
        _create(cluster.bootstrap, "t", [[1, 2, 3]])
        assert _send(cluster.bootstrap, "t", 100) == 100
        _create(cluster.bootstrap, "third", [[3]])
        assert _send(cluster.bootstrap, "third", 100) == 100
        cluster.nodes[2].kill()
        assert _send(cluster.bootstrap, "t", 100) == 100
        assert _stored(cluster.bootstrap, "t") == 200
        # Two brokers answer, and yet the cluster is not ready: nobody leads what only the third has.
        with pytest.raises(KafkaException):
            kafkas._serves(cluster.bootstrap, 3)
        cluster.nodes[2].restart()
        assert _stored(cluster.bootstrap, "third") == 100
        with hang(cluster.nodes[2]), pytest.raises(KafkaException):
            _stored(cluster.bootstrap, "third", timeout_s=5)
        assert _stored(cluster.bootstrap, "third") == 100


def test_kafkas_own_tools_are_at_hand_and_their_errors_are_told(cluster: Kafka) -> None:
    name = "org.apache.kafka.tools.TopicCommand"
    _create(cluster.bootstrap, "seen")
    assert "seen" in cluster.tool(name, "--bootstrap-server", cluster.bootstrap, "--list").stdout
    with pytest.raises(ServiceError, match="TopicCommand ended with status 1"):
        cluster.tool(name, "--bootstrap-server", cluster.bootstrap, "--describe", "--topic", "none")


def test_an_attached_cluster_is_used_but_not_hurt(cluster: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, cluster.bootstrap)
    with kafka() as attached:
        assert attached.bootstrap == cluster.bootstrap
        with pytest.raises(NotAvailableError, match=VARIABLE):
            attached.nodes[0].kill()


def test_an_attached_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "127.0.0.1:1")
    with pytest.raises(ServiceError, match=VARIABLE), kafka():
        pass


def test_four_brokers_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 3"), kafka(brokers=4):
        pass
