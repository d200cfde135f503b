"""A repository with a hook on its server's side: what a push comes to, and that nothing of the user's git reaches it."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from lab.errors import ServiceError
from lab.services import git
from lab.services.git import Clone, Repository

NONE = "0" * 40


@pytest.fixture
def server(tmp_path: Path) -> Repository:
    return git.bare(tmp_path / "server of all.git")


@pytest.fixture
def clone(server: Repository, tmp_path: Path) -> Clone:
    return server.clone(tmp_path / "a clone")


def _decide(server: Repository, script: str, **environment: str) -> None:
    server.hook([sys.executable, "-c", script], environment)


def test_a_push_moves_the_branch_and_commits_have_the_same_name_everywhere(
    server: Repository, clone: Clone, tmp_path: Path
) -> None:
    assert server.tip() is None
    name = clone.commit({"a b/ü.txt": "text\n", "raw": b"\x00\xff"}, "First")
    pushed = clone.push()
    assert pushed.accepted and pushed.reason == "" and pushed.lines == () and pushed.seconds > 0
    assert server.tip() == name
    other = git.bare(tmp_path / "other.git").clone(tmp_path / "other")
    assert other.commit({"a b/ü.txt": "text\n", "raw": b"\x00\xff"}, "First") == name


def test_a_file_can_be_deleted(server: Repository, clone: Clone) -> None:
    clone.commit({"one": "1", "two": "2"}, "Two files")
    clone.commit({"one": None}, "One file")
    assert clone.git("ls-tree", "--name-only", "HEAD").split() == ["two"]


def test_what_a_hook_prints_is_what_the_committer_reads(server: Repository, clone: Clone) -> None:
    _decide(
        server,
        "import os, sys; print('No:\\n\\n  ' + os.environ['WHY']); sys.exit('never')",
        WHY='it\'s "so"',
    )
    clone.commit({"one": "1"}, "First")
    pushed = clone.push()
    assert not pushed.accepted and pushed.reason == "pre-receive hook declined"
    assert sorted(pushed.lines) == sorted(("No:", "", '  it\'s "so"', "never"))
    assert server.tip() is None


def test_a_hook_that_accepts_may_speak_too(server: Repository, clone: Clone) -> None:
    _decide(server, "print('fine')")
    clone.commit({"one": "1"}, "First")
    assert clone.push().lines == ("fine",)
    assert server.tip() is not None


def test_a_hook_is_told_of_new_moved_and_deleted_refs_and_reads_what_is_new(
    server: Repository, clone: Clone
) -> None:
    _decide(
        server,
        "import subprocess, sys\n"
        "for old, new, ref in map(str.split, sys.stdin):\n"
        "    shown = '' if set(new) == {'0'} else subprocess.check_output(['git', 'show', new + ':one'], text=True)\n"
        "    print(old, new, ref, shown)",
    )
    first = clone.commit({"one": "1"}, "First")
    assert clone.push().lines == (f"{NONE} {first} refs/heads/main 1",)
    second = clone.commit({"one": "2"}, "Second")
    pushed = clone.push("HEAD:refs/heads/main", "HEAD~1:refs/heads/side")
    assert pushed.lines == (
        f"{first} {second} refs/heads/main 2",
        f"{NONE} {first} refs/heads/side 1",
    )
    assert clone.push(":refs/heads/side").lines == (f"{first} {NONE} refs/heads/side",)
    assert server.tip("side") is None and server.tip() == second


def test_one_refused_ref_refuses_the_whole_push(server: Repository, clone: Clone) -> None:
    _decide(server, "import sys; sys.exit('side' in sys.stdin.read())")
    clone.commit({"one": "1"}, "First")
    assert not clone.push("HEAD:refs/heads/main", "HEAD:refs/heads/side").accepted
    assert server.tip() is None and server.tip("side") is None


def test_a_refusal_of_gits_own_is_told_from_the_hooks(
    server: Repository, clone: Clone, tmp_path: Path
) -> None:
    clone.commit({"one": "1"}, "First")
    clone.push()
    other = server.clone(tmp_path / "another")
    other.commit({"one": "2"}, "Theirs")
    assert other.push().accepted
    clone.commit({"one": "3"}, "Ours")
    pushed = clone.push()
    assert not pushed.accepted and pushed.reason == "fetch first" and pushed.lines == ()
    assert clone.push(force=True).accepted


def test_nothing_of_the_users_git_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / ".gitconfig"
    settings.write_text(
        "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /nowhere\n[core]\n\thooksPath = /nowhere\n\tautocrlf = true\n"
        '[push]\n\tdefault = nothing\n[url "/nowhere"]\n\tinsteadOf = /\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    server = git.bare(tmp_path / "server.git")
    _decide(server, "print('asked')")
    clone = server.clone(tmp_path / "clone")
    clone.commit({"one": "1\n"}, "First")
    assert clone.push().lines == ("asked",)
    assert clone.git("log", "--format=%an %ae %aI") == (
        "Committer committer@example.org 2026-01-01T00:00:00+00:00\n"
    )


def test_a_hook_that_never_ends_is_no_refusal_and_is_gone_afterwards(
    server: Repository, clone: Clone, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    _decide(server, f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    clone.commit({"one": "1"}, "First")
    with pytest.raises(ServiceError, match="longer than 6 s"):
        clone.push(timeout_s=6)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(note.read_text())).wait(60)


def test_a_repository_that_is_gone_is_no_refusal(tmp_path: Path) -> None:
    server = git.bare(tmp_path / "server.git")
    clone = server.clone(tmp_path / "clone")
    clone.commit({"one": "1"}, "First")
    server.folder.rename(tmp_path / "moved.git")
    with pytest.raises(ServiceError, match="no answer"):
        clone.push()


def test_without_git_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceError, match="apt-get install git"):
        git.bare(tmp_path / "server.git")
    monkeypatch.undo()
    assert int(git.version().split(".")[0]) >= 2
