"""A real bare repository, with the hook and without, and what becomes of each push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.contract_gate.measure.seen import Pushed
from lab.experiments.contract_gate.workload.pushes import Push
from lab.services.git import BRANCH, Clone, bare


def pushed(
    folder: Path, pushes: Sequence[Push], hook: Sequence[str] | None, environment: Mapping[str, str]
) -> Iterator[Pushed]:
    """Each of `pushes` in turn. hook: the command that decides; None for a repository that takes whatever comes."""
    server = bare(folder / "server.git")
    if hook is not None:
        server.hook(hook, environment)
    clone = server.clone(folder / "clone")
    for push in pushes:
        before = server.tip()
        _commit(clone, push, before)
        found = clone.push(f"HEAD:refs/heads/{push.branch}")
        moved = server.tip(push.branch) == clone.git("rev-parse", "HEAD").strip()
        if moved != found.accepted:
            raise ServiceError(f"{push.name}: git says one thing, the branch another")
        yield Pushed(push, hook is not None, found.accepted, found.lines)


def _commit(clone: Clone, push: Push, tip: str | None) -> None:
    """The commit to push, upon what the main branch has."""
    if tip is not None:
        clone.git("checkout", "--quiet", "-B", BRANCH, tip)
    if push.merge:
        clone.git("fetch", "--quiet", "origin", push.merge)
        clone.git("merge", "--quiet", "--no-ff", "--message", push.name, "FETCH_HEAD")
    else:
        clone.commit(dict(push.files), push.name)
