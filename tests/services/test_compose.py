"""The compose backend: its file is valid, its command lines are right, and with an engine it does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
import yaml
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.faults.process import hang
from lab.services import compose, kafka, postgres
from lab.setup import needs

VALIDATOR = Path(sys.executable).with_name("docker-compose")


def test_the_file_is_valid() -> None:
    done = subprocess.run(
        [VALIDATOR, "-f", compose.FILE, "config", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _services() -> dict[str, Any]:
    return yaml.safe_load(compose.FILE.read_text())["services"]


@pytest.mark.parametrize("name", _services())
def test_every_service_has_one_address_inside_and_outside(name: str) -> None:
    # On which address it listens is its own affair then: test_contract looks at that.
    assert _services()[name]["network_mode"] == "host"
    assert "ports" not in _services()[name]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["/"], 0), ([], 0), (["/no-such-page"], 1)],
    ids=["answers", "listens", "refuses"],
)
def test_the_health_check_of_the_images(tmp_path: Path, arguments: list[str], status: int) -> None:
    script = compose.FILE.parent / "images" / "answers.sh"
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_port)
        assert subprocess.run([script, port, *arguments], check=False).returncode == status
        server.shutdown()
    assert subprocess.run([script, port], capture_output=True, check=False).returncode == 1


def test_the_image_keeps_the_plugins_that_set_up_keeps() -> None:
    kept = re.search(r"&& mv (.+?) \.\./kept", (compose.FILE.parent / "Dockerfile").read_text())
    assert kept
    assert tuple(kept[1].split()) == needs.TRINO_PLUGINS


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
    with compose.one("postgres", lambda: None, {"POSTGRES_PORT": 4711}) as node:
        with hang(node):
            pass
        node.kill()
        node.restart()
        node.logs(7)
    head = f"--option -p {node.project.name} -f {compose.FILE} "
    calls = [line.removeprefix(head).removesuffix(" PORT=4711") for line in engine.read_text().splitlines()]
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
    with compose.one("postgres", lambda: None, {}) as one, compose.one("postgres", lambda: None, {}) as other:
        assert one.project.name != other.project.name


def test_a_service_that_does_not_answer_is_told_with_its_log(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError("port 4711 refuses")

    monkeypatch.setattr(compose, "_READY_S", 0.3)
    with (
        pytest.raises(ServiceError, match=r"postgres: not ready after 0.3 s \(port 4711 refuses\)"),
        compose.one("postgres", refuse, {}),
    ):
        pass
    assert engine.read_text().splitlines()[-1].split(" PORT")[0].endswith("down --volumes --timeout 0")


def test_a_copy_of_a_containers_files_has_what_its_tar_gives_and_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in runs outside what it is to run inside."""
    program, inside, copies = (
        tmp_path / "compose",
        tmp_path / "data",
        [tmp_path / "copy-1", tmp_path / "copy-2"],
    )
    inside.mkdir()
    (inside / "1").write_bytes(b"\0rows")
    program.write_text(
        "#!/bin/sh\n"
        "said() { printf 'started\\377\\n' >&2; exit 0; }\n"
        'while [ "$1" != exec ]; do [ "$1" = logs ] && said; [ $# -gt 1 ] || exit 0; shift; done\n'
        'shift 3\nexec "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("LAB_COMPOSE", str(program))
    with compose.one("postgres", lambda: None, {}) as node:
        for number, folder in enumerate(copies, 1):
            node.copy(str(inside), folder)
            assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
                str(number): b"\0rows",
                "server.log": b"started\xff\n",
            }
            (inside / str(number)).rename(inside / str(number + 1))
        with pytest.raises(ServiceError, match=r"files of postgres could not be copied \(.*gone"):
            node.copy(str(tmp_path / "gone"), tmp_path / "copy-3")


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    monkeypatch.delenv(kafka.VARIABLE, raising=False)
    monkeypatch.setenv("LAB_SERVICES", "compose")


class TestOnAnEngine:
    """The contract of the local backend, kept by containers."""

    pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]  # noqa: RUF012

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

    def test_a_setting_that_is_asked_for_goes_before_the_images_own(self, containers: None) -> None:
        with postgres.postgres({"max_connections": "70"}) as db, psycopg.connect(db.dsn) as connection:
            assert connection.execute("SHOW max_connections").fetchone() == ("70",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)

    def test_a_servers_files_can_be_searched(self, containers: None, tmp_path: Path) -> None:
        with postgres.postgres() as db:
            with psycopg.connect(db.dsn, autocommit=True) as connection:
                connection.execute("CREATE TABLE t AS SELECT 'needle-' || 4711 AS n")
                connection.execute("CHECKPOINT")
            assert isinstance(db.node, compose.Service)
            db.node.copy("/data", tmp_path / "copy")
        assert [path for path in (tmp_path / "copy").rglob("base/*/*") if b"needle-4711" in path.read_bytes()]
        assert "ready to accept connections" in (tmp_path / "copy" / "server.log").read_text()

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
