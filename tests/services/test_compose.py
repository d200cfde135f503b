"""The compose backend: its file is valid, its command lines are right, and with an engine it does what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from lab.services import compose
from lab.services.postgres import VARIABLE, postgres

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
    with compose.up(["postgres"], {"KAFKA_HEAP_MB": "1"}) as project:
        node = project.nodes["postgres"]
        with node.paused():
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
    with compose.up(["postgres"]) as one, compose.up(["postgres"]) as other:
        assert one.name != other.name
        assert not set(one.ports.values()) & set(other.ports.values())


def _has_engine() -> bool:
    if "LAB_COMPOSE" in os.environ:
        return True
    docker = shutil.which("docker")
    return (
        docker is not None
        and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.engine
@pytest.mark.skipif(
    not _has_engine(), reason="no container engine: `env/containers test` runs this where there is one"
)
def test_committed_rows_survive_a_kill_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("LAB_SERVICES", "compose")
    with postgres() as db:
        with psycopg.connect(db.dsn) as connection:
            connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
        db.node.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(db.dsn, connect_timeout=2)
        db.node.restart()
        with psycopg.connect(db.dsn) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (1000,)
