"""A Java is known by what its own `release` file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import java


def _runtime(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch(mode=0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.mark.parametrize(
    ("version", "fits"), [("17.0.15", True), ("21", True), ("25.0.2", False), ("11.0.1", False)]
)
def test_only_versions_in_the_range_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
) -> None:
    own = _runtime(tmp_path / "jdk", version)
    monkeypatch.setattr(java, "_homes", lambda: iter([tmp_path / "none", own]))
    assert java.find(17, 21) == (own if fits else None)


def test_the_named_one_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_runtime(tmp_path / "jdk", "17.0.1")))
    assert java.find(17, 21) == tmp_path / "jdk"
