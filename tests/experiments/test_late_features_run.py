"""The kit's job from a folder elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
import time
import zipfile
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from lab import paths
from lab.experiments.late_features import KIT
from lab.services import sparkjvm
from lab.services.commands import run as command
from lab.services.kafka import kafka

pytestmark = [pytest.mark.service, pytest.mark.drill, pytest.mark.timeout(600)]
PATIENCE_S = 120


def _topics(bootstrap: str, *names: str) -> None:
    for made in (
        AdminClient({"bootstrap.servers": bootstrap}).create_topics([NewTopic(n, 1) for n in names]).values()
    ):
        made.result(timeout=30)


def _read(bootstrap: str, topic: str, count: int) -> list[tuple[str, str]]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found, deadline = [], time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < deadline:
        found += [message for message in consumer.consume(count - len(found), 1) if not message.error()]
    consumer.close()
    return [((message.key() or b"").decode(), (message.value() or b"").decode()) for message in found]


def test_the_kits_job_runs_from_a_folder_elsewhere(tmp_path: Path) -> None:
    shutil.copytree(KIT / "late", tmp_path / "late", ignore=shutil.ignore_patterns("__pycache__"))
    with zipfile.ZipFile(tmp_path / "late.zip", "w") as archive:
        for path in (tmp_path / "late").glob("*.py"):
            archive.write(path, f"late/{path.name}")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    event = {"event_time": now, "carrier": "UA", "origin": "EWR", "delay": 12}
    with kafka(heap_mb=256) as broker:
        _topics(broker.bootstrap, "flights", "flights-features", "flights-refused")
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for body in (json.dumps(event), json.dumps(event | {"delay": 8}), "no json"):
            producer.produce("flights", body.encode())
        assert producer.flush(PATIENCE_S) == 0
        jars = ",".join(str(path) for path in sorted((paths.tools() / "spark").glob("*.jar")))
        submit = [
            str(sparkjvm.spark_home() / "bin" / "spark-submit"),
            "--master",
            "local[2]",
            "--conf",
            "spark.ui.enabled=false",
            "--jars",
            jars,
        ]
        submit += ["--py-files", str(tmp_path / "late.zip"), str(tmp_path / "late" / "job.py")]
        submit += [
            "--bootstrap",
            broker.bootstrap,
            "--topic",
            "flights",
            "--checkpoint",
            str(tmp_path / "checkpoint"),
        ]
        submit += ["--key", "carrier", "origin", "--value", "delay", "--once"]
        environment = sparkjvm.environment() | {"PYSPARK_PYTHON": sys.executable}
        command(submit, "the kit's job", 240, environment)
        ((_, value),) = _read(broker.bootstrap, "flights-features", 1)
        assert (json.loads(value)["events"], json.loads(value)["total"]) == (2, 20.0)
        assert _read(broker.bootstrap, "flights-refused", 1) == [("", "no json")]
