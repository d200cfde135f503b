"""The watch outlives what its surroundings do: on a program in the place of tofu that says what it is told to say."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.experiments.infra_drift import KIT
from lab.experiments.infra_drift.kit.driftwatch import tickets
from lab.experiments.infra_drift.kit.driftwatch.plan import LockedError, PartialError, TofuError, detect
from lab.experiments.infra_drift.kit.driftwatch.watch import Watch
from lab.experiments.infra_drift.measure.stack import alone, in_environment

PROGRAM = """#!/bin/sh
case "$*" in
*" plan "*)
    for each in "$@"; do case "$each" in -out=*) test -e keep_nothing || : > "${each#-out=}";; esac; done
    cat said; exit $(cat status);;
*" show "*) cat shown;;
esac
"""
GRANT = {"address": "grant.a", "change": {"before": {"x": 1}, "after": {"x": 2}, "actions": ["update"]}}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what the program says: drift, its status, its message, whether a plan stays behind."""
    program = tmp_path / "tofu"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("TOFU", str(program))
    monkeypatch.chdir(tmp_path)

    def tell(
        *drifts: dict[str, Any], status: int = 0, said: str = "", plan: bool = True, **more: Any
    ) -> None:
        line = json.dumps({"@level": "error", "@message": said}) if said else ""
        (tmp_path / "said").write_text(line)
        (tmp_path / "status").write_text(str(status))
        (tmp_path / "shown").write_text(json.dumps({"resource_drift": drifts, "errored": status > 0} | more))
        (tmp_path / "keep_nothing").unlink(missing_ok=True)
        if not plan:
            (tmp_path / "keep_nothing").touch()

    return tell


def looked(capsys: pytest.CaptureFixture[str], tmp_path: Path, **more: Any) -> list[dict[str, Any]]:
    """The events of one look."""
    Watch(tmp_path, {}, tmp_path / "tickets", **more).once(0)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


@pytest.mark.parametrize(
    "error", [KeyError("AWS_ACCESS_KEY_ID"), RuntimeError("403"), OSError("refused"), ValueError("<xml")]
)
def test_an_inventory_that_fails_hides_no_drift_of_what_is_managed(
    world: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path, error: Exception
) -> None:
    def fails() -> list[tuple[str, str, str]]:
        raise error

    world(GRANT)
    events = looked(capsys, tmp_path, inventory=fails)
    assert kinds(events) == ["look", "error", "ticket"]
    assert type(error).__name__ in events[1]["text"]
    with pytest.raises(PartialError, match="inventory"):
        detect(tmp_path, fails)


def test_a_plan_that_fails_half_way_is_told_as_far_as_it_came_and_closes_no_ticket(
    world: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world(GRANT)
    (ticket,) = [event for event in looked(capsys, tmp_path) if event["event"] == "ticket"]
    world(status=1, said="one object can't be read")
    events = looked(capsys, tmp_path)
    assert kinds(events) == ["look", "error"] and "can't be read" in events[1]["text"]
    assert (tmp_path / "tickets" / f"{ticket['ticket']}.json").exists()
    world()
    assert kinds(looked(capsys, tmp_path)) == ["look", "closed"]


@pytest.mark.parametrize(
    ("said", "kind"), [("Error acquiring the state lock", LockedError), ("no such provider", TofuError)]
)
def test_a_plan_that_leaves_nothing_behind_is_an_error_alone(
    world: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path, said: str, kind: type
) -> None:
    world(GRANT, status=1, said=said, plan=False)
    assert kinds(looked(capsys, tmp_path)) == ["error"]
    with pytest.raises(TofuError, match=said) as raised:
        detect(tmp_path)
    assert type(raised.value) is kind


def test_what_the_plan_would_do_where_nothing_drifted_is_pending(
    world: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    changes = [{"address": name, "change": {"actions": ["update"]}} for name in ("grant.a", "grant.b")]
    world(GRANT, resource_changes=changes[1:])
    assert looked(capsys, tmp_path)[0]["pending"] == {"grant.b": "update"}


@contextmanager
def receiver(answer: bytes) -> Iterator[str]:
    """Something that answers each request by these bytes and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"])
def test_a_ticket_is_told_until_a_receiver_that_talks_nonsense_has_taken_it(
    world: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path, answer: bytes
) -> None:
    world(GRANT)
    for _ in range(2):
        with receiver(answer) as url:
            assert kinds(looked(capsys, tmp_path, webhook=url)) == ["look", "ticket"]
    with receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as url:
        assert kinds(looked(capsys, tmp_path, webhook=url)) == ["look", "ticket"]
        assert kinds(looked(capsys, tmp_path, webhook=url)) == ["look"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--webhook", "not an address"], "unknown url type"),
        (["--tickets", "others"], "has the tickets of /somewhere/else"),
        (["--inventory", "nowhere"], "invalid choice"),
    ],
)
def test_a_watch_that_cant_do_its_work_says_so_before_its_first_look(
    tmp_path: Path, options: list[str], said: str
) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "watched").write_text("/somewhere/else")
    policy = ["--policy", str(KIT / "policy.json"), "--every", "0"]
    command = [sys.executable, "-m", "driftwatch", str(tmp_path), *policy, *options]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(KIT), "TOFU": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode and said in done.stderr and not done.stdout
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / tickets.__name__.rpartition(".")[2]).glob("*.json"))


def test_what_a_shell_says_of_other_servers_and_states_reaches_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = {
        "PGSERVICE": "prod",
        "PGHOSTADDR": "192.0.2.1",
        "TF_WORKSPACE": "prod",
        "AWS_SESSION_TOKEN": "x",
    }
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(KeyError, match="PGHOST"), alone(), in_environment({"PGHOST": "127.0.0.1"}):
        assert not others.keys() & os.environ.keys() and os.environ["PGHOST"] == "127.0.0.1"
        raise KeyError("PGHOST")
    assert others.items() <= os.environ.items() and "PGHOST" not in os.environ
