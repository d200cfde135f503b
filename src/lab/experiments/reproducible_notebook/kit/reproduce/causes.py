"""Why an artefact differs: which change brings it about, and which calls in the notebook's cells can be behind it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RUN_TO_RUN = "from run to run"
CLOCK, GENERATOR, IDENTITY = "clock", "unseeded generator", "identity of a process or object"
# By the full name of what is called. What differs even in the same environment:
_CHANGING = {
    CLOCK: re.compile(
        r"datetime\.(datetime|date)\.(now|utcnow|today)|pandas\.Timestamp\.(now|today|utcnow)|"
        r"time\.(time|time_ns|perf_counter|perf_counter_ns|monotonic|process_time|ctime|localtime|gmtime|strftime)"
    ),
    IDENTITY: re.compile(
        r"id|os\.(getpid|urandom|getppid)|uuid\.uuid[14]|secrets\.\w+|tempfile\.\w+|(?:.+\.)?object"
    ),
}
# What can be behind a difference that one change brings about; by the last part of the name.
_DEPENDING = {
    "hash seed": {"set", "frozenset", "hash", "unique_everseen"},
    "time zone": {
        "now",
        "today",
        "fromtimestamp",
        "localtime",
        "strftime",
        "mktime",
        "ctime",
        "astimezone",
        "timestamp",
    },
    "locale": {"open", "read_text", "write_text", "getpreferredencoding", "setlocale", "strxfrm", "strcoll"},
    "working folder": {"getcwd", "cwd", "abspath", "absolute", "resolve", "realpath"},
    "home": {"home", "expanduser", "getenv", "environ"},
    "user": {"getuser", "getuid", "getlogin", "geteuid", "stat", "owner"},
    "threads": {"dot", "matmul", "inv", "solve", "lstsq", "svd", "eigh", "sum"},
    "processors": {"cpu_count", "process_cpu_count", "sched_getaffinity", "Pool", "ThreadPoolExecutor"},
    "file order": {"listdir", "scandir", "glob", "iglob", "rglob", "iterdir", "walk"},
}
# Magics around a whole cell of Python, and in lines of it: the code of %time stays, a command's answer is None.
_AROUND = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b[^\n]*(?:\n|\Z)")
_MAGICS = (
    (re.compile(r"(?m)^(\s*)%time(?:it)?[ \t]+(?:-\w+(?:[ \t]*\d+)?[ \t]+)*(?=[^\s-])"), r"\1"),
    (re.compile(r"(?m)^(\s*)[%!].*$"), r"\1pass"),
    (re.compile(r"(?m)^(\s*[\w.\[\], \t]+=[ \t]*)[%!].*$"), r"\1None"),
    (re.compile(r"(?m)^(\s*)(?:\?.*|[\w.]+\?{1,2})[ \t]*$"), r"\1pass"),
)
_TIMED = re.compile(r"(?m)^\s*(%{1,2}time(?:it)?\b.*)$")
_SEEDABLE = {"default_rng", "RandomState", "Random", "PCG64", "MT19937", "SeedSequence"}
_SET = (ast.Set, ast.SetComp)


@dataclass(frozen=True)
class Suspect:
    """A call that may be the cause. cell: counted from 1; text: as it is written there."""

    kind: str
    cell: int
    text: str


@dataclass(frozen=True)
class Cause:
    """Why one artefact differs. change: what brings it about, or `from run to run`. suspects: calls behind it.

    cell: the one that made the artefact. environments: those in which it differs. kinds: of the suspects, or of the change.
    """

    artefact: str
    cell: int
    change: str
    environments: tuple[str, ...]
    suspects: tuple[Suspect, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.kind for one in self.suspects)) or (self.change,)


def suspects(cells: Sequence[str], cell: int, change: str = RUN_TO_RUN) -> list[Suspect]:
    """Calls that may make the output of code cell `cell` (counted from 1) differ, there and in the cells that it draws on.

    change: `from run to run`, or what an environment changes ("hash seed", "time zone", ...). Of magics those that time are
    told; what a library does inside is not seen.
    """
    trees = [parsed(source) for source in cells]
    names, found = _imports(trees), list[Suspect]()
    for number in _upstream(trees, cell):
        seeded = any(_seeds(call, names) for tree in trees[:number] for call in _calls(tree))
        for kind, node in _suspicious(trees[number - 1], names, change, seeded):
            found.append(Suspect(kind, number, ast.unparse(node)[:80]))
    if change == RUN_TO_RUN and 0 < cell <= len(cells):  # they print in their own cell
        found += [Suspect(CLOCK, cell, text.strip()[:80]) for text in _timed(cells[cell - 1])]
    return list(dict.fromkeys(found))


def code_cells(notebook: Mapping[str, Any]) -> list[str]:
    """Sources of a notebook's code cells."""
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def parsed(source: str) -> ast.Module:
    """A cell without its magics, but with the code that they run; an empty one if it is no Python."""
    while found := _AROUND.match(source):
        source = source[found.end() :]
    if source.lstrip().startswith("%%"):
        return ast.parse("")
    for text in (source, _without_magics(source)):  # a line of Python, too, may begin with %
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            continue
    return ast.parse("")


