"""What an experiment's result depends on: its notebook, the library code that it imports with its data files, locks.

The digest over these decides whether a stored record is still current.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lab import declared, paths

_SOURCE = paths.PROJECT / "src"
# What only shows or runs an experiment does not change what it measures.
_NOT_MEASURING = ("lab.cli", "lab.report", "lab.charts")


def digest(slug: str, params: Mapping[str, Any]) -> str:
    """SHA-256 over everything that the result of `slug` with `params` depends on."""
    total = hashlib.sha256()
    for path in files(slug):
        total.update(f"{path.relative_to(paths.PROJECT)}\0".encode())
        total.update(_content(path))
    total.update(json.dumps(dict(params), sort_keys=True, default=str).encode())
    return total.hexdigest()


def files(slug: str) -> list[Path]:
    """The files behind one experiment, sorted: notebook, package with its data files, library, pins."""
    found = {paths.notebook(slug)} if paths.notebook(slug).exists() else set()
    package = _SOURCE / "lab" / "experiments" / slug
    found |= {path for folder in (package, paths.data(slug)) for path in _everything(folder)}
    modules = library(slug)
    found |= {path for module in modules for path in (module, *data_files(module))}
    return sorted(found | pins(slug))


def pins(slug: str) -> set[Path]:
    """What fixes the versions that the experiment measures: the core's lock, and lock and checksums of its needs."""
    env = paths.PROJECT / "env"
    files = [env / "python" / "core.lock"]
    for need in declared.needs(slug):
        files += [
            env / "python" / f"{need}.lock",
            env / "checksums" / f"{need}.sha256",
            env / "go" / need / "go.sum",
        ]
    return {path for path in files if path.exists()}


def library(slug: str) -> list[Path]:
    """The modules of `lab` that run when the experiment is imported: those it names, their packages, and so on."""
    waiting = [path for path in _everything(_SOURCE / "lab" / "experiments" / slug) if path.suffix == ".py"]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += [file for name in imports(path) for file in _module_files(name)]
    return sorted(seen)


def outside_modules(slug: str) -> set[str]:
    """Top-level names of the modules from other distributions that the experiment imports."""
    return {name.partition(".")[0] for path in library(slug) for name in imports(path)} - {"lab"}


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names that a Python file imports; `from a import b` gives both `a` and `a.b`.

    Relative imports stay within a package of which every file counts anyway.
    """
    for statement in _IMPORT.findall(path.read_text()):
        yield from _imported(statement.strip())


# Parsing every file whole would take most of the time of a digest. What a text quotes is found too: it may be run.
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)]*\)|[^\n(]+)|import[ \t]+[^\n]+)", re.MULTILINE
)


@cache
def _imported(statement: str) -> tuple[str, ...]:
    try:
        (node,) = ast.parse(statement).body
    except (SyntaxError, ValueError):  # prose that begins with "import"
        return ()
    if isinstance(node, ast.Import):
        return tuple(alias.name for alias in node.names)
    if not isinstance(node, ast.ImportFrom) or not node.module or node.level:
        return ()
    return (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def data_files(module: Path) -> list[Path]:
    """Files beside a module that it names and that are no modules, such as a server's configuration."""
    source = module.read_text()
    return [path for path in _beside(module.parent) if path.name in source]


@cache
def _beside(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in folder.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc"))


@cache
def _module_files(name: str) -> list[Path]:
    """Of `lab.services.kafka`: its file, and those of the packages `lab.services` and `lab`, which run before it."""
    if not name.startswith("lab.") or name.startswith(_NOT_MEASURING):
        return []
    parts = name.split(".")
    bases = [_SOURCE.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    inits = [base / "__init__.py" for base in bases]
    return [path for path in (*inits, bases[-1].with_suffix(".py")) if path.exists()]


def _everything(folder: Path) -> list[Path]:
    if not folder.exists():
        return []
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _content(path: Path) -> bytes:
    if path.suffix != ".ipynb":
        return path.read_bytes()
    # Saving a notebook in an editor changes its metadata and counts; only the cells matter.
    cells = json.loads(path.read_text())["cells"]
    return json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode()
