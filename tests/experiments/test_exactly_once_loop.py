"""The kit's loop on a real broker, from an empty folder; a run of one processor; a run that is killed half-way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer

from lab.experiments.exactly_once import EXACTLY_ONCE, KIT, Params, run
from lab.services.kafka import kafka
from lab.services.reaper import marked
from lab.services.topics import create_topics

pytestmark = pytest.mark.service
FOREIGN = [
    (b"key", b"value", [("trace", b"1"), ("trace", b"2"), ("empty", None)], 1_700_000_000_000),
    (None, b"", [], 1),
    (b"", "Zoë 😀".encode("utf-16"), [], 1_700_000_000_000),
    (b"gone", None, [], 1_700_000_000_000),  # a tombstone
    (b"\x00\xff", bytes(range(256)) * 1_000, [], 1_700_000_000_000),
]


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with kafka(heap_mb=256) as broker:
        create_topics(broker.bootstrap, {"mine": 2, "mine-out": 3, "narrow": 1})
        yield broker.bootstrap


def loop(folder: Path, bootstrap: str, source: str, target: str) -> subprocess.Popen[str]:
    shutil.copy(KIT / "loop.py", folder)
    given = [
        "--bootstrap",
        bootstrap,
        "--source",
        source,
        "--target",
        target,
        "--group",
        f"{source}-{target}",
    ]
    command = [sys.executable, "-P", "loop.py", *given]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)


def read(bootstrap: str, topic: str, count: int) -> list[Any]:
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": f"reader-{time.time()}",
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    found: list[Any] = []
    until = time.monotonic() + 120
    while len(found) < count and time.monotonic() < until:
        found += [one for one in consumer.consume(100, 0.2) if one.error() is None]
    consumer.close()
    return found


def test_the_loop_passes_on_whatever_there_is(bootstrap: str, tmp_path: Path) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for key, value, headers, at in FOREIGN:
        producer.produce("mine", value, key, partition=1, headers=headers, timestamp=at)
    producer.flush()
    with loop(tmp_path, bootstrap, "mine", "mine-out") as running:
        found = read(bootstrap, "mine-out", len(FOREIGN))
        running.terminate()
        assert running.wait(90) == 0, running.stderr and running.stderr.read()
    told = [(one.key(), one.value(), one.headers() or [], one.partition()) for one in found]
    assert told == [(key, value, headers, 1) for key, value, headers, _ in FOREIGN]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("mine", "narrow", "narrow has 1 partitions, mine 2"),
        ("mine", "mine", "would read what it writes"),
        ("mine", "nowhere", "there is no topic nowhere"),
    ],
)
def test_the_loop_refuses_topics_that_do_not_fit(
    bootstrap: str, tmp_path: Path, source: str, target: str, said: str
) -> None:
    with loop(tmp_path, bootstrap, source, target) as running:
        assert running.wait(90) == 1
        assert running.stderr and said in running.stderr.read()


# Two seconds of load are left when the fault comes, so that a slow machine meets the processor at work, too.
LITTLE = Params(messages=8_000, rate=2_000, rounds=1, faults=("zombie",), sizes=(10, 20, 50))


def test_one_processor_by_itself_is_run_under_the_schedule() -> None:
    result = run(LITTLE, EXACTLY_ONCE)
    observed = {
        name: (one.value, one.detail) for name, one in result.observed.items() if name != "load_reached"
    }
    assert {name: value for name, (value, _) in observed.items() if value} == {}, observed
    assert {"loop_exact", "zombie_fenced", "aborted_invisible"} <= set(observed)
    assert result.observed["aborted_invisible"].conclusive


def test_a_run_that_is_killed_half_way_leaves_nothing(tmp_path: Path) -> None:
    script = "from lab.experiments.exactly_once import *; run(Params(messages=50_000, rounds=2, faults=['zombie']))"
    mark = f"killed-{os.getpid()}-{time.time()}"
    environment = os.environ | {"LAB_OWNER": mark, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=tmp_path) as running:
        until = time.monotonic() + 180
        while not list(tmp_path.glob("lab-run-*/once-*/*.log")) and time.monotonic() < until:
            time.sleep(0.1)
        assert len(marked(mark)) > 3
        time.sleep(1.5)
        running.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while (marked(mark) or list(tmp_path.glob("lab-run-*"))) and time.monotonic() < until:
        time.sleep(0.1)
    assert marked(mark) == []
    assert list(tmp_path.glob("lab-run-*")) == []
