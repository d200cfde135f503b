"""One notebook in several environments, each artefact held against the first one's, differences named with their causes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .causes import IDENTITY, RUN_TO_RUN, Cause, Suspect, code_cells, suspects
from .compare import Compared, Rule, compare, rule_for
from .environment import Environment, standard
from .execute import Artefact, Execution, NotebookError, check, execute

EXPECTED = Environment("expected")
LITTER = {".DS_Store", "Thumbs.db", ".gitkeep", ".ipynb_checkpoints", "__pycache__"}  # nobody's artefacts
SINCE = "since the expected artefacts were made"


@dataclass(frozen=True)
class Pair:
    """One artefact in one environment, held against the reference. cell: the code cell that made it, 0 if unknown."""

    artefact: str
    cell: int
    environment: str
    compared: Compared


@dataclass(frozen=True)
class Comparison:
    """executions: the first is the reference. skipped: environments that this machine does not allow, and why."""

    executions: Sequence[Execution]
    pairs: Sequence[Pair]
    causes: Sequence[Cause]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """No artefact differs by more than its rule allows, in any environment."""
        return not self.differing

    @property
    def differing(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.compared.status == "differs"]

    @property
    def without_effect(self) -> list[str]:
        """Environments whose change the kernel did not see: that nothing differs there says nothing."""
        first = next(item for item in self.executions if item.environment.name != EXPECTED.name).facts
        changed = [item for item in self.executions if item.environment.fact and not item.error]
        return [
            item.environment.name
            for item in changed
            if item.facts.get(item.environment.fact) in (None, first.get(item.environment.fact))
        ]

    def markdown(self) -> str:
        """The comparison for a person to read."""
        rows = [
            f"| {pair.artefact.replace('|', '/')} | {pair.environment} | {pair.compared.status} | {pair.compared.kind} "
            f"{pair.compared.detail.replace('|', '/')} |"
            for pair in self.pairs
            if pair.compared.status != "same bytes"
        ]
        lines = [
            f"{len(self.executions)} executions, {len(self.pairs)} comparisons: {len(self.differing)} differ, "
            f"{len(rows) - len(self.differing)} within their rule, the rest the same bytes.\n",
            *(["| artefact | environment | status | what |", "|---|---|---|---|", *rows, ""] if rows else []),
            *(f"- {cause.artefact}: {cause.change}; {_behind(cause)}" for cause in self.causes),
            *(f"- not available here: {name}, because {why}" for name, why in self.skipped.items()),
            *(f"- without effect on this notebook: {name}" for name in self.without_effect),
        ]
        return "\n".join(lines) + "\n"


def _behind(cause: Cause) -> str:
    found = "; ".join(f"`{one.text}` in code cell {one.cell} ({one.kind})" for one in cause.suspects)
    return found or f"nothing in the source of code cell {cause.cell} or before tells why"


def reproduce(
    notebook: Path | str,
    environments: Sequence[Environment] | None = None,
    *,
    inputs: Sequence[Path | str] = (),
    parameters: Mapping[str, Any] | None = None,
    rules: Mapping[str, Rule] | None = None,
    expected: Path | str | None = None,
    variables: Mapping[str, str] | None = None,
    at_once: int = 2,
    timeout_s: float = 600,
    folder: Path | str | None = None,
) -> Comparison:
    """Execute `notebook` once in each environment and compare what it makes with what the first one makes.

    environments: all of `standard()` by default; the first is the reference. inputs: files and folders that it reads, copied
    beside it. parameters: for the cell with the tag `parameters`. rules: by pattern of an artefact's name, the first that
    fits ({"*.parquet": Bytes()}); else by the name's ending. expected: a folder of artefacts that takes the reference's
    place; only files are compared then. variables: for every environment. folder: for temporary files.
    Artefacts are files that the notebook writes below its folder, and outputs of its cells.
    NotebookError, before anything is executed, if notebook, parameters or inputs are not as they should be; also if the
    notebook fails in the first environment.
    """
    path, given = Path(notebook), dict(parameters or {})
    source, files = check(path, given), _inputs(inputs, path)
    wanted, skipped = (list(environments), {}) if environments is not None else standard()
    if not wanted or len({item.name for item in wanted}) < len(wanted):
        raise NotebookError("at least one environment is needed, and each by a name of its own")
    skipped = skipped | {item.name: why for item in wanted if (why := _unreachable(item))}
    if wanted[0].name in skipped:
        raise NotebookError(f"nothing to compare with: {skipped[wanted[0].name]}")
    wanted = [item for item in wanted if item.name not in skipped]
    with (
        tempfile.TemporaryDirectory(prefix="reproduce-", dir=folder) as root,
        ThreadPoolExecutor(at_once) as pool,
    ):
        Path(root).chmod(0o711)  # another user must reach its own folder below
        places = [Path(root).resolve() / f"{number:03}" for number in range(len(wanted))]
        common = {"MPLCONFIGDIR": str(Path(root, "matplotlib"))} | dict(variables or {})

        def one(environment: Environment, place: Path) -> Execution:
            place.mkdir()
            try:
                return execute(path, environment, place, files, given, common, timeout_s)
            except NotebookError as error:
                return Execution(environment, error=str(error))

        made = list(pool.map(one, wanted, places))
    if made[0].error:
        raise NotebookError(f"{path.name} fails in “{wanted[0].name}”: {made[0].error}")
    if expected is not None:
        made.insert(0, _expected(Path(expected)))
    return conclude(made, code_cells(source), rules, skipped)


def conclude(
    executions: Sequence[Execution],
    cells: Sequence[str],
    rules: Mapping[str, Rule] | None = None,
    skipped: Mapping[str, str] | None = None,
) -> Comparison:
    """What `reproduce` says of executions that are there already. cells: sources of the notebook's code cells."""
    pairs = _compared(executions, rules or {})
    return Comparison(executions, pairs, _causes(executions, pairs, cells), skipped or {})


