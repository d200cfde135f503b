"""Archives become their content, whole or not at all."""

from __future__ import annotations

import hashlib
import tarfile
from functools import partial
from pathlib import Path

import pytest

from lab.errors import SetupError
from lab.setup import archives, staged


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """server-1/ with three plugins; a file of the second is a hard link to one of the first."""
    top = tmp_path / "source" / "server-1"
    for name in ("one", "two", "three"):
        (top / "plugin" / name).mkdir(parents=True)
    (top / "plugin" / "one" / "a.jar").write_bytes(b"shared")
    (top / "plugin" / "two" / "a.jar").hardlink_to(top / "plugin" / "one" / "a.jar")
    path = tmp_path / "server-1.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.add(top, "server-1")
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path / "tools"))
    return tmp_path / "tools"


def _install(archive: Path, digest: str, plugins: set[str]) -> None:
    pin = archive.with_name("server.sha256")
    pin.write_text(f"{digest}  {archive.name}\n")

    def fetch(folder: Path) -> None:
        (folder / archive.name).write_bytes(archive.read_bytes())

    arrange = archives.unpack_with(plugins)
    staged.install("server", "server", pin, fetch, staged.matches(pin), arrange)


def _digest(archive: Path) -> str:
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def test_only_what_is_wanted_stays_and_links_keep_their_content(archive: Path, tools: Path) -> None:
    _install(archive, _digest(archive), {"two", "three"})
    found = tools / "server" / "server-1" / "plugin"
    assert {path.name for path in found.iterdir()} == {"two", "three"}
    assert (found / "two" / "a.jar").read_bytes() == b"shared"
    assert not (tools / "server" / archive.name).exists()


def test_what_is_not_the_pinned_archive_is_not_unpacked(archive: Path, tools: Path) -> None:
    with pytest.raises(SetupError, match="checksum differs"):
        _install(archive, "0" * 64, {"two"})
    assert list(tools.iterdir()) == []


def test_a_plugin_that_is_missing_is_told_and_nothing_is_installed(archive: Path, tools: Path) -> None:
    with pytest.raises(SetupError, match="no plugin four"):
        _install(archive, _digest(archive), {"two", "four"})
    assert list(tools.iterdir()) == []


def test_a_broken_archive_is_told(archive: Path, tools: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:50])
    with pytest.raises(SetupError, match=r"unpacking server-1\.tar\.gz ended with status"):
        _install(archive, _digest(archive), {"two"})
    assert list(tools.iterdir()) == []


def test_a_second_time_nothing_is_done(archive: Path, tools: Path, capfd: pytest.CaptureFixture[str]) -> None:
    again = partial(_install, archive, _digest(archive), {"two"})
    again()
    assert "server: done" in capfd.readouterr().err
    again()
    assert capfd.readouterr().err == ""
