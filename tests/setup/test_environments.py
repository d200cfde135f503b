"""Python environments of their own: whole or not at all, and closed in both directions."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest

from lab import environments, paths
from lab.errors import ServiceError, SetupError
from lab.services.commands import run
from lab.setup.environments import step

MODULE = """
import sys
def main():
    import importlib.util
    print(sys.prefix, *(name for name in ("lab", "pandas", "mine") if importlib.util.find_spec(name)), sep="|")
"""


def _wheel(folder: Path, requires: str = "") -> Path:
    """A wheel of the package `tiny` with a program of the same name."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    files = {
        "tiny.py": MODULE,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ntiny = tiny:main\n",
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
        file.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a lock `tiny`, and no tools yet."""
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path / "tools"))
    (tmp_path / "env" / "python").mkdir(parents=True)
    _lock(tmp_path, _wheel(tmp_path))
    return tmp_path


def _lock(project: Path, wheel: Path, digest: str = "", comment: str = "") -> None:
    digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
    text = f"tiny @ {wheel.as_uri()} --hash=sha256:{digest}\n{comment}"
    (project / "env" / "python" / "tiny.lock").write_text(text)


def _seen() -> list[str]:
    command = [str(environments.program("tiny", "tiny"))]
    return run(command, "tiny", environment=environments.variables("tiny")).stdout.strip().split("|")


def test_a_program_sees_its_own_packages_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "mine.py").touch()
    monkeypatch.setenv("PYTHONPATH", f"{project}:{Path(environments.__file__).parents[1]}")
    step("tiny")()
    assert _seen() == [str(project / "tools" / "python-tiny")]
    assert environments.version("tiny", "tiny") == "1.0"
    assert importlib.util.find_spec("tiny") is None
    assert "done" in capfd.readouterr().err
    step("tiny")()
    assert capfd.readouterr().err == ""  # a second time nothing is done


def test_a_wrong_hash_installs_nothing_and_leaves_the_old_one(project: Path) -> None:
    _lock(project, project / "tiny-1.0-py3-none-any.whl", digest="0" * 64)
    with pytest.raises(SetupError, match="HASHES"):
        step("tiny")()
    assert list((project / "tools").iterdir()) == []
    _lock(project, project / "tiny-1.0-py3-none-any.whl")
    step("tiny")()
    _lock(project, project / "tiny-1.0-py3-none-any.whl", digest="0" * 64)
    with pytest.raises(SetupError):
        step("tiny")()
    assert _seen()


def test_a_lock_that_lacks_a_package_is_refused(project: Path) -> None:
    _lock(project, _wheel(project, "Requires-Dist: absent\n"))
    with pytest.raises(SetupError, match="requires absent, which is not installed"):
        step("tiny")()
    assert list((project / "tools").iterdir()) == []


def test_one_whose_python_is_gone_is_made_anew(project: Path) -> None:
    step("tiny")()
    link = environments.folder("tiny") / "bin" / f"python3.{sys.version_info.minor}"
    link.unlink()
    link.symlink_to("/no/such/python")
    step("tiny")()
    assert link.exists()
    assert _seen()


def test_what_is_missing_is_one_sentence_that_says_what_to_run(project: Path) -> None:
    for ask in (lambda: environments.program("tiny", "tiny"), lambda: environments.version("tiny", "tiny")):
        with pytest.raises(ServiceError, match=r"^tiny is not in .* 'tiny'\. Run: lab setup$"):
            ask()


def test_dbt_builds_a_model_on_duckdb_that_the_core_reads(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "squares.sql").write_text("select i, i * i as square from range(5) t(i)")
    (tmp_path / "models" / "squares.yml").write_text(
        "models: [{name: squares, columns: [{name: i, data_tests: [unique, not_null]}]}]"
    )
    (tmp_path / "dbt_project.yml").write_text(
        "{name: tried, version: 1.0.0, profile: tried, flags: {send_anonymous_usage_stats: false}}"
    )
    (tmp_path / "profiles.yml").write_text(
        f"tried: {{target: it, outputs: {{it: {{type: duckdb, path: '{tmp_path}/tried.duckdb'}}}}}}"
    )
    command = [str(environments.program("dbt", "dbt")), "build", "--project-dir", str(tmp_path)]
    told = run([*command, "--profiles-dir", str(tmp_path)], "dbt", environment=environments.variables("dbt"))
    assert "PASS=3" in told.stdout
    with duckdb.connect(str(tmp_path / "tried.duckdb"), read_only=True) as core:
        assert core.sql("select max(square) from squares").fetchall() == [(16,)]
    assert importlib.util.find_spec("dbt") is None
    assert environments.version("dbt", "duckdb") == duckdb.__version__
    assert environments.version("dbt", "dbt-postgres")