def _timed(source: str) -> list[str]:
    """Lines of magics that print how long something took."""
    try:
        ast.parse(source)
    except SyntaxError:
        return _TIMED.findall(source)
    return []


def _without_magics(source: str) -> str:
    for pattern, instead in _MAGICS:
        source = pattern.sub(instead, source)
    return source


def _imports(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Full name by the name that the notebook gives it."""
    found: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {item.asname: item.name for item in node.names if item.asname}
            elif isinstance(node, ast.ImportFrom):
                found |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
    return found


def _upstream(trees: Sequence[ast.Module], cell: int) -> list[int]:
    """`cell` and those before it whose names it uses, directly or through others; the nearest first."""
    wanted, found = set[str](), list[int]()
    for number in range(min(cell, len(trees)), 0, -1):
        tree = trees[number - 1]
        if number == cell or _names(tree, ast.Store) & wanted:
            wanted |= _names(tree, ast.Load)
            found.append(number)
    return found


def _names(tree: ast.Module, context: type[ast.expr_context]) -> set[str]:
    found = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }
    if context is ast.Store:
        found |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return found


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _full(node: ast.expr, names: Mapping[str, str]) -> str:
    """Dotted name of what is called, with imports spelt out; of a method on something computed `?.name`."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, names)}.{node.attr}"
    return "?"


def _seeds(call: ast.Call, names: Mapping[str, str]) -> bool:
    """A call that seeds a module's own generator."""
    return re.fullmatch(r"(numpy\.)?random\.seed", _full(call.func, names)) is not None and _has_seed(call)


def _has_seed(call: ast.Call) -> bool:
    given = [*call.args, *(item.value for item in call.keywords)]
    return any(not (isinstance(item, ast.Constant) and item.value is None) for item in given)


def _suspicious(
    tree: ast.Module, names: Mapping[str, str], change: str, seeded: bool
) -> Iterator[tuple[str, ast.expr]]:
    if change == "hash seed":
        yield from ((change, node) for node in ast.walk(tree) if isinstance(node, _SET))
    for call in _calls(tree):
        full = _full(call.func, names)
        if change == RUN_TO_RUN:
            for kind, pattern in _CHANGING.items():
                if pattern.fullmatch(full):
                    yield kind, call
            if _is_unseeded(full, call, seeded):
                yield GENERATOR, call
        elif full.rpartition(".")[2] in _DEPENDING.get(change, ()):
            yield change, call


def _is_unseeded(full: str, call: ast.Call, seeded: bool) -> bool:
    """A generator without a seed, a module's own one that nobody seeded, or a library's draw without random_state."""
    last = full.rpartition(".")[2]
    if re.fullmatch(r"(numpy\.)?random\.\w+", full) and last != "seed":
        return not _has_seed(call) if last in _SEEDABLE else not seeded
    if last in ("sample", "train_test_split") and not full.startswith(("random.", "numpy.")):
        return not seeded and not any(item.arg in ("random_state", "seed") for item in call.keywords)
    return False
