"""With the core lock alone every experiment can be imported, and what mypy says does not depend on the rest."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

from lab import lazy, paths
from lab.evidence import sources
from lab.report import catalogue

SOURCE = paths.PROJECT / "src" / "lab"
# The installer's own, and this project.
BESIDE = {"pip", "setuptools", "measured-data-engineering"}
BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Block(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r} with the core lock alone", name=name)

BLOCKED = set(sys.argv[2:])
sys.meta_path.insert(0, Block())
__import__(sys.argv[1])
"""


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _core() -> set[str]:
    lock = (paths.PROJECT / "env" / "python" / "core.lock").read_text()
    return {_normal(name) for name in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)} | BESIDE


def _outside_core() -> set[str]:
    """Top-level modules that are installed here by something that is not in the core lock."""
    core = _core()
    found = metadata.packages_distributions().items()
    return {module for module, names in found if not core & {_normal(name) for name in names}}


MODULES = [
    *(f"lab.experiments.{slug}" for slug in catalogue.slugs()),
    "lab.cli",
    "lab.notebook",
    "lab.report.site",
    "lab.runner.many",
    "lab.setup.needs",
]


@pytest.mark.parametrize("module", MODULES)
def test_it_imports_with_the_core_lock_alone(module: str) -> None:
    command = [sys.executable, "-c", BLOCK, module, *_outside_core()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-1500:]


def test_what_is_outside_of_the_core_is_blocked() -> None:
    assert "pytest" in _outside_core()
    command = [sys.executable, "-c", BLOCK, "pytest", *_outside_core()]
    assert "with the core lock alone" in subprocess.run(command, capture_output=True, text=True).stderr


def test_the_architecture_test_needs_nothing_but_the_core_and_pytest() -> None:
    imported = {
        name.partition(".")[0] for name in sources.imports(paths.PROJECT / "tests/test_architecture.py")
    }
    assert imported & _outside_core() == {"pytest"}


def test_mypy_takes_every_library_beside_the_core_as_absent() -> None:
    settings = tomllib.loads((paths.PROJECT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (skipped,) = [item["module"] for item in settings if item.get("follow_imports") == "skip"]
    core = {module for module, names in metadata.packages_distributions().items() if _is_core(names)}
    imported = {name.partition(".")[0] for path in SOURCE.rglob("*.py") for name in sources.imports(path)}
    # A kit names its own modules; pytest is there wherever mypy is.
    kits = {
        path.stem
        for kit in SOURCE.glob("experiments/*/kit")
        for path in (*kit.iterdir(), *kit.glob("tests/*"), *kit.glob("dags/*"), *kit.glob("provider/*"))
    }
    beside = imported - core - kits - set(sys.stdlib_module_names) - {"lab", "pytest"}
    assert {f"{name}.*" for name in beside} <= set(skipped)


def _is_core(names: list[str]) -> bool:
    return bool(_core() & {_normal(name) for name in names})


def test_a_lazy_module_that_is_missing_shows_where_it_is_used() -> None:
    for name in ("no_such_library", "no_such_library.part"):
        missing = lazy.module(name)
        assert not hasattr(missing, "__path__")
        with pytest.raises(ModuleNotFoundError, match=f"{name}.*lab setup"):
            missing.anything()
