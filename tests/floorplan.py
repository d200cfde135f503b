"""The floor plan that every experiment shares: which rooms there are, in which order, who may import whom.

A room is a file or a folder of that name in `src/lab/experiments/SLUG`. Data flows down the list, so an import
points up it: a file may import its own room and the rooms above. Two rooms stand apart: the mechanism, which a
reader takes home, and the oracle, which must not know what it judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from lab.evidence import sources

ROOMS = ("params", "criteria", "mechanism", "oracle", "workload", "measure", "judge", "experiment", "present")
# What a reader takes home works without this project; the mechanism may be such a file.
KIT = "kit"
ENTRANCES = ("__init__", "__main__")  # what others import, and a command: they may import every room
ALONE = {"mechanism": {KIT}, "oracle": {"params"}, KIT: set[str]()}
LONGEST = 250  # lines of a file
ENTRIES = 12  # at the top of an experiment's folder


def violations(package: Path) -> list[str]:
    """What in the experiment at `package` departs from the floor plan, a sentence each."""
    files = [path for path in sorted(package.rglob("*.py")) if "__pycache__" not in path.parts]
    graph = {path: _imported(path, package) for path in files}
    return [
        *(f"there is no room {room}" for room in ROOMS if not _exists(package, room)),
        *_strangers(package),
        *(sentence for path, others in graph.items() for sentence in _wrong_way(package, path, others)),
        *_circle(package, graph),
        *(f"{_name(package, path)} has over {LONGEST} lines" for path in files if _lines(path) > LONGEST),
    ]


def _exists(package: Path, room: str) -> bool:
    return (package / f"{room}.py").exists() or (package / room / "__init__.py").exists()


def _strangers(package: Path) -> list[str]:
    entries = sorted(path for path in package.iterdir() if path.name != "__pycache__")
    known = {*ENTRANCES, KIT, *ROOMS}
    found = [f"{path.name} is no room of the floor plan" for path in entries if path.stem not in known]
    return found + ([f"{len(entries)} entries at the top"] if len(entries) > ENTRIES else [])


def _wrong_way(package: Path, path: Path, others: Iterable[Path]) -> list[str]:
    room = _room(package, path)
    if room in ENTRANCES:
        return []
    allowed = {room, *_above(room)}
    return [
        f"{_name(package, path)} imports {_name(package, other)}"
        for other in others
        if _room(package, other) not in allowed
    ]


def _above(room: str) -> set[str]:
    if room in ALONE:
        return ALONE[room]
    return {KIT, *ROOMS[: ROOMS.index(room)]} if room in ROOMS else set()


def _circle(package: Path, graph: Mapping[Path, set[Path]]) -> list[str]:
    # A folder's __init__ gathers its files for others; it does not count as one of them.
    inner = {
        path: {other for other in others if other.name != "__init__.py"} - {path}
        for path, others in graph.items()
        if path.name != "__init__.py"
    }
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        return [f"a circle of imports: {' -> '.join(_name(package, path) for path in error.args[1])}"]
    return []


def _imported(path: Path, package: Path) -> set[Path]:
    """Files of the same experiment that `path` imports."""
    own = f"lab.experiments.{package.name}"
    names = {name.removeprefix(own).lstrip(".") for name in sources.imports(path) if _is_own(name, own)}
    return {file for name in names for file in _files(package, name)} - {path}


def _is_own(name: str, own: str) -> bool:
    return name == own or name.startswith(f"{own}.")


def _files(package: Path, name: str) -> list[Path]:
    base = package.joinpath(*name.split(".")) if name else package
    return [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.exists() and name]


def _room(package: Path, path: Path) -> str:
    return path.relative_to(package).parts[0].removesuffix(".py")


def _name(package: Path, path: Path) -> str:
    return path.relative_to(package).as_posix()


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
