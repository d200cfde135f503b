"""What a reader takes home: policies on any state, and the replay on a topic of one's own, from an empty folder."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.backlog_replay import POLICIES, State, aimd, fixed, mechanism, ramp, replay, unthrottled
from lab.services.kafka import Kafka, kafka
from lab.services.postgres import Postgres, postgres
from lab.services.waiting import until

numbers = st.floats(0, 1e9)
states = st.builds(
    State,
    elapsed_s=numbers,
    remaining=st.integers(0, 10**12),
    capacity=st.floats(1e-3, 1e9),
    live_rate=numbers,
    latency_s=st.one_of(st.just(math.nan), numbers),
    limit_s=st.one_of(st.just(math.inf), numbers),
    rate=numbers,
)


@settings(max_examples=100)
@given(states, st.sampled_from([fixed(), ramp(), aimd(), fixed(1.0), ramp(1.0, 0.5)]))
def test_no_policy_ever_asks_for_more_than_the_room_or_for_less_than_nothing(
    state: State, policy: mechanism.Policy
) -> None:
    allowed = policy(state)
    assert 0 <= allowed <= state.room


def test_ramp_opens_from_a_fifth_to_the_fixed_rate() -> None:
    policy = ramp(0.5, seconds=10)
    allowed = [policy(State(elapsed, 1, capacity=1_000, live_rate=100)) for elapsed in (0, 5, 10, 99)]
    assert allowed == pytest.approx([80, 240, 400, 400])
    assert fixed(0.5)(State(0, 1, 1_000, 100)) == 400


def test_aimd_grows_until_writes_are_slow_then_halves_and_never_stops() -> None:
    policy = aimd(add=0.1, cut=0.5)
    fast = State(1, 1, capacity=1_000, live_rate=0, latency_s=0.01, limit_s=0.04, rate=400)
    assert policy(fast) == 500
    slow = State(1, 1, capacity=1_000, live_rate=0, latency_s=0.05, limit_s=0.04, rate=400)
    assert policy(slow) == 200
    crawling = State(1, 1, capacity=1_000, live_rate=0, latency_s=9, limit_s=0.04, rate=1)
    assert policy(crawling) == 100


def test_no_room_means_no_replay() -> None:
    full = State(9, 1, capacity=100, live_rate=500)
    assert fixed()(full) == ramp()(full) == 0
    assert unthrottled(full) == math.inf


@pytest.mark.parametrize(
    "make",
    [
        lambda: fixed(0),
        lambda: fixed(1.1),
        lambda: ramp(0.5, 0),
        lambda: aimd(0),
        lambda: aimd(0.1, 1),
        lambda: fixed(math.nan),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="must be"):
        make()


@pytest.fixture(scope="module")
def broker() -> Iterator[Kafka]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        with kafka(heap_mb=256) as found:
            yield found


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        with postgres() as found:
            yield found


def _topic(broker: Kafka, name: str, counts: Sequence[int]) -> dict[str, object]:
    """A topic with that many messages in each partition; the settings of a consumer that reads it from the first on."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})  # gone, it would take its answers along
    admin.create_topics([NewTopic(name, len(counts), 1)])[name].result(30)
    ends = {TopicPartition(name, number): OffsetSpec.latest() for number in range(len(counts))}
    # For a moment after it was made nobody leads it; where nothing is sent, nothing would wait for that.
    until(lambda: [end.result() for end in admin.list_offsets(ends).values()], f"topic {name}")
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for partition, count in enumerate(counts):
        for number in range(count):
            producer.produce(name, json.dumps({"key": number % 7, "version": number}), partition=partition)
    assert producer.flush(30) == 0
    return {
        "bootstrap.servers": broker.bootstrap,
        "group.id": f"{name}-group",
        "auto.offset.reset": "earliest",
    }


