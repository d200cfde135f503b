"""python -m reproduce NOTEBOOK: the command for continuous integration. Status 0: equal; 1: not; 2: could not be tried."""

from __future__ import annotations

import argparse
import json
import math
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .compare import Numbers
from .environment import Environment, standard
from .execute import NotebookError
from .reproduction import Comparison, reproduce


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    rules = {pattern: Numbers(ulp=steps) for pattern, steps in filter(None, given.ulp)}
    try:
        environments, missing = _chosen(given.only, dict(given.python))
        made = reproduce(
            given.notebook,
            environments,
            inputs=given.inputs,
            parameters=dict(given.parameter),
            rules=rules,
            expected=None if given.write else given.expected,
        )
    except (NotebookError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    made = Comparison(made.executions, made.pairs, made.causes, {**missing, **made.skipped})
    names = {pair.artefact for pair in made.pairs}
    for pattern in rules:
        if not any(fnmatchcase(name, pattern) for name in names):
            print(
                f"--ulp {pattern}: no artefact has such a name; there are {', '.join(sorted(names))}",
                file=sys.stderr,
            )
            return 2
    if given.write:
        _write(made, Path(given.write))
    print(made.markdown())
    if given.summary:
        with Path(given.summary).open("a", encoding="utf-8") as file:
            file.write(f"## {Path(given.notebook).name}\n\n{made.markdown()}\n")
    return 0 if made.equal else 1


def _chosen(names: list[str], pythons: dict[str, str]) -> tuple[list[Environment], dict[str, str]]:
    found, missing = standard(pythons)
    unknown = sorted(set(names) - {item.name for item in found} - set(missing))
    if unknown:
        known = ", ".join(item.name for item in found)
        raise NotebookError(f"no environment {', '.join(unknown)}; known: {known}")
    chosen = [item for item in found if not names or item.name in ("base", *names)]
    return chosen, {name: why for name, why in missing.items() if not names or name in names}


def _write(made: Comparison, folder: Path) -> None:
    """The files of the first environment become the expected ones."""
    for name, artefact in made.executions[0].artefacts.items():
        if not name.startswith("cell "):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(artefact.content)


def _setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE; the value as JSON where it is some, else as text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _steps(text: str) -> tuple[str, float] | None:
    """PATTERN=STEPS; nothing where there is none, as in a workflow whose variable is empty."""
    if not text:
        return None
    pattern, _, value = text.rpartition("=")
    try:
        steps = float(value)
    except ValueError:
        steps = math.nan
    if not pattern or not 0 <= steps < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: PATTERN=STEPS, from 0")
    return pattern, steps


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reproduce", description=__doc__)
    parser.add_argument("notebook")
    parser.add_argument("--inputs", nargs="*", default=[], help="files and folders that the notebook reads")
    parser.add_argument("--parameter", "-p", action="append", default=[], type=_setting, help="NAME=VALUE")
    parser.add_argument(
        "--python", action="append", default=[], type=_setting, help="NAME=INTERPRETER with other versions"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="an environment; without it all that there are"
    )
    parser.add_argument(
        "--ulp",
        action="append",
        default=[],
        type=_steps,
        help="PATTERN=STEPS between doubles by which numbers may differ, for texts of that whole name: '*/model.json=1e5'",
    )
    parser.add_argument("--expected", help="folder of the artefacts that must come out")
    parser.add_argument("--write", help="folder into which this run's artefacts go, to be the expected ones")
    parser.add_argument("--summary", help="file to which the comparison is appended, as Markdown")
    return parser


if __name__ == "__main__":
    sys.exit(main())
