"""The compose backend: its file is valid, its command lines are right, and with an engine it does what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.faults.process import hang
from lab.services import compose, kafka, postgres

VALIDATOR = Path(sys.executable).with_name("docker-compose")


def test_the_file_is_valid() -> None:
    done = subprocess.run(
        [VALIDATOR, "-f", compose.FILE, "config", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", compose.PORTS)
def test_every_port_is_bound_to_loopback(name: str) -> None:
    assert f'"127.0.0.1:${{{name}:-' in compose.FILE.read_text()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the engine that writes down how it was called."""
    log = tmp_path / "calls"
    program = tmp_path / "compose"
    program.write_text(f'#!/bin/sh\necho "$@ PORT=$POSTGRES_PORT" >> {log}\n')
    program.chmod(0o755)
    monkeypatch.setenv("LAB_COMPOSE", f"{program} --option")
    return log


def test_faults_go_through_the_engine(engine: Path) -> None:
    with compose.up({"postgres": lambda ports: None}, {"KAFKA_HEAP_MB": "1"}) as project:
        node = project.nodes["postgres"]
        with hang(node):
            pass
        node.kill()
        node.restart()
        node.logs(7)
    head = f"--option -p {project.name} -f {compose.FILE} "
    port = project.ports["POSTGRES_PORT"]
    calls = [
        line.removeprefix(head).removesuffix(f" PORT={port}") for line in engine.read_text().splitlines()
    ]
    assert calls == [
        "up --detach --no-build postgres",
        "pause postgres",
        "unpause postgres",
        "kill postgres",
        "stop postgres",
        "start postgres",
        "logs --tail 7 postgres",
        "down --volumes --timeout 0",
    ]


def test_two_projects_do_not_meet(engine: Path) -> None:
    services = {"postgres": lambda ports: None}
    with compose.up(services) as one, compose.up(services) as other:
        assert one.name != other.name
        assert not set(one.ports.values()) & set(other.ports.values())


def test_a_service_that_does_not_answer_is_told_with_its_log(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(ports: compose.Ports) -> None:
        raise ConnectionRefusedError(f"port {ports['POSTGRES_PORT']} refuses")

    monkeypatch.setattr(compose, "_READY_S", 0.3)
    with (
        pytest.raises(ServiceError, match=r"postgres: not ready after 0.3 s \(port \d+ refuses\)"),
        compose.up({"postgres": refuse}),
    ):
        pass
    assert engine.read_text().splitlines()[-1].split(" PORT")[0].endswith("down --volumes --timeout 0")


def _has_engine() -> bool:
    if "LAB_COMPOSE" in os.environ:
        return True
    docker = shutil.which("docker")
    return (
        docker is not None
        and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )


needs_engine = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not _has_engine(), reason="no container engine; where there is one: env/containers build, then test"
    ),
]


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    monkeypatch.delenv(kafka.VARIABLE, raising=False)
    monkeypatch.setenv("LAB_SERVICES", "compose")


class TestOnAnEngine:
    """The contract of the local backend, kept by containers."""

    pytestmark = needs_engine

    def test_committed_rows_survive_a_kill(self, containers: None) -> None:
        with postgres.postgres({"work_mem": "1MB"}) as db:
            with psycopg.connect(db.dsn) as connection:
                assert connection.execute("SHOW work_mem").fetchone() == ("1MB",)
                connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
            db.node.kill()
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(db.dsn, connect_timeout=2)
            db.node.restart()
            with hang(db.node), pytest.raises(psycopg.OperationalError):
                psycopg.connect(db.dsn, connect_timeout=2)
            with psycopg.connect(db.dsn) as connection:
                assert connection.execute("SELECT count(*) FROM t").fetchone() == (1000,)

    def test_a_killed_broker_comes_back(self, containers: None) -> None:
        with kafka.kafka() as cluster:
            cluster.nodes[0].kill()
            with pytest.raises(KafkaException):
                _topics(cluster.bootstrap)
            cluster.nodes[0].restart()
            assert isinstance(_topics(cluster.bootstrap), dict)

    def test_three_brokers_form_a_cluster(self, containers: None) -> None:
        with kafka.kafka(brokers=3, heap_mb=256) as cluster:
            admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
            admin.create_topics([NewTopic("t", 1, 3)])["t"].result(30)
            assert len(_topics(cluster.bootstrap)["t"].partitions[0].isrs) == 3


def _topics(bootstrap: str) -> dict[str, Any]:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=5).topics