class Absorbed:
    """A sink that remembers; batches of several threads."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[int, int]]] = []
        self._lock = threading.Lock()

    def __call__(self, messages: Sequence[Message]) -> None:
        with self._lock:
            self.batches.append([(message.partition() or 0, message.offset() or 0) for message in messages])

    @property
    def rows(self) -> list[tuple[int, int]]:
        return sorted(row for batch in self.batches for row in batch)


@pytest.mark.service
def test_uneven_and_empty_partitions_are_replayed_whole_in_batches_of_one_partition(broker: Kafka) -> None:
    settings, sink = _topic(broker, "uneven", [101, 0, 7]), Absorbed()
    told = replay(settings, "uneven", sink, unthrottled, capacity=1e6, live_rate=0, batch=10, connections=4)
    assert sink.rows == [(0, number) for number in range(101)] + [(2, number) for number in range(7)]
    assert told.rows == 108
    assert all(len({partition for partition, _ in batch}) == 1 for batch in sink.batches)
    assert all(len(batch) <= 10 for batch in sink.batches)


@pytest.mark.service
def test_a_second_replay_finds_nothing_and_an_empty_topic_ends_at_once(broker: Kafka) -> None:
    settings = _topic(broker, "twice", [30, 30])
    replay(settings, "twice", Absorbed(), unthrottled, capacity=1e6, live_rate=0)
    again = Absorbed()
    assert replay(settings, "twice", again, unthrottled, capacity=1e6, live_rate=0).rows == 0
    assert again.batches == []
    nothing = _topic(broker, "nothing", [0])
    assert replay(nothing, "nothing", again, unthrottled, capacity=1e6, live_rate=0).rows == 0


@pytest.mark.service
def test_a_topic_that_ends_with_a_transactions_marker_is_replayed_to_its_end(broker: Kafka) -> None:
    settings, sink = _topic(broker, "marked", [0]), Absorbed()
    producer = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": "marks"})
    producer.init_transactions(30)
    for end in (producer.commit_transaction, producer.abort_transaction, producer.commit_transaction):
        producer.begin_transaction()
        for _ in range(3):
            producer.produce("marked", "{}", partition=0)
        producer.flush(30)
        end(30)
    replay(settings, "marked", sink, unthrottled, capacity=1e6, live_rate=0, batch=2)
    assert sink.rows == [(0, offset) for offset in (0, 1, 2, 8, 9, 10)]  # 3 and 7 are markers, 4 to 6 aborted
    again = Absorbed()
    assert replay(settings, "marked", again, unthrottled, capacity=1e6, live_rate=0).rows == 0


@pytest.mark.service
def test_a_group_whose_consumers_are_running_is_refused_before_anything_is_written(broker: Kafka) -> None:
    settings, sink = _topic(broker, "taken", [20]), Absorbed()
    member = Consumer(settings)
    member.subscribe(["taken"])
    deadline = time.monotonic() + 90
    while not member.assignment() and time.monotonic() < deadline:
        member.poll(0.1)
    try:
        with pytest.raises(ValueError, match="a group of its own"):
            replay(settings, "taken", sink, unthrottled, capacity=1e6, live_rate=0)
    finally:
        member.close()
    assert sink.batches == []


@pytest.mark.service
def test_a_sink_that_fails_ends_the_replay_and_what_was_open_comes_again(broker: Kafka) -> None:
    settings, first = _topic(broker, "fails", [60]), Absorbed()

    def fails(messages: Sequence[Message]) -> None:
        if (messages[0].offset() or 0) >= 30:
            raise OSError("the disk is full")
        first(messages)

    with pytest.raises(OSError, match="the disk is full"):
        replay(settings, "fails", fails, unthrottled, capacity=1e6, live_rate=0, batch=10, connections=1)
    rest = Absorbed()
    replay(settings, "fails", rest, unthrottled, capacity=1e6, live_rate=0, batch=10)
    assert {*first.rows, *rest.rows} == {(0, number) for number in range(60)}
    assert {offset for _, offset in rest.rows} >= set(range(30, 60))


@pytest.mark.service
def test_the_rate_is_kept_and_a_sink_that_stalls_gets_no_burst_after_it(broker: Kafka) -> None:
    settings, at = _topic(broker, "paced", [300]), []

    def stalls(messages: Sequence[Message]) -> None:
        at.append(time.monotonic())
        if messages[0].offset() == 100:
            time.sleep(0.4)

    replay(settings, "paced", stalls, fixed(1.0), capacity=400, live_rate=0, batch=10, connections=1)
    assert at[-1] - at[0] >= 290 / 400 - 0.05
    after = [moment for moment in at if moment > at[10] + 0.39]
    # 4 are due in 100 ms, and what 20 ms owe; a burst would be the 16 that the stall owes.
    assert max(sum(begin <= moment < begin + 0.1 for moment in after) for begin in after) <= 8


@pytest.mark.service
def test_a_rate_that_rises_is_followed_at_once_and_one_of_nothing_ends_with_its_time(broker: Kafka) -> None:
    settings, sink = _topic(broker, "rises", [40]), Absorbed()
    begin = time.monotonic()
    replay(
        settings, "rises", sink, lambda state: 0.001 if state.elapsed_s < 0.3 else 1e4,
        capacity=1, live_rate=0, batch=10,
    )  # fmt: skip
    assert len(sink.rows) == 40
    assert time.monotonic() - begin < 30  # by the first rate ten rows were due after 10,000 s
    still = replay(
        _topic(broker, "still", [40]), "still", sink, lambda state: 0, capacity=1, live_rate=0, most_s=0.3
    )
    assert still.rows == 0


@pytest.mark.service
@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 0},
        {"connections": 0},
        {"capacity": 0.0},
        {"capacity": math.nan},
        {"live_rate": -1.0},
        {"live_rate": math.nan},
        {"live_rate": 1.0},
    ],
)
def test_numbers_that_make_no_sense_are_refused_before_anything_is_read(wrong: dict[str, float]) -> None:
    given = {"capacity": 1.0, "live_rate": 0.0, "batch": 1, "connections": 1} | wrong
    with pytest.raises(ValueError, match="capacity above"):
        replay({"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}, "t", Absorbed(), unthrottled, **given)  # type: ignore[arg-type]


@pytest.mark.service
def test_a_policy_that_answers_no_number_ends_the_replay_in_words(broker: Kafka) -> None:
    settings = _topic(broker, "no-number", [5])
    with pytest.raises(ValueError, match="a rate is a number"):
        replay(settings, "no-number", Absorbed(), lambda state: math.nan, capacity=1, live_rate=0)


@pytest.mark.service
def test_the_sink_keeps_the_newest_and_takes_a_message_once_in_whatever_batch(server: Postgres) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as sink:
        sink.execute(mechanism.SINK.read_text())
        sink.execute(mechanism.SINK.read_text())

        def absorb(offsets: list[int], keys: list[int], versions: list[int]) -> int:
            row = sink.execute(
                "SELECT backlog.absorb('odd ''arm''', 'live', 0, %s::bigint[], %s::bigint[], %s::bigint[])",
                (offsets, keys, versions),
            ).fetchone()
            assert row
            return int(row[0])

        assert absorb([0, 1, 2], [1, 1, 2], [9, 3, 4]) == 3
        assert absorb([0, 1, 2], [1, 1, 2], [9, 3, 4]) == 0
        # After a kill batches are cut anew: what is there already is told by its offset, and nothing else is left out.
        assert absorb([1, 2, 3, 5], [1, 2, 1, 2], [3, 4, 8, 2**62]) == 2
        assert absorb([2], [2], [4]) == 0
        assert absorb([], [], []) == 0
        with pytest.raises(psycopg.errors.RaiseException, match="as many"):
            absorb([9], [1, 2], [1, 2])
        held = sink.execute(
            "SELECT key, version FROM backlog.newest WHERE arm = 'odd ''arm''' ORDER BY key"
        ).fetchall()
    assert held == [(1, 9), (2, 2**62)]


@pytest.mark.service
def test_the_kit_works_from_an_empty_folder_by_its_readme(
    broker: Kafka, server: Postgres, tmp_path: Path
) -> None:
    shutil.copytree(mechanism.SINK.parent, tmp_path / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    _topic(broker, "orders", [90, 30])
    readme = (tmp_path / "kit" / "README.md").read_text()
    code = readme.split("```python\n")[1].split("```")[0]
    setting = f"DSN = {server.dsn!r}\nBROKERS = {broker.bootstrap!r}\n"
    fast = code.replace(
        '"group.id": "catch-up"', '"group.id": "catch-up", "auto.offset.reset": "earliest"'
    ).replace("seconds=300", "seconds=1")
    (tmp_path / "kit" / "mine.py").write_text(setting + fast)
    with psycopg.connect(server.dsn, autocommit=True) as sink:
        sink.execute((tmp_path / "kit" / "sink.sql").read_text())
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "mine.py"],
        cwd=tmp_path / "kit",
        env=environment | {"PYTHONPATH": "."},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with psycopg.connect(server.dsn) as sink:
        assert sink.execute("SELECT count(*) FROM backlog.arrivals WHERE arm = 'orders'").fetchone() == (120,)


def test_policies_are_known_by_name() -> None:
    assert set(POLICIES) == {"unthrottled", "fixed", "ramp", "aimd"}
