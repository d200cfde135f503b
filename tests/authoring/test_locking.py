"""`lab lock` on a folder of two small wheels: no network, the same uv."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from lab.authoring import locking
from lab.errors import SetupError


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pins; uv knows only the wheels beside it: small 1 and 2, and big, which needs small."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version, needs in (("small", "1", ""), ("small", "2", ""), ("big", "1", "small")):
        _wheel(wheels, name, version, needs)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "core.lock").write_text("small==1\n")
    return folder


def _wheel(folder: Path, name: str, version: str, needs: str) -> None:
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    inside = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{inside}/METADATA", about + (f"Requires-Dist: {needs}\n" if needs else ""))
        wheel.writestr(f"{inside}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{inside}/RECORD", "")


def _lock(pins: Path, text: str) -> str:
    (pins / "need.in").write_text(text)
    return locking.lock("need", pins).read_text()


def test_every_file_has_its_hash_and_no_address(pins: Path) -> None:
    made = _lock(pins, "big\n")
    wheel = pins.parent / "wheels" / "big-1-py3-none-any.whl"
    assert f"--hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}" in made
    assert "lab lock need" in made
    assert not [word for word in ("://", "index-url", "find-links", str(pins.parent)) if word in made]


def test_the_core_decides_where_the_environment_is_shared_and_not_where_it_is_its_own(pins: Path) -> None:
    assert "small==1 " in _lock(pins, "-c core.lock\nbig\n")
    (pins / "need.lock").unlink()
    assert "small==2 " in _lock(pins, "big\n")


def test_an_earlier_lock_keeps_its_versions(pins: Path) -> None:
    assert "small==1 " in _lock(pins, "-c core.lock\nbig\n")
    assert "small==1 " in _lock(pins, "big\n")


def test_a_data_wheel_brings_nothing_else(pins: Path) -> None:
    made = _lock(pins, "# lock with --no-deps: data\nbig\n")
    assert "big==1" in made
    assert "small" not in made


def test_versions_that_do_not_go_together_are_told(pins: Path) -> None:
    with pytest.raises(SetupError, match=r"small>1|small==1"):
        _lock(pins, "-c core.lock\nsmall>1\n")


def test_a_need_without_requirements_is_told(pins: Path) -> None:
    with pytest.raises(SetupError, match=r"nothing\.in\. Write it"):
        locking.lock("nothing", pins)


def test_a_missing_uv_is_told(pins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    with pytest.raises(SetupError, match="make setup"):
        _lock(pins, "big\n")
