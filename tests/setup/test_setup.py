"""Set-up trusts nothing that it has not verified to the end."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest

from lab.errors import ParameterError, SetupError
from lab.setup import debian, needs, staged


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path / "tools"))
    return tmp_path / "tools"


@pytest.fixture
def checksums(tmp_path: Path) -> Path:
    path = tmp_path / "thing.sha256"
    path.write_text(f"{hashlib.sha256(b'good').hexdigest()}  a.jar\n")
    return path


def _install(checksums: Path, content: bytes, calls: list[str]) -> None:
    def fetch(folder: Path) -> None:
        calls.append("fetch")
        (folder / "a.jar").write_bytes(content)

    staged.install("thing", "thing", checksums, fetch, staged.matches(checksums))


def test_what_was_verified_is_not_fetched_again(tools: Path, checksums: Path) -> None:
    calls: list[str] = []
    for _ in range(2):
        _install(checksums, b"good", calls)
    assert calls == ["fetch"]
    assert (tools / "thing" / "a.jar").read_bytes() == b"good"


def test_a_wrong_checksum_installs_nothing(tools: Path, checksums: Path) -> None:
    with pytest.raises(SetupError, match=r"checksum differs.*a\.jar"):
        _install(checksums, b"bad", [])
    assert list(tools.iterdir()) == []


def test_a_wrong_download_leaves_the_old_one_alone(tools: Path, checksums: Path) -> None:
    _install(checksums, b"good", [])
    checksums.write_text(f"{hashlib.sha256(b'better').hexdigest()}  a.jar\n")
    with pytest.raises(SetupError):
        _install(checksums, b"bad", [])
    assert (tools / "thing" / "a.jar").read_bytes() == b"good"


def test_a_missing_file_is_told(tools: Path, checksums: Path) -> None:
    def fetch(folder: Path) -> None:
        (folder / "b.jar").write_bytes(b"good")

    with pytest.raises(SetupError, match=r"missing \['a\.jar'\], unexpected \['b\.jar'\]"):
        staged.install("thing", "thing", checksums, fetch, staged.matches(checksums))


def test_a_full_disk_is_a_sentence(tools: Path, checksums: Path) -> None:
    def fetch(folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder))

    with pytest.raises(SetupError, match="No space left"):
        staged.install("thing", "thing", checksums, fetch, staged.matches(checksums))
    assert list(tools.iterdir()) == []


def test_an_unprivileged_user_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        debian.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    with pytest.raises(SetupError, match="sudo apt-get install -y maven"):
        debian.maven()


def test_an_experiment_fetches_only_its_own_needs() -> None:
    assert needs.of(["kafka_lag"]) == ["kafka"]
    with pytest.raises(ParameterError, match="no experiment 'nope'"):
        needs.of(["nope"])


def test_needs_are_met_side_by_side_and_one_that_fails_stops_those_that_were_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together, met = threading.Barrier(needs.AT_ONCE, timeout=10), []

    def fail() -> None:
        together.wait()
        raise SetupError("no network")

    def last() -> None:
        met.append("begun")
        time.sleep(0.2)

    steps = {"fails": fail, **{f"beside {i}": together.wait for i in range(1, needs.AT_ONCE)}}
    steps |= {f"later {i}": last for i in range(20)}
    monkeypatch.setattr(needs, "NEEDS", {name: needs.Need(name, "", (step,)) for name, step in steps.items()})
    with pytest.raises(SetupError, match="no network"):
        needs.meet(steps)
    assert len(met) < 20
    with pytest.raises(SetupError, match="unknown need 'nope'"):
        needs.meet(["nope"])


def test_pgaudit_is_asked_for_by_the_version_that_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    versions = [Path("/usr/lib/postgresql") / name for name in ("9", "16", "15")]
    with monkeypatch.context() as patch:
        patch.setattr(debian.Path, "glob", lambda self, pattern: versions)
        patch.setattr(debian, "package", lambda name, *_: asked.append(name))
        debian.pgaudit()
    assert asked == ["postgresql-16-pgaudit"]


def test_a_java_that_is_too_old_for_kafka_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name, **_: f"/usr/bin/{name}")  # `java` is on the PATH
    monkeypatch.setattr(debian, "find", lambda lowest, highest: None)
    with pytest.raises(SetupError, match=r"Java between 17 and 25 .* sudo apt-get install -y openjdk-17"):
        debian.java()
