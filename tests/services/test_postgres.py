"""PostgreSQL, started for real: the contract that every service keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services.postgres import VARIABLE, postgres, unprivileged

pytestmark = pytest.mark.service


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def _count(dsn: str, patience_s: int = 30) -> int:
    with psycopg.connect(dsn, connect_timeout=patience_s) as connection:
        row = connection.execute("SELECT count(*) FROM t").fetchone()
    assert row
    return row[0]


def _fill(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")


def test_committed_rows_survive_a_kill() -> None:
    with postgres() as db:
        _fill(db.dsn)
        db.node.kill()
        with pytest.raises(psycopg.OperationalError):
            _count(db.dsn)
        db.node.restart()
        assert _count(db.dsn) == 1000


def test_a_paused_server_does_not_answer() -> None:
    with postgres() as db:
        _fill(db.dsn)
        with hang(db.node), pytest.raises(psycopg.OperationalError):
            _count(db.dsn, patience_s=2)
        assert _count(db.dsn) == 1000


def test_settings_are_applied_and_only_loopback_is_open() -> None:
    with postgres({"work_mem": "1MB"}) as db, psycopg.connect(db.dsn) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("1MB",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_a_setting_that_does_not_exist_is_told_with_the_servers_own_words() -> None:
    with pytest.raises(ServiceError, match="no_such_setting"), postgres({"no_such_setting": "1"}):
        pass


def test_a_library_is_loaded_with_its_settings_and_missed_on_an_attached_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgres({"pg_stat_statements.max": "100"}, preload=["pg_stat_statements"]) as db:
        with psycopg.connect(db.dsn) as connection:
            assert connection.execute("SHOW pg_stat_statements.max").fetchone() == ("100",)
        monkeypatch.setenv(VARIABLE, db.dsn)
        with postgres(preload=["pg_stat_statements"]) as attached:
            assert attached.dsn == db.dsn
        with (
            pytest.raises(ServiceError, match=rf"not loaded pgaudit.*unset {VARIABLE}"),
            postgres(preload=["pgaudit"]),
        ):
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")
def test_a_folder_that_the_servers_user_cannot_enter_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "own").mkdir()
    with pytest.raises(ServiceError, match=r"can't enter /.*: set TMPDIR to"):
        unprivileged(tmp_path / "own")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (subprocess.CompletedProcess([], 127, "", "setpriv: setgroups failed"), "setgroups failed"),
        (FileNotFoundError("setpriv"), "no setpriv"),
    ],
)
def test_root_that_may_not_become_another_user_is_not_told_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, told: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(os, "geteuid", lambda: 0)  # whoever tests: no process of another user is started
    monkeypatch.setattr(shutil, "chown", lambda *_: None)
    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(ServiceError, match=told):
        unprivileged(tmp_path)


def test_two_at_once_do_not_meet() -> None:
    def own(number: int) -> int:
        with postgres() as db:
            _fill(db.dsn)
            return _count(db.dsn)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(own, range(2))) == [1000, 1000]


def test_an_attached_server_is_used_but_not_hurt(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres() as own:
        monkeypatch.setenv(VARIABLE, own.dsn)
        with postgres() as attached:
            _fill(attached.dsn)
            for hurt in (attached.node.kill, attached.node.pause, attached.node.restart):
                with pytest.raises(NotAvailableError, match=VARIABLE):
                    hurt()
        assert _count(own.dsn) == 1000


def test_an_attached_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ServiceError, match=VARIABLE), postgres():
        pass