def _compared(executions: Sequence[Execution], rules: Mapping[str, Rule]) -> list[Pair]:
    """Each artefact of the later executions against the first one's; one that only either has differs too."""
    first, *others = executions
    found = []
    for other in others:
        names = dict.fromkeys([*first.artefacts, *other.artefacts])
        if first.environment.name == EXPECTED.name:
            names = dict.fromkeys(name for name in names if not name.startswith("cell "))
        if other.error:  # whatever it had made before
            found.append(
                Pair("the execution", 0, other.environment.name, Compared("differs", "error", other.error))
            )
        for name in names:
            before, after = first.artefacts.get(name), other.artefacts.get(name)
            made = after or before
            assert made
            found.append(
                Pair(
                    name,
                    made.cell,
                    other.environment.name,
                    _one(name, before, after, other.error, rules),
                )
            )
    return found


def _one(
    name: str, before: Artefact | None, after: Artefact | None, error: str, rules: Mapping[str, Rule]
) -> Compared:
    if before is None:
        return Compared("differs", "missing", "not in the reference")
    if after is None:
        return Compared("differs", "error" if error else "missing", error or "not made")
    fitting = (rule for pattern, rule in rules.items() if fnmatchcase(name, pattern))
    return compare(before.content, after.content, next(fitting, None) or rule_for(name))


def _causes(executions: Sequence[Execution], pairs: Sequence[Pair], cells: Sequence[str]) -> list[Cause]:
    """For each artefact that differs. What differs in the same environment too is not blamed on another's change."""
    changes = {item.environment.name: item.environment.changes for item in executions}
    always = SINCE if executions[0].environment.name == EXPECTED.name else RUN_TO_RUN
    differing: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.compared.status == "differs":
            differing.setdefault(pair.artefact, []).append(pair)
    found = []
    for artefact, own in differing.items():
        # No environment decides where in memory an object lies.
        blamed = {p.environment: "" if p.compared.kind == "address" else changes[p.environment] for p in own}
        cell = max(pair.cell for pair in own)
        for change in [""] if "" in blamed.values() else dict.fromkeys(blamed.values()):
            where = tuple(name for name, each in blamed.items() if change in ("", each))
            behind = suspects(cells, cell, change or RUN_TO_RUN)
            if not behind and all(pair.compared.kind == "address" for pair in own):
                behind = [Suspect(IDENTITY, cell, own[0].compared.detail)]
            found.append(Cause(artefact, cell, change or always, where, tuple(behind)))
    return found


def _inputs(given: Sequence[Path | str], notebook: Path) -> list[Path]:
    found = [Path(item) for item in given]
    missing = [str(path) for path in found if not path.exists()]
    if missing:
        raise NotebookError(f"no such input: {', '.join(missing)}")
    names = [notebook.name, *(path.resolve().name for path in found)]
    if len(set(names)) < len(names):
        raise NotebookError("inputs and notebook lie side by side, so each needs a name of its own")
    return [path.resolve() for path in found]


def _expected(folder: Path) -> Execution:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not LITTER & {*path.parts})
    if not files:
        raise NotebookError(f"no expected artefacts in {folder}; write them with --write")
    names = [path.relative_to(folder).as_posix() for path in files]
    made = {name: Artefact(name, path.read_bytes(), 0) for name, path in zip(names, files, strict=True)}
    return Execution(EXPECTED, made)


def _unreachable(environment: Environment) -> str:
    """Why another user can't run the interpreter; empty if it can."""
    if environment.user is None:
        return ""
    command = [environment.python, "-c", "import nbclient"]
    options: dict[str, Any] = {"user": environment.user, "group": environment.user, "extra_groups": []}
    options |= {"cwd": "/", "env": dict(environment.variables)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except OSError as error:
        return f"user {environment.user} can't start {environment.python}: {error}"
    return f"user {environment.user} can't use it: {done.stderr.strip()[-200:]}" if done.returncode else ""
