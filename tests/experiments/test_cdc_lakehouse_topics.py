"""The sink's reading of Kafka: exactly the committed records of a range, whatever lies at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from lab.experiments.cdc_lakehouse.kit.sink.position import Position
from lab.experiments.cdc_lakehouse.kit.sink.source import Table
from lab.experiments.cdc_lakehouse.kit.sink.topics import Places, RetentionError, Topics
from lab.services.kafka import kafka

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
TABLE = Table("n", "t", {}, ("id",))


@pytest.fixture(scope="module")
def topics() -> Iterator[Topics]:
    with kafka(heap_mb=256) as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        made = admin.create_topics([NewTopic("p.n.t", 2, 1), NewTopic("p.transaction", 1, 1)])
        for one in made.values():
            one.result()
        yield Topics(broker.bootstrap, "p", [TABLE], {"n.t": 2})


def change(key: int, xid: int) -> dict[str, bytes]:
    source = {"lsn": 10 * xid, "txId": xid, "snapshot": "false", "schema": "n", "table": "t"}
    event = {"op": "c", "after": {"id": key}, "source": source, "transaction": {"total_order": 1}}
    return {"key": json.dumps({"id": key}).encode(), "value": json.dumps(event).encode()}


def end(xid: int, count: int) -> bytes:
    counts = [{"data_collection": "n.t", "event_count": count}]
    told = {"status": "END", "id": f"{xid}:{10 * xid}", "event_count": count, "data_collections": counts}
    return json.dumps(told).encode()


def produce(bootstrap: str, name: str, xids: list[int], commit: bool = True) -> None:
    """A transaction of Kafka with one change in each partition for each of `xids`."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name})
    producer.init_transactions(30)
    producer.begin_transaction()
    for xid in xids:
        for partition in (0, 1):
            producer.produce("p.n.t", partition=partition, **change(2 * xid + partition, xid))
        producer.produce("p.transaction", end(xid, 2), partition=0)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


def ends_after(topics: Topics, here: Places, transactions: int) -> Places:
    """The ends as soon as so many can be read: Kafka marks a transaction as committed after it has said so."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        ends = topics.ends()
        found = topics.read(here, ends)["n.t"]
        if (len(found.ends), len(found.changes)) == (transactions, 2 * transactions):
            return ends
    raise AssertionError(f"{len(found.ends)} ENDs and {len(found.changes)} changes can be read")


def test_a_range_holds_its_committed_records_and_no_others(topics: Topics) -> None:
    """Its end may be a mark of a transaction, which is no record; aborted records lie within it."""
    here = {"n.t": topics.beginning(TABLE)}
    assert topics.read(here, topics.ends())["n.t"].changes == {}
    for turn, (xids, commit) in enumerate([([1, 2], True), ([9], False), ([3], True)]):
        produce(topics.bootstrap, f"producer-{turn}", xids, commit)
    ends = ends_after(topics, here, 3)
    produce(topics.bootstrap, "later", [4])
    found = topics.read(here, ends)["n.t"]
    assert sorted(one.row for one in found.changes.values()) == [(2,), (3,), (4,), (5,), (6,), (7,)]
    assert [one.xid for one in found.ends.values()] == [1, 2, 3]
    more = topics.read(ends, ends_after(topics, ends, 1))["n.t"]
    assert sorted(one.row for one in more.changes.values()) == [(8,), (9,)]


def test_reading_what_is_there_does_not_wait(topics: Topics) -> None:
    here, ends = {"n.t": topics.beginning(TABLE)}, topics.ends()
    began = time.monotonic()
    for _ in range(5):
        topics.read(here, ends)
    assert time.monotonic() - began < 5


def test_an_open_transaction_is_not_read(topics: Topics) -> None:
    before = topics.ends()
    producer = Producer({"bootstrap.servers": topics.bootstrap, "transactional.id": "open"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("p.n.t", partition=0, **change(99, 50))
    producer.flush(30)
    try:
        assert topics.ends() == before
    finally:
        producer.abort_transaction(30)


def test_records_that_kafka_has_deleted_are_refused_and_not_passed_over(topics: Topics) -> None:
    from confluent_kafka import TopicPartition

    produce(topics.bootstrap, "last", [60, 61])
    admin = AdminClient({"bootstrap.servers": topics.bootstrap})
    for one in admin.delete_records([TopicPartition("p.n.t", 0, 2)]).values():
        one.result()
    with pytest.raises(RetentionError, match=r"p\.n\.t, partition 0, begins at offset 2"):
        topics.read({"n.t": Position({0: 0, 1: 0}, 0)}, topics.ends())


def test_a_topic_that_ends_before_what_was_read_is_another_and_is_refused(topics: Topics) -> None:
    """One that was deleted and made anew: to wait until it is as long as the old one would pass over its records."""
    ends = topics.ends()
    here = ends["n.t"]
    for beyond in (
        Position(here.changes | {1: 10_000}, here.transactions),
        Position(here.changes, 10_000),
    ):
        with pytest.raises(RetentionError, match=r"was read up to 10000 before"):
            topics.read({"n.t": beyond}, ends)
