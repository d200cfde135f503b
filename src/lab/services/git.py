"""A real git repository with a hook on the server's side, clones to commit and push from, and what a push came to.

Nothing of the user's git reaches it: no settings, no identity, no hooks, no clock. The same commits have the same names
everywhere.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import ServiceError
from lab.services.process import kill_family
from lab.services.session import session

BRANCH = "main"
HOOK = "pre-receive"
_REMOTE = "remote: "
_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Committer",
    "GIT_AUTHOR_EMAIL": "committer@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00+00:00",
    "GIT_COMMITTER_NAME": "Committer",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00+00:00",
    "LC_ALL": "C.UTF-8",
}
# Otherwise a push can leave a process behind that tidies up.
_NO_TIDYING = "[gc]\n\tauto = 0\n[receive]\n\tautogc = false\n[maintenance]\n\tauto = false\n"


@dataclass(frozen=True)
class Pushed:
    """What a push came to. It is the whole push that a pre-receive hook accepts or refuses.

    lines: what the server's side printed, as the committer reads it; reason: git's own words for a refusal, such as
    "pre-receive hook declined" or "non-fast-forward", empty if it was accepted; output: all that git printed.
    """

    accepted: bool
    lines: tuple[str, ...]
    reason: str
    output: str
    seconds: float


@dataclass(frozen=True)
class Clone:
    """A working copy to commit in and push from."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """What `git ARGUMENTS` prints here. ServiceError if it fails."""
        return _git(["-C", str(self.folder), *arguments])

    def commit(self, files: Mapping[str, str | bytes | None], message: str) -> str:
        """Write `files`, by their paths (None: delete), commit, return the commit's name. No change is a commit too."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def push(self, *refspecs: str, force: bool = False, timeout_s: float = 120) -> Pushed:
        """`git push` of `refspecs` (HEAD to the main branch without any; ":NAME" deletes).

        ServiceError if there was no answer: the repository is gone, or its hook takes longer than `timeout_s`.
        """
        command = ["-C", str(self.folder), "push", "--porcelain", *(["--force"] if force else []), "origin"]
        started = time.perf_counter()
        status, out, err = _run([*command, *(refspecs or [f"HEAD:refs/heads/{BRANCH}"])], timeout_s)
        seconds = time.perf_counter() - started
        reason = _reason(out)
        if status and not reason:
            raise ServiceError(f"git push had no answer.\n{err.strip()}")
        lines = [
            line.removeprefix(_REMOTE).rstrip() for line in err.splitlines() if line.startswith(_REMOTE[:-1])
        ]
        return Pushed(status == 0, tuple(lines), reason, err + out, seconds)


@dataclass(frozen=True)
class Repository:
    """A bare repository: the server's side."""

    folder: Path

    def hook(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Have `command` decide about every push, by its exit status.

        It runs in the repository's folder, reads a line "OLD NEW REF" for each ref (forty zeros: there was none, there will
        be none), and finds the new objects, which are not in the repository yet, by `git show NEW:PATH`.
        """
        settings = [f"export {name}={shlex.quote(value)}\n" for name, value in (environment or {}).items()]
        hook = self.folder / "hooks" / HOOK
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{''.join(settings)}exec {shlex.join(command)}\n")
        hook.chmod(0o755)

    def clone(self, folder: Path) -> Clone:
        """A clone in `folder`, which must be new or empty; its branch is the main one."""
        _git(["clone", "--quiet", "--template=", str(self.folder), str(folder)])
        _append(folder / ".git" / "config", _NO_TIDYING)
        return Clone(folder)

    def tip(self, branch: str = BRANCH) -> str | None:
        """The commit that `branch` is at; None if there is no such branch."""
        wanted = f"refs/heads/{branch}"
        found = _git(["-C", str(self.folder), "for-each-ref", "--format=%(refname) %(objectname)"])
        return dict(line.split(" ") for line in found.splitlines()).get(wanted)


def bare(folder: Path) -> Repository:
    """A new bare repository in `folder`, which must be new or empty. ServiceError if there is no git."""
    _git(["init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}", str(folder)])
    _append(folder / "config", _NO_TIDYING)
    return Repository(folder)


def version() -> str:
    """Version of git."""
    return _git(["--version"]).split()[2]


def _git(arguments: Sequence[str], timeout_s: float = 120) -> str:
    status, out, err = _run(arguments, timeout_s)
    if status:
        raise ServiceError(f"git {shlex.join(arguments)} ended with status {status}.\n{(out + err).strip()}")
    return out


def _run(arguments: Sequence[str], timeout_s: float) -> tuple[int, str, str]:
    try:
        child = subprocess.Popen(
            ["git", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
    except FileNotFoundError:
        raise ServiceError("there is no git. On Debian: apt-get install git") from None
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise ServiceError(f"git {arguments[2]} took longer than {timeout_s:g} s") from None
    finally:
        if child.poll() is None:
            kill_family(child.pid)  # the hook holds the pipe's other end
            child.communicate()
    return child.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def _environment() -> dict[str, str]:
    """A child's environment. Variables such as GIT_DIR, which a hook of another repository sets, would lead astray."""
    ours = {name: value for name, value in session().environment().items() if not name.startswith("GIT_")}
    home = str(session().folder)
    return ours | _SETTINGS | {"HOME": home, "XDG_CONFIG_HOME": home}


def _reason(porcelain: str) -> str:
    """Why the first ref that was refused was: a line is FLAG, tab, FROM:TO, tab, summary (reason)."""
    refused = [line.split("\t")[2] for line in porcelain.splitlines() if line.startswith("!\t")]
    return refused[0].partition("(")[2].rstrip(")") or refused[0] if refused else ""


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
