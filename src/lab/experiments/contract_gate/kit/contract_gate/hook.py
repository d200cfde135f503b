"""A server-side `pre-receive` hook of git: a protected branch takes no push that breaks a contract.

    hooks/pre-receive:  exec python -m contract_gate.hook --protect main

What is pushed is not in the repository yet; git lets the hook read its objects. Other branches are not judged: they are
where a change is worked on until it may be merged.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .repository import judge


def main(arguments: Sequence[str] | None = None) -> int:
    """Status 1 refuses the whole push. Lines "OLD NEW REF" are read from the input, messages go to the committer."""
    parser = argparse.ArgumentParser(prog="contract_gate.hook", description=__doc__)
    parser.add_argument("--protect", action="append", help="a branch, main if none is named; may be repeated")
    protected = parser.parse_args(arguments).protect or ["main"]
    status = 0
    for line in sys.stdin:
        old, new, ref = line.split()
        branch = ref.removeprefix("refs/heads/")
        if ref.startswith("refs/heads/") and branch in protected:
            status |= _decide(branch, old, new)
    return status


def _decide(branch: str, old: str, new: str) -> int:
    if _is_none(new):
        print(f"contract gate: {branch} is protected and can't be deleted")
        return 1
    with tempfile.TemporaryDirectory() as name:
        before = None if _is_none(old) else _tree(old, Path(name) / "old")
        found = judge(_tree(new, Path(name) / "new"), before)
    if not found.refused:
        print(f"contract gate: {branch}: accepted, {found.rules} rules in {found.contracts} contract(s)")
        return 0
    print("\n".join(_message(branch, found.refused)))
    return 1


def _message(branch: str, refused: Sequence[str]) -> Iterator[str]:
    yield f"contract gate: push to {branch} refused:"
    yield from (f"  {line}" for line in refused)
    yield "Mend it, or agree on a new major version of the contract with its consumers."


def _is_none(commit: str) -> bool:
    """Whether git means that there is no commit: a new ref, or one that is deleted."""
    return set(commit) == {"0"}


def _tree(commit: str, folder: Path) -> Path:
    """The files of a commit in `folder`: all of them, where `git archive` leaves out what the commit tells it to.

    A symbolic link becomes a file that holds its text, so that none leads out of the folder.
    """
    folder.mkdir()
    own = os.environ | {"GIT_INDEX_FILE": str(folder.with_suffix(".index"))}
    out = ["git", "-c", "core.symlinks=false", f"--work-tree={folder}", "checkout-index", "--all", "--quiet"]
    for command in (["git", "read-tree", commit], out):
        subprocess.run(command, check=True, env=own)
    return folder


if __name__ == "__main__":
    sys.exit(main())
