"""What `lab setup --list` says of a need is what is on the disk, and what set-up spent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab.errors import SetupError
from lab.setup import debian, listing, locks, needs, staged, times
from lab.setup.step import Step, size_of
from lab.setup.telling import doing, timed


@pytest.fixture(autouse=True)
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path / "tools"))
    return tmp_path / "tools"


def _step(tmp_path: Path, size: int, seconds: float = 0.0) -> Step:
    """A step that puts a file of `size` bytes into `tools()/thing`."""
    pin = tmp_path / "pin"
    pin.write_text(str(size))

    def fetch(folder: Path) -> None:
        time.sleep(seconds)
        (folder / "file").write_bytes(b"x" * size)

    def install() -> None:
        staged.install("thing", "thing", pin, fetch, lambda folder: None)

    return Step(install, lambda: staged.size("thing"))


def _known(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    for module in (needs, listing):
        monkeypatch.setattr(module, "NEEDS", {"thing": needs.Need("thing", "what it is", steps)})


def _line_of(name: str) -> list[str]:
    (found,) = [line for line in listing.text([name]).splitlines() if line.startswith(name)]
    return found.split()


def test_a_need_that_is_not_set_up_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Step(lambda: None, lambda: 5_000_000, shared=True)
    _known(monkeypatch, _step(tmp_path, 10), shared)
    assert _line_of("thing")[1:4] == ["not", "set", "up"]


def test_size_and_seconds_are_those_of_the_fetch_and_stay_when_nothing_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _known(monkeypatch, _step(tmp_path, 3_000_000, 0.6))
    for _ in range(2):
        needs.meet(["thing"])
        assert _line_of("thing")[1:4] == ["3", "MB", "1"]
    assert times.kept()["thing"] == pytest.approx(0.6, abs=0.3)


def test_what_was_there_before_has_a_size_and_no_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _known(monkeypatch, Step(lambda: None, lambda: 2_500_000_000, shared=True))
    needs.meet(["thing"])
    assert _line_of("thing")[1:4] == ["2.5", "GB", "–"]


def test_what_was_fetched_before_another_need_failed_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        time.sleep(0.5)
        raise SetupError("no network")

    broken = needs.Need("broken", "", (Step(fail, lambda: None),))
    known = {"thing": needs.Need("thing", "", (_step(tmp_path, 10, 0.1),)), "broken": broken}
    monkeypatch.setattr(needs, "NEEDS", known)
    with pytest.raises(SetupError):
        needs.meet(known)
    assert list(times.kept()) == ["thing"]


def test_what_is_done_within_something_counts_once() -> None:
    with timed() as spent, doing("outer"), doing("inner"):
        time.sleep(0.05)
    assert len(spent) == 1


def test_packages_of_the_core_are_not_counted_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    core, other = tmp_path / "core.lock", tmp_path / "other.lock"
    core.write_text("click==8\n")
    other.write_text("click==8\npytest==9 \\\n    --hash=x\nnot-installed-anywhere==1\n")
    monkeypatch.setattr(locks, "lock_of", lambda name: tmp_path / f"{name}.lock")
    monkeypatch.setattr(locks, "_stamp", lambda name: core)
    whole = locks._size("other")
    assert whole and whole > 100_000
    core.write_text("click==8\npytest==9\n")
    assert locks._size("other") == 0
    monkeypatch.setattr(locks, "_stamp", lambda name: tmp_path / "missing")
    assert locks._size("other") is None


def test_a_package_that_debian_does_not_know_has_no_size() -> None:
    assert debian._size("no-such-package-anywhere") is None


def test_a_file_of_two_names_counts_once_a_link_as_a_link_and_a_missing_folder_as_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1_000)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "other name").hardlink_to(tmp_path / "file")
    assert 1_000 < size_of(tmp_path) < 2_000
    assert size_of(tmp_path / "missing") == 0


def test_every_need_says_how_much_room_it_takes() -> None:
    assert all(isinstance(step, Step) for need in needs.NEEDS.values() for step in need.steps)
