"""The executor: start, wait for a real answer, hurt, mend, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lab.errors import ServiceError
from lab.faults.process import hang, outage
from lab.services.ports import free_ports, occupied
from lab.services.process import Process, running
from living import lives

pytestmark = pytest.mark.service


def _server(folder: Path, **changes) -> Process:
    (port,) = free_ports(1)
    options = {
        "name": "web server",
        "command": [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        "ready": lambda: _get(port),
        "log": folder / "server.log",
        "ports": [port],
        "timeout_s": 60,
        "cwd": folder,
        "hint": "Install a web server.",
    }
    return Process(**(options | changes))


def _get(port: int, timeout_s: float = 10) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=timeout_s) as answer:
        return answer.status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    with running(_server(tmp_path)) as process:
        yield process


def test_it_is_ready_when_it_answers(server: Process) -> None:
    assert _get(server.ports[0]) == 200


def test_killed_it_is_gone_and_restarted_it_is_back(server: Process) -> None:
    before = server.pid
    server.kill()
    assert not psutil.pid_exists(before)
    with pytest.raises(OSError, match="refused"):
        _get(server.ports[0])
    server.restart()
    assert _get(server.ports[0]) == 200
    assert server.pid != before


def test_paused_it_does_not_answer_and_resumed_it_does(server: Process) -> None:
    with hang(server), pytest.raises(TimeoutError):
        _get(server.ports[0], timeout_s=0.5)
    assert _get(server.ports[0]) == 200


def test_when_pause_returns_no_thread_can_run(tmp_path: Path) -> None:
    busy = "import threading; [threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start() for _ in range(20)]"
    with running(_server(tmp_path, command=[sys.executable, "-c", busy], ready=lambda: None)) as process:
        for _ in range(20):
            process.pause()
            stats = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/stat")]
            assert {stat.rpartition(")")[2].split()[0] for stat in stats} == {"T"}
            process.resume()


def test_an_outage_ends_with_the_block(server: Process) -> None:
    with outage(server), pytest.raises(ServiceError, match="not running"):
        server.pid  # noqa: B018
    assert _get(server.ports[0]) == 200


def test_what_it_printed_can_be_read(server: Process) -> None:
    _get(server.ports[0])
    assert '"GET / HTTP/1.1" 200' in server.logs()


def test_an_occupied_port_is_refused(tmp_path: Path) -> None:
    process = _server(tmp_path)
    with socket.create_server(("127.0.0.1", process.ports[0])):
        assert occupied(process.ports[0])
        with pytest.raises(ServiceError, match=f"port {process.ports[0]}, which is in use"):
            process.start()


def test_an_early_end_tells_status_last_lines_and_what_to_do(tmp_path: Path) -> None:
    program = "import sys; print('no such directory: /data'); sys.exit(3)"
    process = _server(tmp_path, command=[sys.executable, "-c", program])
    with pytest.raises(ServiceError, match="status 3") as caught:
        process.start()
    assert "no such directory: /data" in str(caught.value)
    assert "Install a web server." in str(caught.value)


def test_a_server_that_never_answers_times_out_and_is_killed(tmp_path: Path) -> None:
    program = "import time; print('thinking', flush=True); time.sleep(60)"
    process = _server(tmp_path, command=[sys.executable, "-c", program], timeout_s=4)
    with pytest.raises(ServiceError, match=r"not ready after 4 s(.|\n)*thinking"):
        process.start()
    with pytest.raises(ServiceError, match="not running"):
        process.pid  # noqa: B018


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"no program 'no-such-server'\. Install a web server\."):
        _server(tmp_path, command=["no-such-server"]).start()


CALLER = """
import signal, sys, time
import psutil
# A shell has its background jobs ignore the one, nohup the other; a child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pathlib import Path
sys.path.insert(0, {tests!r})
from lab.services.session import session
from lab.services.process import Process, running
from lab.services.workers import spawn
sleep = "import time; time.sleep(99)"
grandchild = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {{sleep!r}}]); {{sleep}}"
process = Process("sleeper", [sys.executable, "-c", grandchild], lambda: None, Path({folder!r}) / "log")
with running(process):
    worker = spawn(time.sleep, 99)
    own = []
    while len(own) < 3:  # sleeper, its child and worker; before it runs its own program, each has this one's command line
        time.sleep(0.05)
        own = [child for child in psutil.Process().children(recursive=True) if "reaper" not in " ".join(child.cmdline())]
    print(session().folder, *[child.pid for child in own], flush=True)
    time.sleep(99)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_outlives_its_caller(tmp_path: Path, number: signal.Signals) -> None:
    program = CALLER.format(tests=str(tmp_path), folder=str(tmp_path))
    caller = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    )
    assert caller.stdout
    folder, *numbers = caller.stdout.readline().split()
    children = [int(text) for text in numbers]
    assert len(children) >= 3
    os.kill(caller.pid, number)
    caller.wait(60)
    deadline = time.monotonic() + 60
    while (
        left := [pid for pid in children if lives(pid)] or Path(folder).exists()
    ) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
